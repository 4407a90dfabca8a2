// Acknowledges a "stop": the block, the legal record, the audit events and the work are one commit.

public import HeedConsent
public import HeedStore

/// Opts a person out of one scope or of every campaign scope.
///
/// It is never turned away for whom it is about: an address nobody knows becomes a person with
/// nothing but this opt-out, and a repeated request answers with the first one's id.
public struct RequestOptOut: Command {
    let subject: Subject
    let extent: OptOut.Extent
    let source: Source
    let requestedAt: Timestamp?
    let evidence: Evidence

    /// Describes the request; `requestedAt` defaults to the moment it is acknowledged.
    public init(
        subject: Subject,
        extent: OptOut.Extent,
        source: Source,
        requestedAt: Timestamp? = nil,
        evidence: Evidence = Evidence()
    ) throws(Refusal) {
        try evidence.check()
        self.subject = subject
        self.extent = extent
        self.source = source
        self.requestedAt = requestedAt
        self.evidence = evidence
    }

    /// What was acknowledged.
    public struct Receipt: Sendable, Codable {
        /// The opt-out's id in its text form; the first one's for a repeat.
        public let id: String
        /// `pending`, or further along for a repeat.
        public let status: String
        /// RFC 3339.
        public let requestedAt: String
        /// RFC 3339.
        public let deadlineAt: String
        /// True when an earlier request stands and this one changed nothing.
        public let repeated: Bool

        init(_ optOut: OptOut, repeated: Bool) {
            id = optOut.id.text
            status = optOut.status.rawValue
            requestedAt = optOut.requestedAt.text
            deadlineAt = optOut.deadlineAt.text
            self.repeated = repeated
        }
    }

    /// Whom it is about.
    public var needs: Needs { subject.needs }

    /// Refuses only a scope nobody knows, an unknown contact id, and a time in the future.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        if let scope = extent.scopeName { _ = try transaction.requireScope(scope) }
        let requestedAt = requestedAt ?? transaction.now
        try transaction.requirePast(requestedAt, field: "requestedAt")
        let draft = OptOutDraft(
            person: try transaction.resolve(subject),
            extent: extent,
            source: source,
            requestedAt: requestedAt,
            evidence: evidence,
            batch: nil
        )
        if let standing = try draft.standing(in: transaction) {
            return Decision(Receipt(standing, repeated: true))
        }
        let (optOut, events, jobs) = try draft.outcome(in: transaction)
        return Decision(Receipt(optOut, repeated: false), events: events, jobs: jobs)
    }
}

