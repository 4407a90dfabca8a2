// Blocks by keyed hash, an entry for each, with what finds those behind a person's opt-outs.

import HeedConsent
import HeedStore

/// A block as the index keeps it.
struct IndexedBlock: Sendable {
    /// Where it is.
    let key: KeyWords
    /// True under the form that covers aliases.
    let isWidened: Bool
    /// The number of its scope and one; 0 for all, `BlockTable.elsewhere` for one nobody knows.
    let scope: UInt16
    /// Why, and whether its opt-out is pending.
    let facts: FactBits
    /// The tag of whoever opted out; nil where nobody did.
    let owner: UInt32?
}

/// Blocks, 24 bytes each, and what finds them.
struct BlockTable: Sendable {
    /// No scope that can be asked about.
    static let elsewhere = UInt16.max

    private var keys: ContiguousArray<KeyWords> = []
    /// The facts, and at their top whether the form is the widened one.
    private var facts: ContiguousArray<UInt16> = []
    private var scopes: ContiguousArray<UInt16> = []
    private var owners: ContiguousArray<UInt32> = []
    private var vacant: [Int] = []
    private var byKey = SlotTable()
    private var byOwner = SlotTable()

    private static let isWidened: UInt16 = 1 << 15

    /// Makes an empty table with room for so many blocks.
    init(capacity: Int = 0) { byKey = SlotTable(capacity: capacity) }

    var count: Int { byKey.count }

    var byteCount: Int {
        keys.byteCount + facts.byteCount + scopes.byteCount + owners.byteCount + byKey.byteCount
            + byOwner.byteCount
    }

    /// The blocks on a key that apply to a scope.
    @inline(__always)
    func facts(at key: KeyWords, isWidened: Bool, in scope: Int) -> FactBits {
        let form = isWidened ? BlockTable.isWidened : 0
        var found: UInt16 = 0
        byKey.forEach(key.hash) { number in
            guard keys[number] == key, facts[number] & BlockTable.isWidened == form,
                scopes[number] == 0 || Int(scopes[number]) == scope + 1
            else { return }
            found |= facts[number] & ~BlockTable.isWidened
        }
        return FactBits(bits: found)
    }

    /// The keys of blocks behind the opt-outs of people with this tag.
    func keys(ofOwner tag: UInt32) -> [KeyWords] {
        var found: [KeyWords] = []
        byOwner.forEach(tag) { number in
            if owners[number] == tag { found.append(keys[number]) }
        }
        return found
    }

    /// The keys of blocks on the form that covers aliases, by the first four bytes.
    func keys(ofAlias hash: UInt32) -> [KeyWords] {
        var found: [KeyWords] = []
        byKey.forEach(hash) { number in
            if keys[number].hash == hash, facts[number] & BlockTable.isWidened != 0 {
                found.append(keys[number])
            }
        }
        return found
    }

    /// Takes all blocks on a key away.
    mutating func remove(_ key: KeyWords) {
        while let number = byKey.first(key.hash, where: { keys[$0] == key }) {
            byKey.remove(number, key.hash)
            byOwner.remove(number, owners[number])
            vacant.append(number)
        }
    }

    /// Puts a block in; it must not be there.
    mutating func insert(_ block: IndexedBlock) {
        let number = vacant.popLast() ?? extend()
        keys[number] = block.key
        facts[number] = block.facts.bits | (block.isWidened ? BlockTable.isWidened : 0)
        scopes[number] = block.scope
        owners[number] = block.owner ?? 0
        let (allKeys, allOwners) = (keys, owners)
        byKey.insert(number, block.key.hash) { allKeys[$0].hash }
        if let owner = block.owner { byOwner.insert(number, owner) { allOwners[$0] } }
    }

    private mutating func extend() -> Int {
        keys.add(KeyWords(high: 0, low: 0))
        facts.add(0)
        scopes.add(0)
        owners.add(0)
        return keys.count - 1
    }
}
