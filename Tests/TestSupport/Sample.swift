// Sample people, scopes and policies, and the commands most tests begin with.

package import HeedConsent
import HeedEngine
import HeedRights
package import HeedStore

/// Fixed values that many suites share.
package enum Sample {
    /// Two campaign scopes and a transactional one.
    package static let newsletter = ScopeName(stored: "newsletter")
    /// The second campaign scope.
    package static let promotions = ScopeName(stored: "promotions")
    /// The transactional scope.
    package static let receipts = ScopeName(stored: "receipts")
    /// The three as they are added.
    package static let scopes = [
        Scope(name: newsletter, channel: .email, kind: .campaign),
        Scope(name: promotions, channel: .email, kind: .campaign),
        Scope(name: receipts, channel: .email, kind: .transactional),
    ]

    /// The registered policy version.
    package static let version = "2026-01"
    /// Whoever works for the team.
    package static let actor = Actor(.apiKey, id: "test-key")

    /// A further campaign scope.
    package static func scope(_ name: String) throws -> Scope {
        Scope(name: ScopeName(stored: name), channel: .email, kind: .campaign)
    }

    /// A policy version.
    package static func policy(
        _ version: String = version,
        effectiveAt: Timestamp = Timestamp(seconds: 1_767_225_600),
        reconsent: [ScopeName] = []
    ) throws -> Policy {
        try Policy(
            version: version,
            url: "https://shop.example/privacy",
            textHash: Array(repeating: UInt8(version.utf8.count), count: 32),
            effectiveAt: effectiveAt,
            reconsent: reconsent
        )
    }

    /// A reserved address (RFC 2606) for a number.
    package static func address(_ number: Int = 1) throws -> Address {
        try Address(email: "person\(number)@mail.example")
    }

    /// A connector to nowhere.
    package static func connector(_ name: String) throws -> ConnectorSettings {
        try ConnectorSettings(
            name: name,
            kind: "webhook",
            url: "https://\(name).example/hook",
            secret: "whsec_\(name)secret"
        )
    }

    /// A person with the sample region.
    package static func contact(_ number: UInt64 = 1, external: String? = nil) -> Contact {
        Contact(
            stored: ContactID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | number),
            externalID: external,
            locale: "de",
            region: "DE"
        )
    }

    /// Evidence whose every value can be searched for.
    package static func evidence() -> Evidence {
        var evidence = Evidence()
        evidence.ip = "203.0.113.77"
        evidence.userAgent = "SearchableBrowser/9.1"
        evidence.formURL = "https://shop.example/searchable-form"
        evidence.statement = "searchable statement of a person"
        return evidence
    }

    /// The key outside the database, one for each seed.
    package static func masterKey(_ seed: UInt64) throws -> MasterKey { try key(seed) }

    /// The same key, with the one error it can fail with.
    package static func key(_ seed: UInt64) throws(StoreError) -> MasterKey {
        var generator = SeededGenerator(seed: seed ^ 0xFFFF)
        let bytes = (0..<MasterKey.byteCount).map { _ in
            UInt8(truncatingIfNeeded: generator.next())
        }
        guard let key = MasterKey(bytes: bytes) else {
            throw StoreError(.wrongKey, "a master key has \(MasterKey.byteCount) bytes")
        }
        return key
    }
}

extension Installation {
    /// Adds the sample scopes and the sample policy.
    package func addSamples() async throws {
        try await record(Sample.scopes.map(Event.scopeAdded) + [.policyPublished(Sample.policy())])
    }

    /// Records a decision; answers the person's id.
    @discardableResult
    package func decide(
        _ address: Address,
        _ decision: ConsentRecord.Decision = .granted,
        in scope: ScopeName = Sample.newsletter,
        terms: Terms = Terms()
    ) async throws -> ContactID {
        let command = try RecordConsent(
            subject: .address(address),
            scope: scope,
            decision: decision,
            basis: .consent,
            source: terms.source,
            policyVersion: terms.version,
            givenAt: terms.givenAt,
            expiresAt: terms.expiresAt,
            evidence: terms.evidence
        )
        let performed = try await engine.perform(command, as: Sample.actor)
        try await settle()
        guard let id = ContactID(text: performed.receipt.contactID) else {
            throw StoreError(.corrupt, "a receipt without a contact id")
        }
        return id
    }

