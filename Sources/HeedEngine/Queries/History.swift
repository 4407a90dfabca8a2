// Everything Heed knows about what a person said: records, permissions, blocks and the timeline.

public import HeedConsent
public import HeedStore

/// A consent record for people and programs to read.
public struct ConsentEntry: Sendable {
    /// The record's id.
    public let id: ConsentID
    /// The scope's name, or `global`.
    public let scope: String
    /// What was decided.
    public let decision: ConsentRecord.Decision
    /// The lawful basis.
    public let basis: String
    /// How it arrived.
    public let source: String
    /// The policy version shown.
    public let policyVersion: String?
    /// When the person decided.
    public let givenAt: Timestamp
    /// When it was written down.
    public let recordedAt: Timestamp
    /// The import batch it came with.
    public let batch: ImportID?

    init(_ stored: StoredConsent) {
        id = stored.id
        scope = stored.scope
        decision = stored.decision
        basis = stored.basis
        source = stored.source
        policyVersion = stored.policyVersion
        givenAt = stored.givenAt
        recordedAt = stored.recordedAt
        batch = stored.batch
    }
}

/// Asks for a person's history.
public struct History: Query {
    /// At most so many records and so many timeline entries.
    public static let entriesMaximum: Int64 = 1000

    let subject: Subject

    /// Names the person.
    public init(_ subject: Subject) { self.subject = subject }

    /// At most so many decisions about sends, the newest.
    static let sendsMaximum: Int64 = 100

    /// What is known about a person in one scope.
    public struct ScopeState: Sendable {
        /// The scope.
        public let scope: Scope
        /// What they decided.
        public let permission: Permission
        /// What the guard says now.
        public let decision: SendDecision
        /// Everything that stands in the way of a message, in the order of the guard.
        public let obstacles: [SendDecision.Reason]
    }

    /// A person's history.
    public struct Answer: Sendable {
        /// The person, or nil for an address nobody knows.
        public let contact: Contact?
        /// Every scope with their state in it.
        public let scopes: [ScopeState]
        /// Blocks on their addresses.
        public let blocks: [Suppression]
        /// Their consent records, oldest first.
        public let consents: [ConsentEntry]
        /// Their timeline, oldest first.
        public let timeline: [TimelineEntry]
        /// What the guard said before sends, where that is recorded; the newest, newest first.
        public let sends: [StoredSend]
        /// The log's position the answer is as fresh as.
        public let position: Int64
    }

    /// Refuses a contact id nobody knows; an unknown address has an empty history.
    public func answer(in transaction: Transaction) throws -> Answer {
        let person = try transaction.resolve(subject)
        let keys: [LookupKeys]
        switch subject {
        case .address(let address): keys = [transaction.vault.lookupKeys(for: address)]
        case .contact: keys = try transaction.lookupKeys(of: person.id)
        }
        var scopes: [ScopeState] = []
        for scope in try transaction.scopes() {
            let facts = try transaction.facts(about: keys, scope.name)
            let decisions = facts.map { SendDecision($0, at: transaction.now) }
            guard let decision = decisions.first(where: { !$0.allowed }) ?? decisions.first else {
                continue
            }
            var obstacles: [SendDecision.Reason] = []
            for reason in facts.flatMap({ SendDecision.obstacles($0, at: transaction.now) })
            where !obstacles.contains(reason) { obstacles.append(reason) }
            scopes.append(
                ScopeState(
                    scope: scope,
                    permission: try transaction.permission(of: person.id, in: scope.name),
                    decision: decision,
                    obstacles: obstacles
                )
            )
        }
        let limit = History.entriesMaximum
        return Answer(
            contact: person.added == nil ? person.contact : nil,
            scopes: scopes,
            blocks: person.blocks,
            consents: try transaction.consents(of: person.id, limit: limit).map(ConsentEntry.init),
            timeline: try transaction.timeline(of: person.id, limit: limit).map(TimelineEntry.init),
            sends: try transaction.sends(of: person.id, limit: History.sendsMaximum),
            position: try transaction.position()
        )
    }
}
