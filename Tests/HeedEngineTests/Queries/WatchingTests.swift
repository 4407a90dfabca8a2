// The facts alerts are made from, on a real queue: the oldest job at one hour, and what was said.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Watching")
struct WatchingTests {
    private let rules = AlertRules()

    private func alerts(_ installation: Installation) async throws -> [Alert] {
        rules.alerts(in: try await installation.engine.ask(Watching(rules)).situation)
            // Nothing sequences here.
            .filter { $0.kind != .logBehind }
    }

    /// No worker, and an hour is over.
    @Test(arguments: Backend.allCases)
    func aStoppedWorkerIsNoticedAtOneHour(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address(1))
            let oldest = try await installation.engine.ask(ListJobs(limit: 1)).jobs[0].id
            installation.clock.advance(seconds: 60)
            try await installation.optOut(Sample.address(2))
            installation.clock.advance(seconds: 3539)
            #expect(try await alerts(installation).isEmpty)
            installation.clock.advance(seconds: 1)
            let found = try await alerts(installation)
            #expect(found.map(\.kind) == [.oldJob])
            #expect(found[0].detail.contains(oldest.text))
            try await installation.drainQueue()
            #expect(try await alerts(installation).isEmpty)
        }
    }

    /// Retries keep a job old: other systems do not know of the opt-out yet.
    @Test(arguments: Backend.allCases)
    func aJobThatKeepsFailingGrowsOld(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.optOut(Sample.address())
            func work(_ outcome: AttemptOutcome) async throws {
                let claim = ClaimJobs(lane: .optOut, limit: 9, leaseSeconds: 60)
                for job in try await installation.engine.perform(claim, as: Sample.actor).receipt {
                    guard case .tellConnector(let id) = job.kind else {
                        try await installation.finish(job)
                        continue
                    }
                    let record = RecordOutcome(target: id, outcome: outcome, job: job.id)
                    _ = try await installation.engine.perform(record, as: Sample.actor)
                }
            }
            let start = installation.clock.now
            try await work(.failed("", retryAt: start))
            try await work(.failed("HTTP 500", retryAt: start.adding(seconds: 3600)))
            installation.clock.advance(seconds: 3600)
            #expect(try await alerts(installation).map(\.kind) == [.oldJob])
            try await work(.givenUp("HTTP 410"))
            let found = try await alerts(installation)
            #expect(found.map(\.kind) == [.buriedTargets])
            #expect(found[0].detail.contains("(crm 1)"))
        }
    }

    @Test(arguments: Backend.allCases)
    func deadlinesThatAreNearAndPast(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            let id = try await installation.optOut(Sample.address())
            let deadline = try await installation.engine.ask(OptOutProgress(id)).optOut.deadlineAt
            func kinds(at time: Timestamp) async throws -> [Alert.Kind] {
                installation.clock.set(to: time)
                return try await alerts(installation).map(\.kind).filter { $0 != .oldJob }
            }
            #expect(try await kinds(at: deadline.adding(seconds: -86_400)).isEmpty)
            #expect(try await kinds(at: deadline.adding(seconds: -86_399)) == [.deadlineNear])
            #expect(try await kinds(at: deadline) == [.deadlineNear])
            #expect(try await kinds(at: deadline.adding(seconds: 1)) == [.deadlinePast])
        }
    }

    @Test(arguments: Backend.allCases)
    func theVerifierAndTheLog(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let waiting = try await installation.engine.ask(Watching(rules)).situation
            #expect(waiting.unsequencedSince == installation.clock.now && waiting.verified == nil)
            let sequencer = Sequencer(
                engine: installation.engine,
                origin: "heed.example/log",
                holder: [UInt8](repeating: 1, count: 16)
            )
            try await sequencer.catchUp()
            let clean = try await Verifier(engine: installation.engine).run()
            try await installation.engine.keep(clean)
            let situation = try await installation.engine.ask(Watching(rules)).situation
            #expect(situation.unsequencedSince == nil)
            #expect(situation.verified == .init(at: installation.clock.now, findings: 0))
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWasSaidSurvivesAndIsForgotten(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            let incident = Incident(kind: .oldJob, since: now, detail: "x")
            let engine = installation.engine
            try await engine.keep([incident])
            try await engine.keep(Telling(.began, at: now), about: .oldJob, by: "log")
            let other = Engine(database: try installation.reopened())
            let watched = try await other.ask(Watching(rules))
            #expect(watched.incidents == [incident])
            #expect(watched.told == ["log": [.oldJob: Telling(.began, at: now)]])
            try await other.forget([.oldJob])
            let after = try await engine.ask(Watching(rules))
            #expect(after.incidents.isEmpty && after.told.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func aMessageThatWasGivenUp(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.askToConfirm(Sample.address())
            #expect(try await alerts(installation).isEmpty)
            let job = try #require(try await installation.mailJobs().first)
            let outcome = RecordMailOutcome(job: job.id, outcome: .givenUp)
            _ = try await installation.engine.perform(outcome, as: .system("mail"))
            #expect(try await alerts(installation).map(\.kind) == [.buriedMail])
            _ = try await installation.engine.perform(DropJob(job.id), as: Sample.actor)
            #expect(try await alerts(installation).isEmpty)
        }
    }
}
