// The keyed hashes an address is found by, and the same as words for those who compare a million.

/// What `KeyWords` name.
package enum KeyedHash {}

/// The 16 bytes of a keyed hash, in the order of the bytes.
package typealias KeyWords = Identifier<KeyedHash>

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
