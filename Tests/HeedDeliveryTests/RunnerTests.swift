// The worker of a lane: several jobs at a time, woken by a commit, and finishing what it began.

import HeedConsent
import HeedEngine
import HeedStore
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("Runner")
struct RunnerTests {
    /// Asks for opt-outs of people `numbers`, each of which leaves one job.
    private func request(_ installation: Installation, _ numbers: Range<Int>) async throws {
        for number in numbers {
            let request = try RequestOptOut(
                subject: .address(Sample.address(number)),
                extent: .scope(Sample.newsletter),
                source: .form
            )
            _ = try await installation.engine.perform(request, as: .person)
        }
    }

    /// By default four at a time, and a look at the queue once an hour.
    private static func options(
        lane: Job.Lane = .optOut,
        concurrency: Int = 4,
        pollMilliseconds: Int64 = 3_600_000
    ) -> Runner.Options {
        .init(
            lane: lane,
            concurrency: concurrency,
            leaseSeconds: 30,
            pollMilliseconds: pollMilliseconds
        )
    }

    private func runner(
        _ installation: Installation,
        _ options: Runner.Options = options(),
        _ handle: @escaping @Sendable (Job) async throws -> Void
    ) -> Runner {
        Runner(
            engine: installation.engine,
            options: options,
            gate: ConnectorGate(slots: 4, surroundings: installation.surroundings),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            handle: handle
        )
    }

    /// Finishes a job as the real handler does.
    private func finish(_ job: Job, _ engine: Engine) async throws {
        guard case .startOptOut(let id) = job.kind else { return }
        _ = try await engine.perform(StartOptOut(id, job: job.id), as: .system("test"))
    }

    @Test func doesWaitingJobsAndThoseThatComeLater() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await request(installation, 0..<10)
            let (done, isDone) = AsyncStream<JobID>.makeStream()
            let runner = runner(installation) { job in
                try await finish(job, installation.engine)
                isDone.yield(job.id)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                var seen: Set<JobID> = []
                for await id in done {
                    #expect(seen.insert(id).inserted, "a job was done twice")
                    // The runner polls once an hour here: only the doorbell can have woken it.
                    if seen.count == 10 { try await request(installation, 10..<15) }
                    if seen.count == 15 { break }
                }
                group.cancelAll()
            }
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    @Test func workOfOtherProcessesIsFoundByPolling() async throws {
        try await Backend.sqlite.withEngine { installation in
            let other = Engine(database: try installation.reopened())
            let (done, isDone) = AsyncStream<JobID>.makeStream()
            let runner = runner(installation, Self.options(pollMilliseconds: 5)) {
                isDone.yield($0.id)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                let request = try RequestOptOut(
                    subject: .address(Sample.address(1)),
                    extent: .global,
                    source: .form
                )
                _ = try await other.perform(request, as: .person)
                for await _ in done { break }
                group.cancelAll()
            }
        }
    }

    /// Connectors `names`, and one opt-out that each is waiting to be told about.
    private func begin(_ installation: Installation, _ names: [String]) async throws {
        for name in names {
            let add = AddConnector(try Sample.connector(name))
            _ = try await installation.engine.perform(add, as: Sample.actor)
        }
        try await request(installation, 0..<6)
        let claim = ClaimJobs(lane: .optOut, limit: 100, leaseSeconds: 60)
        for job in try await installation.engine.perform(claim, as: .system("t")).receipt {
            try await finish(job, installation.engine)
        }
    }

