// The keyed hashes an address is found by, and the same as words for those who compare a million.

/// The 16 bytes of a keyed hash, in the order of the bytes.
package struct KeyWords: Hashable, Comparable, Sendable {
    /// The first eight bytes, big-endian.
    package let high: UInt64
    /// The last eight bytes, big-endian.
    package let low: UInt64

    /// Takes both.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    /// By byte.
    package static func < (left: KeyWords, right: KeyWords) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

/// The keyed hashes an address is found by, as words.
package struct LookupWords: Hashable, Sendable {
    /// Of the form that identifies the person.
    package let match: KeyWords
    /// Of the form that covers aliases; nil where the provider has none.
    package let widened: KeyWords?

    /// Takes both.
    package init(match: KeyWords, widened: KeyWords?) {
        self.match = match
        self.widened = widened
    }

    /// As a database has them.
    package var keys: LookupKeys {
        LookupKeys(match: match.bytes, widened: widened?.bytes)
    }
}

/// The keyed hashes an address is found by.
package struct LookupKeys: Hashable, Sendable {
    /// Of the form that identifies the person.
    package let match: [UInt8]
    /// Of the form that covers aliases; nil where the provider has none.
    package let widened: [UInt8]?

    /// Takes both.
    package init(match: [UInt8], widened: [UInt8]?) {
        self.match = match
        self.widened = widened
    }
}
