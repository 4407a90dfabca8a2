// Two lists compared and put right, on both engines, and what half a list or a lost reply does.

import HeedConnectors
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("Reconciler")
struct ReconcilerTests {
    private let provider = ListedProvider()

    private static let settings = try? ConnectorSettings(
        name: "crm",
        kind: "sendgrid",
        url: "",
        secret: "key",
        options: ["scope.newsletter": "101", "scope.receipts": "none"]
    )

    private func withConnector(
        _ backend: Backend,
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await backend.withEngine { installation in
            let settings = try #require(Self.settings)
            try await installation.record([.connectorAdded(settings)])
            try await body(installation)
        }
    }

    private func reconcile(
        _ installation: Installation,
        _ mode: Reconciler.Mode = .reporting,
        settings: ConnectorSettings? = ReconcilerTests.settings,
        engine: Engine? = nil
    ) async throws -> Reconciler.Report {
        installation.clock.advance(seconds: 60)
        let clock = installation.clock
        let reconciler = Reconciler(
            engine: engine ?? installation.engine,
            gate: ConnectorGate(slots: 4, surroundings: installation.surroundings),
            transport: provider,
            surroundings: installation.surroundings,
            pause: { clock.advance(seconds: $0) }
        )
        let report = try await reconciler.run(
            try #require(settings),
            mode,
            as: .system("test")
        )
        try await installation.settle()
        return report
    }

    /// Does all the work in the queue, with the provider as the other end.
    private func work(_ installation: Installation) async throws {
        let telling = ConnectorTelling(
            engine: installation.engine,
            gate: ConnectorGate(slots: 4, surroundings: installation.surroundings),
            transport: provider,
            retryPolicy: RetryPolicy(),
            surroundings: installation.surroundings
        )
        let handler = OptOutHandler(telling)
        let claim = ClaimJobs(lane: .optOut, limit: 100, leaseSeconds: 30)
        while true {
            let jobs = try await installation.engine.perform(claim, as: .system("test")).receipt
            guard !jobs.isEmpty else { return }
            for job in jobs { try await handler.handle(job) }
        }
    }

    private func counts(_ report: Reconciler.Report) -> [String: Int] {
        var counts: [String: Int] = [:]
        for count in Reconciliation.Count.allCases where report.reconciliation[count] != 0 {
            counts[count.rawValue] = report.reconciliation[count]
        }
        return counts
    }

    /// What one person said here, and what is known of them there.
    private enum Side: CaseIterable {
        case nothing, newsletter, global
    }

    /// All nine pairs: what stands here, what is there, and what differs.
    @Test(arguments: Backend.allCases)
    func allPairs(_ backend: Backend) async throws {
        for here in Side.allCases {
            for there in Side.allCases {
                try await compare(backend, here: here, there: there)
            }
        }
    }

