// Finds the numbers of entries by a hash, in four bytes an entry and a little room.

/// An open-addressing table from hashes to numbers; what the numbers stand for is kept elsewhere.
///
/// The hashes are parts of keyed hashes or of random ids, so they are spread already. Several
/// entries may have one hash.
struct SlotTable: Sendable {
    private static let free: UInt32 = 0
    private static let left: UInt32 = 1
    /// A number is stored as so much more than itself.
    private static let offset: UInt32 = 2

    private var slots: ContiguousArray<UInt32>
    /// Slots that hold a number.
    private(set) var count = 0
    /// Slots that hold one or have held one.
    private var used = 0

    /// Makes room for so many.
    ///
    /// Without it, entries in the order of their hashes stand in the first part of a table that
    /// grows, in runs that take longer to walk with every entry.
    init(capacity: Int = 0) {
        slots = ContiguousArray(repeating: SlotTable.free, count: SlotTable.size(for: capacity))
    }

    /// Bytes it takes.
    var byteCount: Int { slots.capacity * MemoryLayout<UInt32>.size }

    private static func size(for count: Int) -> Int { count + count * 5 / 8 + 16 }

    /// Where a hash begins to look: its share of the table.
    @inline(__always)
    private func home(_ hash: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(hash) * UInt64(slots.count)) >> 32)
    }

    /// The first number under a hash that is meant; nil for none.
    @inline(__always)
    func first(_ hash: UInt32, where isMeant: (Int) -> Bool) -> Int? {
        var slot = home(hash)
        while slots[slot] != SlotTable.free {
            if slots[slot] != SlotTable.left {
                let number = Int(slots[slot] - SlotTable.offset)
                if isMeant(number) { return number }
            }
            slot += 1
            if slot == slots.count { slot = 0 }
        }
        return nil
    }

    /// All numbers in the run of a hash, those of others among them.
    @inline(__always)
    func forEach(_ hash: UInt32, _ body: (Int) -> Void) {
        _ = first(hash) { number in
            body(number)
            return false
        }
    }

    /// Adds a number; `hashOf` tells the hashes of all there are, for when the table has to grow.
    mutating func insert(_ number: Int, _ hash: UInt32, hashOf: (Int) -> UInt32) {
        if (used + 1) * 4 > slots.count * 3 { rebuild(hashOf) }
        put(number, hash)
        count += 1
        used += 1
    }

    /// Takes a number away.
    mutating func remove(_ number: Int, _ hash: UInt32) {
        let value = UInt32(number) + SlotTable.offset
        var slot = home(hash)
        while slots[slot] != SlotTable.free {
            if slots[slot] == value {
                slots[slot] = SlotTable.left
                count -= 1
                return
            }
            slot += 1
            if slot == slots.count { slot = 0 }
        }
    }

    private mutating func put(_ number: Int, _ hash: UInt32) {
        var slot = home(hash)
        while slots[slot] != SlotTable.free {
            slot += 1
            if slot == slots.count { slot = 0 }
        }
        slots[slot] = UInt32(number) + SlotTable.offset
    }

    private mutating func rebuild(_ hashOf: (Int) -> UInt32) {
        let numbers = slots.filter { $0 > SlotTable.left }
        slots = ContiguousArray(repeating: 0, count: SlotTable.size(for: numbers.count + 1))
        used = numbers.count
        for value in numbers {
            let number = Int(value - SlotTable.offset)
            put(number, hashOf(number))
        }
    }
}

extension ContiguousArray {
    /// Appends, and grows by an eighth where doubling would leave half of much memory unused.
    mutating func add(_ element: Element) {
        if count == capacity { reserveCapacity(count + count / 8 + 64) }
        append(element)
    }

    /// Bytes it takes.
    var byteCount: Int { capacity * MemoryLayout<Element>.stride }
}
