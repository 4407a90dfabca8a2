// People between two ids, as they are read in parts.

/// Contacts after one id, through another; in bytes, as both ends may be no contact's id.
package struct ContactRange: Hashable, Sendable {
    /// The end that is not in it.
    package let after: [UInt8]
    /// The end that is in it.
    package let through: [UInt8]

    /// Takes both ends.
    package init(after: [UInt8], through: [UInt8]) {
        self.after = after
        self.through = through
    }

    /// One person.
    package init(only contact: ContactID) {
        let low = contact.low &- 1
        let high = contact.low == 0 ? contact.high &- 1 : contact.high
        after = ContactID(high: high, low: low).bytes
        through = contact.bytes
    }
}