/// An opt-out about to be acknowledged; shared by the command and by imports.
package struct OptOutDraft {
    let person: ResolvedSubject
    let extent: OptOut.Extent
    let source: Source
    let requestedAt: Timestamp
    let evidence: Evidence
    let batch: ImportID?
    /// The connector that reported it and must not be told back.
    var reportedBy: String?
    /// The id it was acknowledged under; a fresh one when nil.
    var id: OptOutID?

    /// Describes the request, and the import it came with.
    package init(
        person: ResolvedSubject,
        extent: OptOut.Extent,
        source: Source,
        requestedAt: Timestamp,
        evidence: Evidence,
        batch: ImportID?
    ) {
        self.person = person
        self.extent = extent
        self.source = source
        self.requestedAt = requestedAt
        self.evidence = evidence
        self.batch = batch
    }

    /// A request of a person's own, at a time.
    package static func own(
        _ source: Source,
        of person: ResolvedSubject,
        from extent: OptOut.Extent,
        at requestedAt: Timestamp
    ) -> OptOutDraft {
        OptOutDraft(
            person: person,
            extent: extent,
            source: source,
            requestedAt: requestedAt,
            evidence: Evidence(),
            batch: nil
        )
    }

    /// An opt-out that was acknowledged under an id, and that the database does not know any more.
    package static func again(
        _ id: OptOutID?,
        of person: ResolvedSubject,
        from extent: OptOut.Extent,
        at requestedAt: Timestamp
    ) -> OptOutDraft {
        var draft = own(.restore, of: person, from: extent, at: requestedAt)
        draft.id = id
        return draft
    }

    /// The opt-out that stands already, if one covers this request.
    package func standing(in transaction: Transaction) throws -> OptOut? {
        guard person.added == nil else { return nil }
        switch extent {
        case .scope(let scope):
            let permission = try transaction.permission(of: person.id, in: scope)
            return try permission.optOut.flatMap { try transaction.optOut($0) }
        case .global:
            for block in person.blocks where block.reason == .optOutGlobal {
                guard let optOut = try block.optOut.flatMap({ try transaction.optOut($0) }) else {
                    continue
                }
                // Another alias's opt-out blocks this person too, but is not theirs.
                if optOut.contact == person.id { return optOut }
            }
            return nil
        }
    }

    /// The opt-out with its events and its job.
    package func outcome(in transaction: Transaction) throws -> (OptOut, [Event], [JobChange]) {
        let optOut = OptOut(
            id: id ?? transaction.newID(),
            contact: person.id,
            extent: extent,
            source: source,
            requestedAt: requestedAt,
            regime: Regime.forRegion(person.contact.region, channel: .email)
        )
        let targets = try transaction.connectorNames().map {
            OptOutTarget(id: transaction.newID(), optOut: optOut.id, connector: $0)
        }
        var events = person.added.map { [$0] } ?? []
        events.append(.optOutRequested(optOut, evidence))
        events += try withdrawals(for: optOut, in: transaction)
        let block = Suppression(
            reason: extent == .global ? .optOutGlobal : .optOut,
            scope: extent.scopeName,
            since: requestedAt,
            source: source,
            optOut: optOut.id
        )
        events.append(.suppressionAdded(block, .contact(person.id)))
        events.append(.optOutEnqueued(optOut, targets))
        for var target in targets where target.connector == reportedBy {
            target.state = .confirmed
            target.answer = "reported by it"
            target.confirmedAt = transaction.now
            events.append(.targetConfirmed(target, optOut, latencyMilliseconds: 0))
        }
        let job = Job(
            id: transaction.newID(),
            kind: .startOptOut(optOut.id),
            lane: .optOut,
            priority: 0,
            runAt: transaction.now
        )
        return (optOut, events, [.add(job)])
    }

    /// A withdrawal for the scope, or for every campaign scope and `global`,
    /// which holds for scopes that come later.
    private func withdrawals(for optOut: OptOut, in transaction: Transaction) throws -> [Event] {
        var events: [Event] = []
        let scopes: [ScopeName]
        switch extent {
        case .scope(let name): scopes = [name]
        case .global: scopes = try transaction.scopes().filter { $0.kind == .campaign }.map(\.name)
        }
        for scope in scopes {
            let before = try transaction.permission(of: person.id, in: scope)
            let record = record(scope.text, of: optOut, in: transaction)
            var after = try before.applying(.optOut(optOut.id, at: requestedAt))
            after.record = record.id
            events.append(.consentRecorded(record, Evidence(), from: before, to: after))
        }
        if extent == .global {
            let record = record(extent.name, of: optOut, in: transaction)
            events.append(
                .consentRecorded(record, Evidence(), from: Permission(), to: Permission())
            )
        }
        return events
    }

    private func record(
        _ scope: String,
        of optOut: OptOut,
        in transaction: Transaction
    ) -> ConsentRecord {
        var record = ConsentRecord(
            id: transaction.newID(),
            contact: person.id,
            scope: scope,
            decision: .withdrawn,
            basis: .consent,
            source: source,
            policy: nil,
            locale: person.contact.locale,
            givenAt: requestedAt,
            recordedAt: transaction.now,
            batch: batch
        )
        record.optOut = optOut.id
        return record
    }
}