    /// Six jobs of a system that never answers leave the other system's six alone.
    @Test func aSystemThatHangsHoldsUpNoOther() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await begin(installation, ["hung", "well"])
            let hung = Mutex(0)
            let (done, isDone) = AsyncStream<Void>.makeStream()
            let runner = runner(installation) { job in
                if job.connector == "hung" {
                    hung.withLock { $0 += 1 }
                    // Ends when the runner is cancelled, as a request would.
                    let (answer, answered) = AsyncStream<Void>.makeStream()
                    for await _ in answer {}
                    answered.finish()
                    return
                }
                guard case .tellConnector(let id) = job.kind else { return }
                let record = RecordOutcome(target: id, outcome: .confirmed("ok"), job: job.id)
                _ = try await installation.engine.perform(record, as: .system("test"))
                isDone.yield()
            }
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                var count = 0
                for await _ in done {
                    count += 1
                    if count == 6 { break }
                }
                group.cancelAll()
            }
            #expect(hung.withLock { $0 } == 4)
            let waiting = try await installation.number(
                "SELECT count(*) FROM jobs WHERE connector = 'hung'"
            )
            #expect(waiting == 6)
        }
    }

    @Test func neverMoreAtATimeThanAllowed() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await request(installation, 0..<12)
            let load = Mutex((now: 0, most: 0))
            let (done, isDone) = AsyncStream<Void>.makeStream()
            let runner = runner(installation, Self.options(concurrency: 3)) { job in
                load.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                try await finish(job, installation.engine)
                load.withLock { $0.now -= 1 }
                isDone.yield()
            }
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                var count = 0
                for await _ in done {
                    count += 1
                    if count == 12 { break }
                }
                group.cancelAll()
            }
            #expect(load.withLock { $0.most } <= 3)
        }
    }

    @Test func leavesOtherLanesAlone() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await request(installation, 0..<1)
            let calls = Mutex(0)
            let runner = runner(installation, Self.options(lane: .general, pollMilliseconds: 1)) {
                _ in
                calls.withLock { $0 += 1 }
            }
            let optOuts = self.runner(installation) { try await finish($0, installation.engine) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                group.addTask { try await optOuts.run() }
                while try await installation.number("SELECT count(*) FROM jobs") > 0 {
                    await Task.yield()
                }
                group.cancelAll()
            }
            #expect(calls.withLock { $0 } == 0)
        }
    }

    @Test func shutsDownAfterWhatItBegan() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await request(installation, 0..<1)
            let (begun, hasBegun) = AsyncStream<Void>.makeStream()
            let (release, isReleased) = AsyncStream<Void>.makeStream()
            let runner = runner(installation) { job in
                hasBegun.yield()
                for await _ in release {}
                try await finish(job, installation.engine)
            }
            let group = ServiceGroup(
                services: [runner],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            async let stopped: Void = group.run()
            for await _ in begun { break }
            await group.triggerGracefulShutdown()
            isReleased.finish()
            try await stopped
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    /// The breaker is open and the clock stands still; another process has a job tried again.
    @Test func aRedrivenJobDoesNotWaitForTheBreaker() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await begin(installation, ["esp"])
            let gate = ConnectorGate(slots: 4, surroundings: installation.surroundings)
            gate.note(.busy(seconds: 300), of: "esp")
            let (begun, hasBegun) = AsyncStream<JobID>.makeStream()
            let runner = Runner(
                engine: installation.engine,
                options: Self.options(pollMilliseconds: 5),
                gate: gate,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { job in
                hasBegun.yield(job.id)
                guard case .tellConnector(let id) = job.kind else { return }
                let later = installation.clock.now.adding(seconds: 60)
                let failed = AttemptOutcome.failed("timeout", retryAt: later)
                let record = RecordOutcome(target: id, outcome: failed, job: job.id)
                _ = try await installation.engine.perform(record, as: .system("test"))
            }
            let other = Engine(database: try installation.reopened())
            let jobs = try await other.ask(ListJobs(limit: 9)).jobs.map(\.id)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                _ = try await other.perform(RetryJob(jobs[4]), as: Sample.actor)
                for await job in begun {
                    #expect(job == jobs[4])
                    break
                }
                group.cancelAll()
            }
            // The five others go on waiting.
            let attempts = "SELECT count(*) FROM jobs WHERE attempts > 0" as SQL
            #expect(try await installation.number(attempts) == 1)
        }
    }
}
