// Purging at the boundary: what is a second too young stays, and what goes leaves its hash.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedLedger
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Purger")
struct PurgerTests {
    static let start = Timestamp(seconds: 1_420_070_400)  // 2015-01-01
    private static let operatorActor = Actor(.cli, id: "anna")

    /// An installation that began in 2015, with the log kept up to date by `sequence`.
    static func inThePast(
        _ backend: Backend,
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await backend.withDatabase { installation in
            installation.clock.set(to: start)
            try await installation.addSamples()
            try await body(installation)
        }
    }

    static func sequence(_ installation: Installation) async throws {
        let holder = [UInt8](repeating: 7, count: 16)
        let sequencer = Sequencer(
            engine: installation.engine,
            origin: "heed.example/log",
            holder: holder
        )
        // On a server transactions of others hold the newest events up for a moment.
        while try await installation.number(
            "SELECT count(*) FROM audit_events e WHERE NOT EXISTS "
                + "(SELECT 1 FROM ledger_leaves l WHERE l.event_id = e.id)"
        ) > 0 { try await sequencer.catchUp() }
    }

    static func purge(
        _ installation: Installation,
        dryRun: Bool = false
    ) async throws -> [Purger.Count] {
        let purger = Purger(engine: installation.engine, retention: try Retention())
        return try await purger.run(dryRun: dryRun, as: operatorActor)
    }

    private func ids(_ installation: Installation) async throws -> [EventID] {
        try await installation.database.read { transaction in
            try transaction.connection.run("SELECT id FROM audit_events ORDER BY position", [])
                .map { try $0.id(0) }
        }
    }

