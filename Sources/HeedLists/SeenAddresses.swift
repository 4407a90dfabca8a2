// Whom an import has met, in a few bytes a person and never more than a fixed amount of memory.

import HeedConsent

/// Remembers people by a fingerprint of 122 bits, with what was said of each.
///
/// Two people share one about as often as two random ids are the same. Up to `maximum` people are
/// known; who comes after that is not remembered: their repeated rows are counted as unchanged
/// instead of as duplicates, since the database says so of them, and each counts as a new contact.
package struct SeenAddresses: Sendable {
    /// What may be remembered of a person; one bit each.
    package struct Marks: OptionSet, Sendable {
        /// The bits.
        package let rawValue: UInt64

        /// Takes the bits.
        package init(rawValue: UInt64) { self.rawValue = rawValue }

        /// Said to be subscribed.
        package static let subscribed = Marks(rawValue: 1)
        /// Said to have left.
        package static let unsubscribed = Marks(rawValue: 2)
        /// Said to have complained.
        package static let complained = Marks(rawValue: 4)
        /// Said not to be reachable.
        package static let cleaned = Marks(rawValue: 8)
        /// A dry run would have opted them out.
        package static let leaving = Marks(rawValue: 16)
        /// Said to have left everything.
        package static let leftAll = Marks(rawValue: 32)

        /// The mark of what a row says.
        package static func of(_ row: ImportRow) -> Marks {
            if row.isGlobal { return .leftAll }
            return of(row.status)
        }

        /// The mark of a status.
        package static func of(_ status: ImportRow.Status) -> Marks {
            switch status {
            case .subscribed: .subscribed
            case .unsubscribed: .unsubscribed
            case .complained: .complained
            case .cleaned: .cleaned
            }
        }
    }

    /// At most 64 MiB of slots, about three quarters of them used.
    package static let maximum = 3_000_000
    private static let markBits: UInt64 = 63

    private struct Slot: Sendable {
        /// Fingerprint and marks; 0 for a free slot, since a used one has a mark.
        var high: UInt64 = 0
        var low: UInt64 = 0

        var marks: Marks { Marks(rawValue: high & SeenAddresses.markBits) }

        func isOf(_ other: Slot) -> Bool {
            low == other.low && high & ~SeenAddresses.markBits == other.high
        }
    }

    /// How many people were met.
    package private(set) var count = 0
    private var remembered = 0
    private var slots = [Slot](repeating: Slot(), count: 4096)

    /// Starts with nobody met.
    package init() {}

    /// Notes a mark; answers with what was known before, nil for somebody new.
    package mutating func note(_ match: String, _ mark: Marks) -> Marks? {
        var slot = SeenAddresses.slot(for: match)
        var place = find(slot)
        guard slots[place].high == 0 else {
            let before = slots[place].marks
            slots[place].high |= mark.rawValue
            return before
        }
        count += 1
        guard remembered < SeenAddresses.maximum else { return nil }
        if remembered * 4 >= slots.count * 3 {
            grow()
            place = find(slot)
        }
        slot.high |= mark.rawValue
        slots[place] = slot
        remembered += 1
        return nil
    }

    /// What is known of somebody.
    package func marks(of match: String) -> Marks {
        slots[find(SeenAddresses.slot(for: match))].marks
    }

    /// The place of a fingerprint, or the free one where it would go.
    private func find(_ slot: Slot) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: slot.low) & mask
        while slots[place].high != 0, !slots[place].isOf(slot) { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for var slot in old where slot.high != 0 {
            let marks = slot.marks.rawValue
            slot.high &= ~SeenAddresses.markBits
            let place = find(slot)
            slot.high |= marks
            slots[place] = slot
        }
    }

    private static func slot(for match: String) -> Slot {
        var first = Hasher()
        first.combine(match)
        var second = Hasher()
        second.combine(1)
        second.combine(match)
        return Slot(
            high: UInt64(truncatingIfNeeded: first.finalize()) & ~markBits,
            low: UInt64(truncatingIfNeeded: second.finalize())
        )
    }
}
