// What a message with a link to the preference centre needs, at the moment it is sent.

public import HeedConsent
public import HeedStore

/// Asks where a link goes that somebody asked for by an address; for the worker.
public struct PreferenceLinkDetails: Query {
    let key: [UInt8]

    /// Names the address by its keyed hash.
    public init(key: [UInt8]) { self.key = key }

    /// Where the message goes and what it leads to.
    public struct Details: Sendable {
        /// The person's address, as they gave it: personal data.
        public let address: Address
        /// What follows `/p/` in its link.
        public let token: String

        /// Takes both.
        package init(address: Address, token: String) {
            self.address = address
            self.token = token
        }
    }

    /// Nil when nobody has the address, or no message may go to it.
    public func answer(in transaction: Transaction) throws -> Details? {
        guard let holder = try transaction.holder(of: key) else { return nil }
        let person = try transaction.resolve(.contact(holder.contact))
        guard !OwnMail.isBarred(by: person.blocks) else { return nil }
        let end = transaction.now.adding(seconds: PreferenceLink.requestedSeconds)
        let link = PreferenceLink(contact: holder.contact, expiresAt: end)
        return Details(address: holder.address, token: link.token(with: transaction.vault))
    }
}
