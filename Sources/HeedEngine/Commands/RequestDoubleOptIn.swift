// Asks a person, by mail to their address, to confirm that they want what somebody asked for.

public import HeedConsent
public import HeedStore

/// Asks for a double opt-in.
///
/// It is no consent: the guard goes on refusing until the person has confirmed. Whether a message
/// goes, to whom Heed knows or does not know, is told to nobody who asks.
public struct RequestDoubleOptIn: Command {
    let address: Address
    let scope: ScopeName
    let source: Source
    let policyVersion: String
    let locale: String?
    let evidence: Evidence
    let terms: DoubleOptInTerms

    /// Describes what was asked for, and how.
    public init(
        address: Address,
        scope: ScopeName,
        source: Source,
        policyVersion: String,
        locale: String? = nil,
        evidence: Evidence = Evidence(),
        terms: DoubleOptInTerms
    ) throws(Refusal) {
        try evidence.check()
        try Contact.check(locale: locale)
        self.address = address
        self.scope = scope
        self.source = source
        self.policyVersion = policyVersion
        self.locale = locale
        self.evidence = evidence
        self.terms = terms
    }

    /// What became of it.
    public struct Receipt: Sendable, Codable {
        /// False when so many messages have gone already, or none may; not for whoever asked.
        public let isSent: Bool
    }

    /// Whom it is about, and what they would agree to.
    public var needs: Needs {
        Needs(about: [address], policies: [policyVersion])
    }

    /// Refuses an unknown scope or policy version only.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let scope = try transaction.requireScope(scope)
        let policy = try transaction.requirePolicy(policyVersion)
        let person = try transaction.resolve(.address(address))
        let earlier = try transaction.doubleOptIns(
            of: person.id,
            since: terms.countedSince(transaction.now)
        )
        let now = transaction.now
        guard terms.allows(scope.name, after: earlier, past: person.blocks, at: now) else {
            return Decision(Receipt(isSent: false))
        }
        var evidence = evidence
        evidence.confirmationAddress = address.delivery
        evidence.requestedAt = now.text
        evidence.requestedIP = evidence.ip
        let draft = ConsentDraft(
            person: person,
            scope: scope,
            decision: .requested,
            basis: .consent,
            source: source,
            policy: policy,
            locale: locale ?? person.contact.locale,
            givenAt: now,
            expiresAt: now.adding(seconds: terms.validSeconds),
            evidence: evidence,
            batch: nil
        )
        let (record, events) = try draft.events(in: transaction)
        let job = Job(
            id: transaction.newID(),
            kind: .mail(.confirmation(record.id)),
            lane: .mail,
            priority: 0,
            runAt: now
        )
        return Decision(Receipt(isSent: true), events: events, jobs: [.add(job)])
    }
}
