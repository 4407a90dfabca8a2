// One consent record with what it refers to: what a receipt of it says.

public import HeedConsent
public import HeedStore

/// Asks for a consent record and its surroundings.
public struct ConsentFacts: Query {
    let id: ConsentID

    /// Names the record.
    public init(_ id: ConsentID) { self.id = id }

    /// A record, and what is needed to understand it.
    public struct Answer: Sendable {
        /// The record.
        public let record: ConsentRecord
        /// The person.
        public let contact: Contact
        /// The scope; nil for the record of a global withdrawal.
        public let scope: Scope?
        /// The policy version that was shown.
        public let policy: Policy?
        /// The systems that are told about opt-outs, by the operator's names.
        public let connectors: [String]
    }

    /// Refuses an id that no record has.
    public func answer(in transaction: Transaction) throws -> Answer {
        guard let record = try transaction.consent(id),
            let contact = try transaction.contact(record.contact)
        else { throw Refusal(.notFound, field: "id", "there is no consent record with this id") }
        let scope = try OptOut.Extent(stored: record.scope).scopeName.flatMap {
            try transaction.scope($0)
        }
        return Answer(
            record: record,
            contact: contact,
            scope: scope,
            policy: try record.policyVersion.flatMap { try transaction.policy($0) },
            connectors: try transaction.connectorNames().sorted()
        )
    }
}
