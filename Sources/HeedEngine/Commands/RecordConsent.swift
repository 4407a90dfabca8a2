// Writes down a decision a person made about one scope.

public import HeedConsent
public import HeedStore

/// Records a yes, a no, or a withdrawal.
///
/// A withdrawal recorded here closes the permission; to have other systems told, request an
/// opt-out.
public struct RecordConsent: Command {
    let subject: Subject
    let scope: ScopeName
    let decision: ConsentRecord.Decision
    let basis: ConsentRecord.Basis
    let source: Source
    let policyVersion: String
    let locale: String?
    let givenAt: Timestamp?
    let expiresAt: Timestamp?
    let evidence: Evidence

    /// Describes the decision; `givenAt` defaults to the moment it is recorded.
    public init(
        subject: Subject,
        scope: ScopeName,
        decision: ConsentRecord.Decision,
        basis: ConsentRecord.Basis,
        source: Source,
        policyVersion: String,
        locale: String? = nil,
        givenAt: Timestamp? = nil,
        expiresAt: Timestamp? = nil,
        evidence: Evidence = Evidence()
    ) throws(Refusal) {
        try evidence.check()
        try Contact.check(locale: locale)
        guard decision != .requested else {
            throw Refusal(
                .invalid,
                field: "decision",
                "a decision is granted, denied or withdrawn; a double opt-in is asked for by itself"
            )
        }
        // It lifts a complaint, so it is more than a word that anybody can write (decision 22).
        if decision == .granted, source == .doubleOptIn,
            evidence.requestedAt == nil || evidence.confirmedAt == nil
        {
            throw Refusal(
                .missing,
                field: evidence.requestedAt == nil
                    ? "evidence.requestedAt" : "evidence.confirmedAt",
                "a double opt-in was asked for and confirmed: give both times, or let Heed ask"
            )
        }
        self.subject = subject
        self.scope = scope
        self.decision = decision
        self.basis = basis
        self.source = source
        self.policyVersion = policyVersion
        self.locale = locale
        self.givenAt = givenAt
        self.expiresAt = expiresAt
        self.evidence = evidence
    }

    /// The record's id.
    public struct Receipt: Sendable, Codable {
        /// The record's id in its text form.
        public let id: String
        /// The person's id in its text form.
        public let contactID: String
    }

    /// Whom it is about, and what they agreed to.
    public var needs: Needs {
        var needs = subject.needs
        // PostgreSQL takes no text with a zero byte, not even to look for it.
        if !hasControls(policyVersion) { needs.policies = [policyVersion] }
        return needs
    }

    /// Refuses an unknown scope or policy version, a yes without what its basis needs, and one that
    /// is not enough after a no.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let scope = try transaction.requireScope(scope)
        let policy = try transaction.requirePolicy(policyVersion)
        let person = try transaction.resolve(subject)
        // By address an erased person is somebody new; by id there is nobody left to say yes.
        if decision == .granted, case .contact(let id) = subject, try transaction.isErased(id) {
            throw Refusal(.conflict, field: "contactId", "this person's data was erased")
        }
        let givenAt = givenAt ?? transaction.now
        try transaction.requirePast(givenAt, field: "givenAt")
        guard expiresAt.map({ $0 > givenAt }) ?? true else {
            throw Refusal(.invalid, field: "expiresAt", "consent cannot run out before it is given")
        }
        let claim = BasisClaim(
            basis,
            in: scope,
            region: person.contact.region,
            givenAt: givenAt,
            expiresAt: expiresAt,
            evidence: evidence
        )
        let draft = ConsentDraft(
            person: person,
            scope: scope,
            decision: decision,
            basis: basis,
            source: source,
            policy: policy,
            locale: locale ?? person.contact.locale,
            givenAt: givenAt,
            // A no needs no basis.
            expiresAt: decision == .granted ? try claim.expiry() : nil,
            evidence: evidence,
            batch: nil
        )
        let (record, events) = try draft.events(in: transaction)
        return Decision(
            Receipt(id: record.id.text, contactID: person.id.text),
            events: events
        )
    }
}

/// A decision about to be recorded; shared by the command and by imports, so that both obey one
/// rule.
package struct ConsentDraft {
    let person: ResolvedSubject
    let scope: Scope
    let decision: ConsentRecord.Decision
    let basis: ConsentRecord.Basis
    let source: Source
    let policy: Policy
    let locale: String?
    let givenAt: Timestamp
    let expiresAt: Timestamp?
    let evidence: Evidence
    let batch: ImportID?

    /// Says what is decided, by whom, about what, and what shows it.
    package init(
        person: ResolvedSubject,
        scope: Scope,
        decision: ConsentRecord.Decision,
        basis: ConsentRecord.Basis,
        source: Source,
        policy: Policy,
        locale: String?,
        givenAt: Timestamp,
        expiresAt: Timestamp?,
        evidence: Evidence,
        batch: ImportID?
    ) {
        self.person = person
        self.scope = scope
        self.decision = decision
        self.basis = basis
        self.source = source
        self.policy = policy
        self.locale = locale
        self.givenAt = givenAt
        self.expiresAt = expiresAt
        self.evidence = evidence
        self.batch = batch
    }

    /// The events that record it, the person's addition included.
    package func events(in transaction: Transaction) throws -> (ConsentRecord, [Event]) {
        // Somebody who is just being added has none yet.
        let before =
            person.added == nil
            ? try transaction.permission(of: person.id, in: scope.name) : Permission()
        var events = person.added.map { [$0] } ?? []
        var lifted: [Suppression] = []
        if decision == .granted {
            let yes = GrantRule.Yes(source, on: basis, at: givenAt)
            lifted = try GrantRule.lifted(from: person.blocks, by: yes, in: scope)
            events += Set(lifted).map { .suppressionLifted($0, person.id) }
        }
        var record = ConsentRecord(
            id: transaction.newID(),
            contact: person.id,
            scope: scope.name.text,
            decision: decision,
            basis: basis,
            source: source,
            policy: policy,
            locale: locale,
            givenAt: isNoOfNow(transaction) ? max(givenAt, before.decidedAt ?? givenAt) : givenAt,
            recordedAt: transaction.now,
            batch: batch
        )
        record.expiresAt = [.granted, .requested].contains(decision) ? expiresAt : nil
        let after = try before.folding(
            DecidedRecord(record, policyEffectiveAt: policy.effectiveAt),
            complaint: lifted.contains { $0.reason == .complaint }
        )
        events.append(.consentRecorded(record, evidence, from: before, to: after))
        return (record, events)
    }

    /// True for a no that is said while it is recorded.
    ///
    /// It is the newest word, whatever time the yes before it bears: a form's clock may be ahead of
    /// this one, and this one may have been set back.
    private func isNoOfNow(_ transaction: Transaction) -> Bool {
        [.denied, .withdrawn].contains(decision) && givenAt == transaction.now
    }
}