    private func compare(_ backend: Backend, here: Side, there: Side) async throws {
        provider.everywhere = []
        provider.group = []
        try await withConnector(backend) { installation in
            let address = try Sample.address()
            switch here {
            case .nothing: break
            case .newsletter: try await installation.optOut(address)
            case .global: try await installation.optOut(address, from: .global)
            }
            try await work(installation)
            provider.everywhere = there == .global ? [address.delivery] : []
            provider.group = there == .newsletter ? [address.delivery] : []
            // A global "no" covers the newsletter, never the other way round.
            let missingThere = here != .nothing && there != .global && here != there
            let missingHere = there != .nothing && here != .global && here != there
            let report = try await reconcile(installation)
            let found = report.reconciliation
            #expect(found.outcome == .compared)
            #expect(found[.missingThere] == (missingThere ? 1 : 0), "\(here) \(there)")
            #expect(found[.missingHere] == (missingHere ? 1 : 0), "\(here) \(there)")
            #expect(report.people.count == found[.missingThere])
            #expect(report.keys.count == found[.missingHere])
            #expect(found.differences == found[.missingThere] + found[.missingHere])
            let fixed = try await reconcile(installation, .fixing)
            #expect(fixed.reconciliation.differences == 0)
            #expect(fixed.reconciliation[.told] == found[.missingThere])
            #expect(fixed.reconciliation[.recorded] == found[.missingHere])
            try await work(installation)
            let again = try await reconcile(installation, .fixing)
            #expect(again.reconciliation.differences == 0)
            #expect(again.reconciliation[.told] + again.reconciliation[.recorded] == 0)
            let union = here == .global || there == .global
            let isBlocked = here != .nothing || there != .nothing
            let decision = try await installation.check(address)
            #expect(
                decision.reason == (union ? .globalOptOut : isBlocked ? .optOut : .unknownContact)
            )
            #expect(provider.everywhere.isEmpty != union)
        }
    }

    @Test(arguments: Backend.allCases)
    func manyPeopleOnManyPages(_ backend: Backend) async throws {
        try await withConnector(backend) { installation in
            for number in 0..<12 { try await installation.optOut(Sample.address(number)) }
            try await work(installation)
            let kept = provider.group.filter { !$0.hasPrefix("person3@") }
            provider.group = kept.union(["other@mail.example", "not an address"])
            provider.everywhere = Set((20..<27).map { "person\($0)@mail.example" })
            let report = try await reconcile(installation)
            #expect(
                counts(report) == [
                    "here": 12, "there": 20, "missingThere": 1, "missingHere": 8, "unreadable": 1,
                ]
            )
            let person = try await installation.database.read { transaction in
                try transaction.contactID(at: Sample.address(3))
            }
            #expect(report.people.map(Optional.some) == [person])
            let fixed = try await reconcile(installation, .fixing)
            #expect(fixed.reconciliation[.told] == 1)
            #expect(fixed.reconciliation[.recorded] == 8)
            // Nobody is told of what they said themselves.
            let before = provider.requests.count
            try await work(installation)
            let sent = provider.requests.dropFirst(before)
            #expect(Array(sent) == ["POST /v3/asm/groups/101/suppressions"])
            #expect(try await reconcile(installation).reconciliation.differences == 0)
        }
    }

    /// One person whom the list has in two spellings is one difference, and one record.
    @Test func anAddressThatIsListedTwiceCountsOnce() async throws {
        try await withConnector(.sqlite) { installation in
            provider.everywhere = ["Person1@mail.example", "person1@MAIL.example"]
            let report = try await reconcile(installation, .fixing)
            #expect(counts(report) == ["there": 2, "missingHere": 1, "recorded": 1])
            #expect(try await installation.number("SELECT count(*) FROM opt_outs") == 1)
        }
    }

    /// What cannot be compared or told is counted apart, and is no difference.
    @Test func whatCannotBeComparedIsCountedApart() async throws {
        try await withConnector(.sqlite) { installation in
            try await installation.optOut(Sample.address(1), from: .scope(Sample.promotions))
            try await installation.optOut(Sample.address(2), from: .scope(Sample.receipts))
            let known = try await installation.decide(Sample.address(3))
            let blocks: [(SuppressionReason, SuppressedAddress)] = [
                (.hardBounce, .contact(known)), (.hardBounce, .address(try Sample.address(4))),
                (.complaint, .address(try Sample.address(6))),
                (.erasure, .address(try Sample.address(7))),
            ]
            for (reason, address) in blocks {
                let block = Suppression(
                    reason: reason,
                    scope: nil,
                    since: installation.clock.now,
                    source: .batchImport,
                    optOut: nil
                )
                try await installation.record([.suppressionAdded(block, address)])
            }
            try await installation.optOut(Sample.address(5))
            let report = try await reconcile(installation, .fixing)
            #expect(
                counts(report) == [
                    "here": 5, "unmappedHere": 1, "withoutOptOut": 3, "withoutAddress": 1,
                    "underway": 1,
                ]
            )
            #expect(report.reconciliation.differences == 0)
        }
    }

    /// What --fix recorded as a bounce is a bounce at the next comparison, not somebody erased.
    @Test(arguments: Backend.allCases)
    func aBounceThatWasRecordedIsNoMissingAddress(_ backend: Backend) async throws {
        try await withConnector(backend) { installation in
            let bounce = ProviderReport(
                .bounced,
                try Sample.address(1),
                extent: .global,
                at: installation.clock.now
            )
            let take = TakeReport(connector: "crm", report: bounce)
            _ = try await installation.engine.perform(take, as: .system("test"))
            let report = try await reconcile(installation)
            #expect(counts(report) == ["here": 1, "withoutOptOut": 1])
        }
    }

    /// Nothing is concluded from half a list, and nothing fixed.
    @Test(arguments: [0, 1, 2, 3, 4])
    func halfAListFixesNothing(_ request: Int) async throws {
        try await withConnector(.sqlite) { installation in
            try await installation.optOut(Sample.address())
            try await work(installation)
            provider.group = []
            provider.everywhere = Set((2..<7).map { "person\($0)@mail.example" })
            provider.plan([request: .answer(403)])
            let events = try await installation.number("SELECT count(*) FROM audit_events")
            let report = try await reconcile(installation, .fixing)
            #expect(report.reconciliation.outcome == .brokenOff("HTTP 403"))
            #expect(report.reconciliation.differences == 0)
            #expect(report.people.isEmpty && report.keys.isEmpty)
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 0)
            // The one line of the log is that of the comparison.
            let after = try await installation.number("SELECT count(*) FROM audit_events")
            #expect(after == events + 1)
            let last = try await installation.engine.ask(LastReconciliations())
            #expect(last.map(\.reconciliation.outcome) == [.brokenOff("HTTP 403")])
        }
    }

    /// The list is read once more to record; when that breaks off, the rest waits for the next run.
    @Test func theSecondReadingMayBreakOff() async throws {
        try await withConnector(.sqlite) { installation in
            provider.everywhere = Set((2..<7).map { "person\($0)@mail.example" })
            provider.plan([6: .answer(403)])
            let report = try await reconcile(installation, .fixing)
            #expect(report.reconciliation.outcome == .brokenOff("HTTP 403"))
            #expect(report.reconciliation[.recorded] == 2)
            #expect(report.reconciliation.differences == 3)
            let again = try await reconcile(installation, .fixing)
            #expect(again.reconciliation[.recorded] == 3)
            #expect(again.reconciliation.differences == 0)
        }
    }

    /// Being busy, down or cut off for a moment does not end a listing.
    @Test(arguments: [
        ListedProvider.Fault.answer(429, [(name: "retry-after", value: "7")]), .answer(503),
        .loseReply, .unreachable,
    ])
    func aMomentOfTroubleIsWaitedOut(_ fault: ListedProvider.Fault) async throws {
        try await withConnector(.sqlite) { installation in
            provider.everywhere = Set((2..<7).map { "person\($0)@mail.example" })
            provider.plan([0: fault, 2: fault, 3: fault])
            let report = try await reconcile(installation)
            #expect(report.reconciliation.outcome == .compared)
            #expect(report.reconciliation[.there] == 5)
        }
    }

    @Test(arguments: [
        (ListedProvider.Fault.answer(429), "HTTP 429"), (.unreachable, "unreachable"),
    ])
    func lastingTroubleEndsIt(_ fault: ListedProvider.Fault, _ answer: String) async throws {
        try await withConnector(.sqlite) { installation in
            provider.plan(Dictionary(uniqueKeysWithValues: (0..<4).map { ($0, fault) }))
            let report = try await reconcile(installation)
            #expect(report.reconciliation.outcome == .brokenOff(answer))
            #expect(provider.requests.count == ListingWire.attempts)
        }
    }

    /// The fix was stored and the reply lost: the next run finds it done and adds nothing.
    @Test(arguments: [FaultyDatabase.Fault.beforeCommit, .afterCommit])
    func aLostReplyOfAFixIsHarmless(_ fault: FaultyDatabase.Fault) async throws {
        try await withConnector(.sqlite) { installation in
            try await installation.optOut(Sample.address())
            try await work(installation)
            provider.group = []
            provider.everywhere = ["person2@mail.example"]
            for _ in 0..<2 {
                let faulty = Engine(database: FaultyDatabase(installation.database, [fault]))
                await #expect(throws: StoreError.self) {
                    _ = try await reconcile(installation, .fixing, engine: faulty)
                }
            }
            _ = try await reconcile(installation, .fixing)
            let jobs = try await installation.number(
                "SELECT count(*) FROM jobs WHERE kind = 'tell-connector'"
            )
            #expect(jobs == 1)
            let recorded = try await installation.number(
                "SELECT count(*) FROM opt_outs WHERE source = 'provider'"
            )
            #expect(recorded == 1)
            try await work(installation)
            let last = try await reconcile(installation, .fixing).reconciliation
            #expect(last[.missingThere] + last[.missingHere] == 0)
        }
    }

    /// A webhook's receiver cannot be asked: only what it never confirmed is counted, and told.
    @Test func whatCannotBeListedIsCountedByItsAnswers() async throws {
        try await Backend.sqlite.withEngine { installation in
            let settings = try ConnectorSettings(
                name: "crm",
                kind: "webhook",
                url: "https://crm.example/hook",
                secret: WebhookSecret(bytes: Array(repeating: 7, count: 32)).text
            )
            try await installation.optOut(Sample.address(1))
            try await installation.drainQueue()
            try await installation.record([.connectorAdded(settings)])
            for number in 2..<5 { try await installation.optOut(Sample.address(number)) }
            try await installation.drainQueue()
            try await installation.optOut(Sample.address(5))
            let report = try await reconcile(installation, .fixing, settings: settings)
            #expect(report.reconciliation.outcome == .counted)
            #expect(
                counts(report) == ["here": 5, "missingThere": 1, "told": 1, "underway": 1]
            )
            #expect(provider.requests.isEmpty)
        }
    }

    @Test func unusableSettingsAreRefused() async throws {
        try await withConnector(.sqlite) { installation in
            let wrong = try ConnectorSettings(name: "crm", kind: "sendgrid", url: "", secret: "")
            let code = await failureCode {
                try await reconcile(installation, settings: wrong)
            }
            #expect(code == "missing-field secret")
        }
    }
}