    /// Requests an opt-out; answers its id.
    @discardableResult
    package func optOut(
        _ address: Address,
        from extent: OptOut.Extent = .scope(Sample.newsletter),
        source: Source = .oneClick,
        requestedAt: Timestamp? = nil
    ) async throws -> OptOutID {
        let command = try RequestOptOut(
            subject: .address(address),
            extent: extent,
            source: source,
            requestedAt: requestedAt
        )
        let performed = try await engine.perform(command, as: .person)
        try await settle()
        guard let id = OptOutID(text: performed.receipt.id) else {
            throw StoreError(.corrupt, "a receipt without an opt-out id")
        }
        return id
    }

    /// What the guard says.
    package func check(
        _ address: Address,
        _ scope: ScopeName = Sample.newsletter
    ) async throws -> SendDecision {
        try await engine.ask(MaySend(subject: .address(address), scope: scope)).decision
    }

    /// Does all the work there is, with every connector confirming at once.
    package func drainQueue() async throws {
        while true {
            let claim = ClaimJobs(lane: .optOut, limit: 100, leaseSeconds: 60)
            let jobs = try await engine.perform(claim, as: .system("worker")).receipt
            if jobs.isEmpty { return }
            for job in jobs { try await finish(job) }
        }
    }

    /// Does one job, with the connector confirming.
    package func finish(_ job: Job) async throws {
        switch job.kind {
        case .startOptOut(let id):
            _ = try await engine.perform(StartOptOut(id, job: job.id), as: .system("worker"))
        case .tellConnector(let id):
            let outcome = RecordOutcome(target: id, outcome: .confirmed("200 OK"), job: job.id)
            _ = try await engine.perform(outcome, as: .system("worker"))
        case .mail:
            let outcome = RecordMailOutcome(job: job.id, outcome: .done)
            _ = try await engine.perform(outcome, as: .system("worker"))
        case .rights(let work): try await finish(work, job.id)
        }
    }

    /// Does one step of an erasure, with the connector confirming.
    private func finish(_ work: RightsWork, _ job: JobID) async throws {
        let worker = Actor.system("worker")
        switch work {
        case .start(let id): _ = try await engine.perform(StartErasure(id, job: job), as: worker)
        case .tell(let id):
            let outcome = RecordErasureOutcome(target: id, outcome: .confirmed("200 OK"), job: job)
            _ = try await engine.perform(outcome, as: worker)
        case .finish(let id): _ = try await engine.perform(FinishErasure(id, job: job), as: worker)
        case .clean:
            try await engine.cleanStorage()
            _ = try await engine.perform(FinishCleaning(job: job), as: worker)
        }
    }
}

/// The circumstances of a decision, beside who, what and where.
package struct Terms: Sendable {
    /// How it arrived.
    package var source = Source.form
    /// The policy version shown.
    package var version = Sample.version
    /// When it was given; nil for now.
    package var givenAt: Timestamp?
    /// When it runs out.
    package var expiresAt: Timestamp?
    /// What shows it.
    package var evidence = Evidence()

    /// Starts with a form and the sample policy, now.
    package init(
        source: Source = .form,
        version: String = Sample.version,
        givenAt: Timestamp? = nil,
        expiresAt: Timestamp? = nil,
        evidence: Evidence = Evidence()
    ) {
        self.source = source
        self.version = version
        self.givenAt = givenAt
        self.expiresAt = expiresAt
        self.evidence = evidence
        guard source == .doubleOptIn, evidence == Evidence() else { return }
        // Such a yes comes with both times.
        self.evidence.requestedAt = "2026-01-01T09:00:00Z"
        self.evidence.confirmedAt = "2026-01-01T09:05:00Z"
    }
}
