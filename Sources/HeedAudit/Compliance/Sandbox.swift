// People, scopes, a policy and a connector of a rehearsal, and what is done to them.

import Crypto
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore

/// A synthetic person in scopes of their own, in a transaction that is never committed.
///
/// Names are random, so no name of the installation's is in the way; the addresses end in
/// `.invalid`, where no mail arrives (RFC 2606).
struct Sandbox {
    /// Who acts in it.
    static let actor = Actor.system("audit")

    let stage: Rehearsal
    /// What everything in it is called after.
    let name: String
    let campaign: ScopeName
    let second: ScopeName
    let receipts: ScopeName
    let person: Address
    /// Somebody else, whose data must not be mixed with the person's.
    let neighbour: Address

    /// Registers scopes, a policy and a connector, and lifts holds on everything, under which
    /// nobody could be erased.
    init(_ stage: Rehearsal) throws {
        self.stage = stage
        name = "heed-audit-" + hexadecimal(stage.transaction.randomBytes(6))
        campaign = ScopeName(stored: name)
        second = ScopeName(stored: name + "-second")
        receipts = ScopeName(stored: name + "-receipts")
        person = try Address(email: "\(name)@heed-audit.invalid")
        neighbour = try Address(email: "neighbour-\(name)@heed-audit.invalid")
        for (scope, kind) in [
            (campaign, Scope.Kind.campaign), (second, .campaign), (receipts, .transactional),
        ] { try perform(AddScope(Scope(name: scope, channel: .email, kind: kind))) }
        try publish(name)
        try perform(
            AddConnector(
                ConnectorSettings(
                    name: name,
                    kind: "webhook",
                    url: "https://heed-audit.invalid/",
                    secret: "whsec_" + name
                )
            )
        )
        for hold in try stage.transaction.legalHolds() where hold.contact == nil {
            try perform(LiftHold(hold.id))
        }
    }

    private init(_ other: Sandbox, _ stage: Rehearsal) {
        self.stage = stage
        name = other.name
        campaign = other.campaign
        second = other.second
        receipts = other.receipts
        person = other.person
        neighbour = other.neighbour
    }

    var transaction: Transaction { stage.transaction }
    var now: Timestamp { transaction.now }

    /// The same sandbox, so much later.
    func later(by seconds: Int64) -> Sandbox { Sandbox(self, stage.later(by: seconds)) }

    @discardableResult
    func perform<Work: Command>(
        _ command: Work,
        as actor: Actor = Sandbox.actor
    ) throws -> Decision<Work.Receipt> { try stage.perform(command, as: actor) }

