// What a confirmation message needs, at the moment it is sent.

public import HeedConsent
public import HeedStore

/// Asks for what a confirmation message says and where it goes; for the worker.
public struct ConfirmationDetails: Query {
    let requests: [ConsentID]

    /// Names the records of the requests that one message is about.
    public init(_ requests: [ConsentID]) { self.requests = requests }

    /// What the message says and where it goes.
    public struct Details: Sendable {
        /// Those of the requests that can still be confirmed; one at least.
        public let doubleOptIns: [DoubleOptIn]
        /// The words of their scopes, in every language there is.
        public let texts: [ScopeName: [ScopeText]]
        /// Where it goes: personal data.
        public let address: Address
        /// What follows `/c/` in its link.
        public let token: String
    }

    /// Nil when there is nothing left to confirm.
    public func answer(in transaction: Transaction) throws -> Details? {
        let open = try requests.compactMap { try transaction.openDoubleOptIn($0) }
        guard let first = open.first,
            let evidence = try transaction.evidence(of: first.request, contact: first.contact),
            let address = try evidence.confirmationAddress.map({
                text throws(Refusal) in try Address(email: text)
            })
        else { return nil }
        return Details(
            doubleOptIns: open,
            texts: try transaction.scopeTexts(),
            address: address,
            token: ConfirmationLink(open.map(\.request)).token(with: transaction.vault)
        )
    }
}

extension Transaction {
    /// A request that can be confirmed now; nil for every other.
    fileprivate func openDoubleOptIn(_ id: ConsentID) throws -> DoubleOptIn? {
        guard let request = try doubleOptIn(id) else { return nil }
        let permission = try permission(of: request.contact, in: request.scope)
        return request.standing(permission, at: now) == .open ? request : nil
    }
}
