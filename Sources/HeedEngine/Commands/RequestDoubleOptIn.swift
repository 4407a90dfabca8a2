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

    /// Refuses only an unknown scope, and a policy version that is unknown or outdated.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let scope = try transaction.requireScope(scope)
        let policy = try transaction.requirePolicy(policyVersion)
        try transaction.requireCurrent(policy, for: scope.name)
        let person = try transaction.resolve(.address(address))
        let draft = DoubleOptInDraft(
            address: address,
            person: person,
            policy: policy,
            source: source,
            locale: locale ?? person.contact.locale,
            terms: terms
        )
        let asked = try draft.outcome(of: [(scope, evidence)], in: transaction)
        return Decision(
            Receipt(isSent: !asked.scopes.isEmpty),
            events: asked.events,
            jobs: asked.jobs
        )
    }
}

/// What one message asks a person to confirm.
struct DoubleOptInDraft {
    let address: Address
    let person: ResolvedSubject
    let policy: Policy
    let source: Source
    let locale: String?
    let terms: DoubleOptInTerms

    /// What is asked for, what records it, and the job of its one message.
    typealias Outcome = (scopes: [ScopeName], events: [Event], jobs: [JobChange])

    /// Asks for each scope of which one more message may go; perhaps for none.
    func outcome(
        of wishes: [(scope: Scope, evidence: Evidence)],
        in transaction: Transaction
    ) throws -> Outcome {
        let now = transaction.now
        let earlier = try transaction.doubleOptIns(of: person.id, since: terms.countedSince(now))
        var asked: Outcome = ([], [], [])
        var requests: [ConsentID] = []
        for (scope, evidence) in wishes
        where terms.allows(scope.name, after: earlier, past: person.blocks, at: now) {
            let (record, events) = try draft(scope, evidence, now).events(in: transaction)
            // A new person is added once.
            asked.events += requests.isEmpty ? events : events.filter { $0 != person.added }
            asked.scopes.append(scope.name)
            requests.append(record.id)
        }
        guard !requests.isEmpty else { return asked }
        asked.jobs = [transaction.job(mailing: .confirmation(requests))]
        return asked
    }

    private func draft(_ scope: Scope, _ evidence: Evidence, _ now: Timestamp) -> ConsentDraft {
        var evidence = evidence
        evidence.confirmationAddress = address.delivery
        evidence.requestedAt = now.text
        evidence.requestedIP = evidence.ip
        return ConsentDraft(
            person: person,
            scope: scope,
            decision: .requested,
            basis: .consent,
            source: source,
            policy: policy,
            locale: locale,
            givenAt: now,
            expiresAt: now.adding(seconds: terms.validSeconds),
            evidence: evidence,
            batch: nil
        )
    }
}