    /// The refusal of a command, in its own words; nil when it was carried out.
    func refusal(of command: some Command) throws -> Refusal? {
        do {
            try perform(command)
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    // MARK: - What is done

    /// What shows a yes; every value is the sandbox's own.
    var evidence: Evidence {
        var evidence = Evidence()
        evidence.ip = "203.0.113.254"
        evidence.userAgent = "browser of \(name)"
        evidence.formURL = "https://heed-audit.invalid/form"
        return evidence
    }

    /// Registers a version; with `reconsent`, older ones are no longer enough there.
    func publish(_ version: String, reconsent: [ScopeName] = []) throws {
        let text = "The text of \(version)."
        let policy = try Policy(
            version: version,
            url: nil,
            textHash: Array(SHA256.hash(data: Array(text.utf8))),
            effectiveAt: now,
            reconsent: reconsent
        )
        try perform(PublishPolicy(policy.showing(text)))
    }

    /// A decision by the person, or by somebody else.
    func consent(
        _ decision: ConsentRecord.Decision,
        _ scope: ScopeName,
        of address: Address? = nil,
        version: String? = nil
    ) throws -> RecordConsent {
        try RecordConsent(
            subject: .address(address ?? person),
            scope: scope,
            decision: decision,
            basis: .consent,
            source: .form,
            policyVersion: version ?? name,
            locale: "en",
            evidence: evidence
        )
    }

    @discardableResult
    func grant(_ scope: ScopeName, of address: Address? = nil) throws -> ConsentID {
        let receipt = try perform(consent(.granted, scope, of: address)).receipt
        guard let id = ConsentID(text: receipt.id) else { throw Sandbox.unreadable }
        return id
    }

    /// Says stop; answers the opt-out as it stands, and what the decision leaves to be done.
    func stop(_ extent: OptOut.Extent) throws -> (optOut: OptOut, jobs: [JobChange]) {
        let command = try RequestOptOut(
            subject: .address(person),
            extent: extent,
            source: .oneClick,
            evidence: evidence
        )
        let decision = try perform(command, as: .person)
        guard let id = OptOutID(text: decision.receipt.id),
            let optOut = try transaction.optOut(id)
        else { throw Sandbox.unreadable }
        return (optOut, decision.jobs)
    }

    /// Tells every system about an opt-out, each confirming at once; nothing is really told.
    func finish(_ optOut: OptOutID) throws {
        try perform(StartOptOut(optOut, job: transaction.newID()))
        for target in try transaction.targets(of: optOut) {
            let job: JobID = transaction.newID()
            try perform(RecordOutcome(target: target.id, outcome: .confirmed("200 OK"), job: job))
        }
    }

    /// What the guard says.
    func check(_ scope: ScopeName, _ address: Address? = nil) throws -> SendDecision {
        let query = MaySend(subject: .address(address ?? person), scope: scope)
        return try stage.ask(query).decision
    }

    /// What the guard says by its other way, for many.
    func checkMany(_ scope: ScopeName) throws -> MaySendMany.Verdict? {
        let query = try MaySendMany(recipients: [person.delivery], scope: scope)
        return try stage.ask(query).verdicts.first
    }

    /// The person's id, once they are known.
    func contact(of address: Address? = nil) throws -> ContactID {
        guard let id = try transaction.contactID(at: address ?? person) else {
            throw Sandbox.unreadable
        }
        return id
    }

    /// The person's lines in the audit log.
    func timeline() throws -> [AuditEvent] {
        try transaction.timeline(of: contact(), limit: 1000).compactMap {
            AuditEvent(canonical: $0.body)
        }
    }

    static let unreadable = StoreError(.corrupt, "what was just written in a rehearsal is gone")

    // MARK: - Erasure

    /// A verified request for erasure.
    func requestErasure() throws -> RightsRequest {
        try perform(
            ReceiveRequest(
                .erasure,
                of: .address(person),
                source: .mailLink,
                verifiedBy: .mailLink
            )
        ).receipt.request
    }

    func start(_ request: RequestID) throws {
        try perform(StartErasure(request, job: transaction.newID()))
    }

    func answer(_ request: RequestID, _ outcome: AttemptOutcome) throws {
        for target in try transaction.erasureTargets(of: request) {
            let job: JobID = transaction.newID()
            try perform(RecordErasureOutcome(target: target.id, outcome: outcome, job: job))
        }
    }

    /// Takes the person's data away, if nothing is waited for.
    @discardableResult
    func finishErasure(_ request: RequestID) throws -> Bool {
        try perform(FinishErasure(request, job: transaction.newID())).receipt
    }

    /// A whole erasure.
    func erase() throws -> RequestID {
        let request = try requestErasure().id
        try start(request)
        try answer(request, .confirmed("200 OK"))
        try finishErasure(request)
        return request
    }
}

// MARK: - Messages and exports

extension Sandbox {
    /// Tells that these things happened to a message to the person and to one to the neighbour.
    func report(_ kinds: [ActivityKind]) throws {
        let details = try ActivityDetails(
            message: name,
            ip: "203.0.113.254",
            userAgent: "browser of \(name)"
        )
        var reports: [ActivityReport] = []
        for address in [person, neighbour] {
            for kind in kinds {
                let activity = try Activity(
                    kind,
                    at: now,
                    campaign: name,
                    scope: campaign,
                    details: details
                )
                reports.append(
                    try ActivityReport(
                        id: "\(kind.rawValue) \(address.delivery)",
                        subject: .address(address),
                        activity: activity
                    )
                )
            }
        }
        try perform(RecordActivities(reports, from: name, stops: .counted))
    }

    /// What is counted of it.
    func statistics() throws -> ActivityCounts {
        // Nothing but the moment: counting a year would hold up writers.
        let filter = ActivityStatistics.Filter(
            from: now,
            to: now.adding(seconds: 1),
            campaign: name
        )
        return try stage.ask(ActivityStatistics(filter, by: .day)).total
    }

    /// Every text of every category that an export of a person hands out.
    func everything(about span: PersonalSpan) throws -> String {
        var texts: [String] = []
        for category in PersonalCategory.all {
            let page = try category.page(
                of: span,
                after: PersonalPlace(),
                limit: 1000,
                in: transaction
            )
            for cell in page.rows.joined() {
                switch cell {
                case .text(let text): texts.append(text)
                case .object(let members): texts += members.values
                case .none, .number: break
                }
            }
        }
        return texts.joined(separator: "\n")
    }
}
