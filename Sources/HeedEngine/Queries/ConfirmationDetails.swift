// What a confirmation message needs, at the moment it is sent.

public import HeedConsent
public import HeedStore

/// Asks for what a confirmation message says and where it goes; for the worker.
public struct ConfirmationDetails: Query {
    let request: ConsentID

    /// Names the record of the request.
    public init(_ request: ConsentID) { self.request = request }

    /// What the message says and where it goes.
    public struct Details: Sendable {
        /// The request.
        public let doubleOptIn: DoubleOptIn
        /// Where it goes: personal data.
        public let address: Address
        /// What follows `/c/` in its link.
        public let token: String
    }

    /// Nil when there is nothing left to confirm.
    public func answer(in transaction: Transaction) throws -> Details? {
        guard let doubleOptIn = try transaction.doubleOptIn(request) else { return nil }
        let contact = doubleOptIn.contact
        let permission = try transaction.permission(of: contact, in: doubleOptIn.scope)
        guard doubleOptIn.standing(permission, at: transaction.now) == .open,
            let evidence = try transaction.evidence(of: request, contact: contact),
            let address = try evidence.confirmationAddress.map({
                text throws(Refusal) in try Address(email: text)
            })
        else { return nil }
        return Details(
            doubleOptIn: doubleOptIn,
            address: address,
            token: ConfirmationLink(request).token(with: transaction.vault)
        )
    }
}
