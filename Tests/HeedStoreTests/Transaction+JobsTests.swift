// The queue: what is due, in which order, and what a lease does.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Jobs")
struct TransactionJobsTests {
    private func job(
        _ number: UInt64,
        _ lane: Job.Lane = .optOut,
        priority: Int = 0,
        runAt: Timestamp,
        connector: String? = nil
    ) -> Job {
        Job(
            id: JobID(high: 0x7000, low: number),
            kind: .startOptOut(OptOutID(high: 1, low: number)),
            lane: lane,
            priority: priority,
            runAt: runAt,
            connector: connector
        )
    }

    private func due(
        _ installation: Installation,
        _ lane: Job.Lane = .optOut,
        for connector: String? = nil,
        limit: Int64 = 10
    ) async throws -> [Job] {
        try await installation.database.read {
            try $0.dueJobs(in: lane, for: connector, limit: limit)
        }
    }

    @Test(arguments: Backend.allCases)
    func bothKindsReadBack(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let now = installation.clock.now
            let jobs = [
                Job(
                    id: JobID(high: 1, low: 1),
                    kind: .startOptOut(OptOutID(high: 2, low: 3)),
                    lane: .general,
                    priority: -5,
                    runAt: Timestamp(microseconds: -1)
                ),
                Job(
                    id: JobID(high: 1, low: 2),
                    kind: .tellConnector(TargetID(high: 4, low: 5)),
                    lane: .general,
                    priority: 7,
                    runAt: now,
                    attempts: 3,
                    connector: "esp"
                ),
            ]
            try await installation.record([], jobs: jobs.map(JobChange.add))
            #expect(try await due(installation, .general) == [jobs[0]])
            #expect(try await due(installation, .general, for: "esp") == [jobs[1]])
            #expect(try await due(installation, .optOut).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func dueJobsComeByPriorityThenAge(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let now = installation.clock.now
            let jobs = [
                job(1, priority: 1, runAt: now.adding(seconds: -9)),
                job(2, runAt: now),
                job(3, runAt: now.adding(seconds: -1)),
                job(4, priority: -1, runAt: now.adding(seconds: 1)),
                job(5, .general, priority: -9, runAt: now),
            ]
            try await installation.record([], jobs: jobs.map(JobChange.add))
            #expect(try await due(installation).map(\.id.low) == [3, 2, 1])
            #expect(try await due(installation, limit: 2).map(\.id.low) == [3, 2])
            installation.clock.advance(seconds: 1)
            #expect(try await due(installation).map(\.id.low) == [4, 3, 2, 1])
        }
    }

    @Test(arguments: Backend.allCases)
    func connectorsThatAreWaitedForAreNamedOnce(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let now = installation.clock.now
            let waiting = { @Sendable (transaction: Transaction) in
                try transaction.waitingConnectors(in: .optOut)
            }
            #expect(try await installation.database.read(waiting).isEmpty)
            let connectors: [String?] = ["b", "a", nil, "b", "A", "a", "b"]
            let jobs = connectors.enumerated().map { number, connector in
                job(UInt64(number), runAt: now, connector: connector)
            }
            let general = job(9, .general, runAt: now, connector: "c")
            try await installation.record([], jobs: (jobs + [general]).map(JobChange.add))
            #expect(try await installation.database.read(waiting) == [nil, "A", "a", "b"])
            let lease = JobChange.lease(jobs[4].id, until: now.adding(seconds: 9))
            try await installation.record([], jobs: [lease, .bury(jobs[2].id)])
            #expect(try await installation.database.read(waiting) == ["a", "b"])
            #expect(try await due(installation, for: "b", limit: 2).count == 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func aLeaseHidesAJobUntilItRunsOut(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let job = job(1, runAt: installation.clock.now)
            let until = installation.clock.now.adding(seconds: 30)
            try await installation.record([], jobs: [.add(job), .lease(job.id, until: until)])
            #expect(try await due(installation).isEmpty)
            installation.clock.set(to: Timestamp(microseconds: until.microseconds - 1))
            let abandoned = { @Sendable (transaction: Transaction) in
                try transaction.abandonedJobs(limit: 10).map(\.attempts)
            }
            #expect(try await installation.database.read(abandoned).isEmpty)
            installation.clock.advance(microseconds: 1)
            #expect(try await installation.database.read(abandoned) == [1])
            #expect(try await due(installation).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func retryBuryAndFinish(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let now = installation.clock.now
            let jobs = (1...3).map { job($0, runAt: now) }
            let later = now.adding(seconds: 60)
            try await installation.record([], jobs: jobs.map(JobChange.add))
            try await installation.record([], jobs: jobs.map { .lease($0.id, until: later) })
            let changes: [JobChange] = [
                .retry(jobs[0].id, at: later), .bury(jobs[1].id), .finish(jobs[2].id),
            ]
            try await installation.record([], jobs: changes)
            let depth = try await installation.database.read { transaction in
                try transaction.queueDepth().map { "\($0.lane) \($0.state) \($0.count)" }
            }
            #expect(depth == ["opt-out buried 1", "opt-out ready 1"])
            installation.clock.set(to: later)
            #expect(try await due(installation).map(\.id) == [jobs[0].id])
            #expect(try await due(installation).map(\.attempts) == [1])
            // A buried job is nobody's: neither due nor abandoned.
            installation.clock.advance(seconds: 1_000_000)
            #expect(try await installation.database.read { try $0.abandonedJobs(limit: 9) }.isEmpty)
        }
    }

    /// A job that a newer version wrote is left for it.
    @Test(arguments: Backend.allCases)
    func anUnknownKindIsLeftAlone(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let job = job(1, runAt: installation.clock.now)
            try await installation.record([], jobs: [.add(job)])
            try await installation.sql("UPDATE jobs SET kind = 'invented-later'")
            #expect(try await due(installation).isEmpty)
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 1)
        }
    }

    /// A kind that is missing from the statement would wait for ever.
    @Test(arguments: Backend.allCases)
    func everyKindIsClaimed(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let now = installation.clock.now
            let kinds: [Job.Kind] = [
                .startOptOut(OptOutID(high: 1, low: 1)), .tellConnector(TargetID(high: 1, low: 2)),
                .mail(.confirmation([ConsentID(high: 1, low: 3), ConsentID(high: 1, low: 4)])),
                .mail(.preferenceLink(Array(1...16), language: "de")),
            ]
            let jobs = kinds.enumerated().map { number, kind in
                Job(
                    id: JobID(high: 9, low: UInt64(number)),
                    kind: kind,
                    lane: .general,
                    priority: number,
                    runAt: now
                )
            }
            try await installation.record([], jobs: jobs.map(JobChange.add))
            let due = try await installation.database.read { transaction in
                try transaction.dueJobs(in: .general, for: nil, limit: 9)
            }
            #expect(due.map(\.kind) == kinds)
        }
    }
}