    /// Of a yes that is purged before the stop after it nothing is left in the permission.
    @Test(arguments: Backend.allCases)
    func aStopStandsAloneOnceTheYesIsPurged(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation in
            let policy = try Sample.policy("2015-01", effectiveAt: PurgerTests.start)
            try await installation.record([.policyPublished(policy)])
            let address = try Sample.address()
            try await installation.decide(address, terms: Terms(version: "2015-01"))
            installation.clock.advance(seconds: 3 * 365 * 86_400)
            try await installation.optOut(address)
            try await installation.drainQueue()
            installation.clock.advance(seconds: 3 * 365 * 86_400)
            try await PurgerTests.sequence(installation)
            let counts = try await PurgerTests.purge(installation)
            #expect(counts.first { $0.kind == .consentRecords }?.purged == 1)
            let report = try await Verifier(engine: installation.engine).run()
            #expect(report.isClean, "\(report.findings)")
            #expect(try await installation.check(address).reason == .optOut)
        }
    }

    /// What was decided before sends goes with the log, and stays where a hold covers the person.
    @Test(arguments: Backend.allCases)
    func whatWasDecidedBeforeSendsGoesWithTheLog(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            let people = [ContactID(high: 1, low: 1), ContactID(high: 1, low: 2)]
            for id in people {
                let contact = try Contact(id: id, externalID: nil, locale: nil, region: nil)
                try await installation.record([.contactAdded(contact, [])])
            }
            let batch = SendBatch(
                id: SendBatchID(high: 2, low: 1),
                call: SendCallID(high: 2, low: 2),
                scope: Sample.newsletter,
                campaign: nil,
                position: 1,
                records: people.map { SendRecord(contact: $0, reason: .noConsent, record: nil) }
            )
            try await installation.record([.sendsRecorded(batch)])
            let hold = try LegalHold(
                id: HoldID(high: 3, low: 1),
                contact: people[0],
                reason: "a dispute",
                placedAt: installation.clock.now
            )
            try await installation.record([.holdPlaced(hold)])
            try await PurgerTests.sequence(installation)
            installation.clock.set(to: PurgerTests.start.adding(days: 1826))
            let count = try #require(try await PurgerTests.purge(installation).last)
            #expect(count.kind == .sendDecisions && count.purged == 1 && count.held == 1)
            let left = try await installation.number("SELECT count(*) FROM send_decisions")
            #expect(left == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func aSecondDecides(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            let before = try await ids(installation)
            installation.clock.advance(seconds: 1)
            // Two persons' notes, one second apart; neither leaves anything that stands.
            try await installation.record([.scopeAdded(try Sample.scope("late"))])
            try await PurgerTests.sequence(installation)
            let horizon = PurgerTests.start.adding(days: 1825).adding(seconds: 1)
            installation.clock.set(to: horizon)
            let counts = try await PurgerTests.purge(installation)
            // The newest leaf's event is one of those that stay, and is too young as well.
            #expect(counts.map(\.purged) == [0, before.count, 0, 0])
            let left = try await ids(installation)
            #expect(Set(left).isDisjoint(with: before))
            let young = try await installation.number(
                "SELECT count(*) FROM audit_events WHERE kind = 'scope.added'"
            )
            #expect(young == 1)
            // SQL asks for it, and the database says no: it is a second too young.
            let effect = try await installation.effect {
                try await installation.sql("DELETE FROM audit_events WHERE kind = 'scope.added'")
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    @Test(arguments: Backend.allCases)
    func proofsGoOnVerifying(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            for number in 1...20 {
                try await installation.decide(Sample.address(number))
                try await installation.decide(Sample.address(number), .withdrawn)
            }
            let all = try await ids(installation)
            try await PurgerTests.sequence(installation)
            installation.clock.set(to: PurgerTests.start.adding(days: 1826))
            let counts = try await PurgerTests.purge(installation)
            #expect(counts[0].purged == 20 && counts[0].needed == 20)
            #expect(counts[1].purged > 20)
            try await PurgerTests.sequence(installation)
            let left = Set(try await ids(installation))
            let key = try await installation.engine.ask(PublishedCheckpoint())?.verifier
            let log = try NoteVerifier(text: try #require(key))
            for event in all {
                guard
                    case .proof(let proof, let leaf, let body) = try await installation.engine.ask(
                        ProveEvent(event)
                    )
                else {
                    Issue.record("there is no proof of an event")
                    continue
                }
                #expect((body != nil) == left.contains(event))
                if let body { #expect(Hash.leaf(body) == leaf) }
                _ = try proof.verify(leaf: leaf, origin: "heed.example/log", log: log)
            }
            #expect(all.contains { !left.contains($0) } && all.contains { left.contains($0) })
        }
    }

    /// The same rows, counted: a dry run says what a real one then does.
    @Test(arguments: Backend.allCases)
    func aDryRunCountsAndChangesNothing(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            for number in 1...5 {
                try await installation.decide(Sample.address(number))
                try await installation.decide(Sample.address(number), .denied)
                try await installation.optOut(Sample.address(number), from: .global)
            }
            try await PurgerTests.sequence(installation)
            installation.clock.set(to: PurgerTests.start.adding(days: 1826))
            let contents = try await installation.contents()
            let dry = try await PurgerTests.purge(installation, dryRun: true)
            #expect(try await installation.contents().changed(since: contents).isEmpty)
            let real = try await PurgerTests.purge(installation)
            #expect(dry == real && real[0].purged > 0 && real[1].purged > 0)
            let again = try await PurgerTests.purge(installation)
            #expect(again.map(\.purged) == [0, 0, 0, 0])
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWasPurgedIsLogged(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            try await installation.decide(Sample.address())
            try await installation.decide(Sample.address(), .withdrawn)
            try await PurgerTests.sequence(installation)
            installation.clock.set(to: PurgerTests.start.adding(days: 1826))
            let counts = try await PurgerTests.purge(installation)
            let lines = try await installation.database.read { transaction in
                try transaction.events(after: 0, limit: 1000)
                    .filter { $0.kind == "retention.purged" }
                    .map { String(decoding: $0.body, as: UTF8.self) }
            }
            #expect(lines.count == 2)
            for (line, count) in zip(lines, counts) {
                #expect(line.contains("\"rows\":\"\(count.purged)\""))
                #expect(line.contains("\"before\":\"\(count.before.text)\""))
                #expect(line.contains("\"table\":\"\(count.kind.rawValue)\""))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aLivePermissionKeepsItsRecordForEver(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            try await installation.decide(Sample.address(1))
            try await installation.optOut(Sample.address(2), from: .global)
            try await PurgerTests.sequence(installation)
            let person = Subject.address(try Sample.address(1))
            let question = MaySend(subject: person, scope: Sample.newsletter)
            installation.clock.set(to: PurgerTests.start.adding(days: 4000))
            let contents = try await installation.contents()
            _ = try await PurgerTests.purge(installation)
            #expect(try await installation.engine.ask(question).decision.allowed)
            let changed = try await installation.contents().changed(since: contents)
            #expect(!changed.contains("consent_records") && changed.contains("audit_events"))
            // Not even by SQL, however old.
            let effect = try await installation.effect {
                try await installation.sql(
                    "DELETE FROM consent_records WHERE id IN (SELECT record_id FROM permissions)"
                )
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    @Test(arguments: Backend.allCases)
    func aHoldStopsIt(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            for number in 1...2 {
                try await installation.decide(Sample.address(number))
                try await installation.decide(Sample.address(number), .withdrawn)
            }
            try await PurgerTests.sequence(installation)
            installation.clock.set(to: PurgerTests.start.adding(days: 1826))
            let person = PlaceHold.Extent.person(.address(try Sample.address(1)))
            let engine = installation.engine
            let held = try await engine.perform(
                PlaceHold(person, reason: "case 7"),
                as: PurgerTests.operatorActor
            ).receipt
            let counts = try await PurgerTests.purge(installation)
            #expect(counts[0].purged == 1 && counts[0].held == 2)
            let effect = try await installation.effect {
                try await installation.sql("DELETE FROM consent_records")
            }
            #expect(effect == .refused("refused-by-database"))
            let all = try await engine.perform(
                PlaceHold(.everything, reason: "audit"),
                as: PurgerTests.operatorActor
            ).receipt
            _ = try await engine.perform(LiftHold(held), as: PurgerTests.operatorActor)
            #expect(try await PurgerTests.purge(installation).map(\.purged) == [0, 0, 0, 0])
            _ = try await engine.perform(LiftHold(all), as: PurgerTests.operatorActor)
            #expect(try await PurgerTests.purge(installation)[0].purged == 1)
        }
    }

    /// By when they happened, a second deciding; those of nobody go as well.
    @Test(arguments: Backend.allCases)
    func oldEventsAboutMessagesGo(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            try await installation.decide(Sample.address(1))
            try await installation.tell("old", .opened, Sample.address(1))
            try await installation.tell("nobody's", .opened, Sample.address(9))
            installation.clock.advance(seconds: 1)
            try await installation.tell("young", .opened, Sample.address(1))
            installation.clock.set(to: PurgerTests.start.adding(days: 730).adding(seconds: 1))
            let hold = PlaceHold(.person(.address(try Sample.address(1))), reason: "case 7")
            let id = try await installation.engine.perform(hold, as: PurgerTests.operatorActor)
            let held = try await PurgerTests.purge(installation)[2]
            #expect(held.kind == .activities && held.purged == 1 && held.held == 1)
            _ = try await installation.engine.perform(
                LiftHold(id.receipt),
                as: PurgerTests.operatorActor
            )
            #expect(try await PurgerTests.purge(installation)[2].purged == 1)
            #expect(try await installation.number("SELECT count(*) FROM events") == 1)
        }
    }

    /// Without a hash in the log, a row is the only evidence there is.
    @Test(arguments: Backend.allCases)
    func anEventOutsideTheLogStays(_ backend: Backend) async throws {
        try await PurgerTests.inThePast(backend) { installation throws in
            installation.clock.set(to: PurgerTests.start.adding(days: 1826))
            #expect(try await PurgerTests.purge(installation).map(\.purged) == [0, 0, 0, 0])
        }
    }
}
