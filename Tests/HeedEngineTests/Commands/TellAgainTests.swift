// Telling again: whatever became of the first time, the work is in the queue once.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("TellAgain")
struct TellAgainTests {
    private func tell(_ installation: Installation, _ id: OptOutID) async throws -> Bool {
        let command = TellAgain(id, to: "crm", missingAt: installation.clock.now)
        return try await installation.engine.perform(command, as: .system("test")).receipt
    }

    private func target(_ installation: Installation, _ id: OptOutID) async throws -> OptOutTarget {
        let progress = try await installation.engine.ask(OptOutProgress(id))
        return try #require(progress.targets.first { $0.connector == "crm" })
    }

    private func jobs(_ installation: Installation) async throws -> [String] {
        try await installation.sql("SELECT kind, state FROM jobs ORDER BY kind, state")
            .map { "\(try $0.text(0)) \(try $0.text(1))" }
    }

    private func kinds(_ installation: Installation, _ id: OptOutID) async throws -> [String] {
        try await installation.engine.ask(OptOutProgress(id)).timeline.map(\.kind)
    }

    private func withConnector(
        _ backend: Backend,
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await body(installation)
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWasConfirmedIsToldOnceMore(_ backend: Backend) async throws {
        try await withConnector(backend) { installation in
            let id = try await installation.optOut(Sample.address())
            try await installation.drainQueue()
            let before = try await target(installation, id)
            installation.clock.advance(seconds: 60)
            #expect(try await tell(installation, id))
            let again = try await target(installation, id)
            #expect(again.id == before.id)
            #expect(again.state == .pending)
            #expect(again.attempts == 0)
            #expect(try await jobs(installation) == ["tell-connector ready"])
            // Said again, for instance because the reply was lost: still one job.
            #expect(try await tell(installation, id))
            #expect(try await jobs(installation) == ["tell-connector ready"])
            let kinds = try await kinds(installation, id)
            #expect(kinds.filter { $0 == "optout.esp-redriven" }.count == 1)
            try await installation.drainQueue()
            #expect(try await target(installation, id).state == .confirmed)
            let status = try await installation.engine.ask(OptOutProgress(id)).optOut.status
            #expect(status == .completed)
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWasGivenUpLeavesTheGraveyard(_ backend: Backend) async throws {
        try await withConnector(backend) { installation in
            let id = try await installation.optOut(Sample.address())
            let claim = ClaimJobs(lane: .optOut, limit: 10, leaseSeconds: 30)
            for _ in 0..<2 {
                let worker = Actor.system("worker")
                for job in try await installation.engine.perform(claim, as: worker).receipt {
                    guard case .tellConnector(let target) = job.kind else {
                        try await installation.finish(job)
                        continue
                    }
                    let outcome = RecordOutcome(
                        target: target,
                        outcome: .givenUp("HTTP 410"),
                        job: job.id
                    )
                    _ = try await installation.engine.perform(outcome, as: worker)
                }
            }
            #expect(try await jobs(installation) == ["tell-connector buried"])
            #expect(try await tell(installation, id))
            #expect(try await jobs(installation) == ["tell-connector ready"])
            try await installation.drainQueue()
            #expect(try await target(installation, id).state == .confirmed)
        }
    }

    /// A connector that came later has to be told about what was said before.
    @Test(arguments: Backend.allCases)
    func aNewConnectorIsAdded(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = try await installation.optOut(Sample.address())
            try await installation.drainQueue()
            #expect(try await tell(installation, id) == false)
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            #expect(try await tell(installation, id))
            #expect(try await tell(installation, id))
            #expect(try await jobs(installation) == ["tell-connector ready"])
            let kinds = try await kinds(installation, id)
            #expect(kinds.filter { $0 == "optout.enqueued" }.count == 2)
            try await installation.drainQueue()
            #expect(try await target(installation, id).state == .confirmed)
        }
    }

    /// The first job of an opt-out tells all its targets; a second job would tell one twice.
    @Test func anOptOutThatWaitsForItsFirstJobGetsNoSecond() async throws {
        try await Backend.sqlite.withEngine { installation in
            let id = try await installation.optOut(Sample.address())
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            #expect(try await tell(installation, id))
            #expect(try await jobs(installation) == ["start-opt-out ready"])
            try await installation.drainQueue()
            #expect(try await target(installation, id).state == .confirmed)
        }
    }

    @Test func whatWasConfirmedSinceIsLeftAlone() async throws {
        try await withConnector(.sqlite) { installation in
            let moment = installation.clock.now
            let id = try await installation.optOut(Sample.address())
            installation.clock.advance(seconds: 1)
            try await installation.drainQueue()
            let command = TellAgain(id, to: "crm", missingAt: moment)
            let told = try await installation.engine.perform(command, as: .system("test")).receipt
            #expect(told == false)
            #expect(try await jobs(installation).isEmpty)
        }
    }

    @Test func anUnknownOptOutIsNoWork() async throws {
        try await withConnector(.sqlite) { installation in
            let id: OptOutID = Identifier(at: installation.clock.now, random: (1, 2))
            let told = try await tell(installation, id)
            #expect(told == false)
        }
    }

    /// Either all of it is there or nothing, and a lost reply may be repeated.
    @Test(arguments: [
        FaultyDatabase.Fault.atStatement(3), .atStatement(5), .beforeCommit, .afterCommit,
    ])
    func aFaultIsHarmless(_ fault: FaultyDatabase.Fault) async throws {
        try await withConnector(.sqlite) { installation in
            let id = try await installation.optOut(Sample.address())
            try await installation.drainQueue()
            installation.clock.advance(seconds: 60)
            let faulty = Engine(database: FaultyDatabase(installation.database, [fault]))
            let command = TellAgain(id, to: "crm", missingAt: installation.clock.now)
            await #expect(throws: StoreError.self) {
                try await faulty.perform(command, as: .system("test"))
            }
            let expected = fault == .afterCommit ? ["tell-connector ready"] : []
            #expect(try await jobs(installation) == expected)
            #expect(try await tell(installation, id))
            #expect(try await jobs(installation) == ["tell-connector ready"])
        }
    }
}
