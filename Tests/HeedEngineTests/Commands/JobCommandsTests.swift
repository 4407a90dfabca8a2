// The cascade: claims, leases, retries and late answers, each done once however often it is said.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Job commands")
struct JobCommandsTests {
    private let worker = Actor.system("worker")

    private func claim(_ installation: Installation, limit: Int = 10) async throws -> [Job] {
        let command = ClaimJobs(lane: .optOut, limit: limit, leaseSeconds: 30)
        return try await installation.engine.perform(command, as: worker).receipt
    }

    private func rescue(_ installation: Installation) async throws -> Int {
        try await installation.engine.perform(RescueJobs(), as: worker).receipt
    }

    private func record(
        _ installation: Installation,
        _ job: Job,
        _ outcome: AttemptOutcome
    ) async throws -> Bool {
        guard case .tellConnector(let target) = job.kind else { return false }
        let command = RecordOutcome(target: target, outcome: outcome, job: job.id)
        return try await installation.engine.perform(command, as: worker).receipt
    }

    private func progress(
        _ installation: Installation,
        _ id: OptOutID
    ) async throws -> OptOutProgress.Answer {
        try await installation.engine.ask(OptOutProgress(id))
    }

    private func depth(_ installation: Installation) async throws -> [String] {
        try await installation.queueDepth().map { "\($0.state) \($0.count)" }
    }

    /// An opt-out that two connectors must be told about, started, with its two jobs claimed.
    private func started(_ installation: Installation) async throws -> (OptOutID, [Job]) {
        for name in ["alpha", "beta"] {
            try await installation.record([.connectorAdded(Sample.connector(name))])
        }
        let id = try await installation.optOut(Sample.address())
        for job in try await claim(installation) { try await installation.finish(job) }
        return (id, try await claim(installation))
    }

    @Test(arguments: Backend.allCases)
    func aLeaseIsOneWorkersUntilItRunsOut(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address())
            let first = try await claim(installation)
            #expect(first.count == 1)
            #expect(try await claim(installation).isEmpty)
            installation.clock.advance(seconds: 29)
            #expect(try await rescue(installation) == 0)
            installation.clock.advance(seconds: 1)
            #expect(try await claim(installation).isEmpty)
            #expect(try await rescue(installation) == 1)
            #expect(try await rescue(installation) == 0)
            let second = try await claim(installation)
            #expect(second.map(\.id) == first.map(\.id))
            #expect(second.map(\.attempts) == [1])
        }
    }

    @Test(arguments: Backend.allCases)
    func twoClaimersNeverGetTheSameJob(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 0..<60 { try await installation.optOut(Sample.address(number)) }
            let other = Engine(database: try installation.reopened())
            let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for number in 0..<20 {
                    let engine = number.isMultiple(of: 2) ? installation.engine : other
                    group.addTask {
                        let command = ClaimJobs(lane: .optOut, limit: 4, leaseSeconds: 30)
                        return try await engine.perform(command, as: worker).receipt.map(\.id)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 60)
            #expect(Set(claimed).count == 60)
        }
    }

    @Test(arguments: Backend.allCases)
    func startingTwiceChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("alpha"))])
            let id = try await installation.optOut(Sample.address())
            let job = try #require(try await claim(installation).first)
            let start = StartOptOut(id, job: job.id)
            #expect(try await installation.engine.perform(start, as: worker).receipt)
            let before = try await installation.contents()
            #expect(try await !installation.engine.perform(start, as: worker).receipt)
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func withNobodyToTellItCompletesAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = try await installation.optOut(Sample.address())
            installation.clock.advance(microseconds: 1_500_000)
            try await installation.drainQueue()
            let optOut = try await progress(installation, id).optOut
            #expect(optOut.status == .completed)
            #expect(optOut.processingMilliseconds == 1500)
            #expect(try await depth(installation) == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func theLastConfirmationCompletes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await started(installation)
            #expect(jobs.count == 2)
            installation.clock.advance(seconds: 2)
            #expect(try await record(installation, jobs[0], .confirmed("200")))
            #expect(try await progress(installation, id).optOut.status == .processing)
            #expect(try await installation.check(Sample.address()).optOutStatus == .pending)
            installation.clock.advance(seconds: 3)
            #expect(try await record(installation, jobs[1], .confirmed("already suppressed")))
            let done = try await progress(installation, id)
            #expect(done.optOut.status == .completed)
            #expect(done.optOut.processedAt == installation.clock.now)
            #expect(done.optOut.processingMilliseconds == 5000)
            #expect(done.targets.allSatisfy { $0.state == .confirmed && $0.attempts == 1 })
            #expect(Set(done.targets.map(\.answer)) == ["200", "already suppressed"])
            #expect(try await installation.check(Sample.address()).optOutStatus == .completed)
            #expect(try await depth(installation) == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func aLateAnswerOfASecondWorkerChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (_, jobs) = try await started(installation)
            for job in jobs { _ = try await record(installation, job, .confirmed("200")) }
            let late: [AttemptOutcome] = [
                .confirmed("other"),
                .failed("503", retryAt: installation.clock.now.adding(seconds: 5)), .givenUp("410"),
            ]
            for outcome in late {
                let before = try await installation.contents()
                #expect(try await !record(installation, jobs[0], outcome))
                #expect(try await installation.contents().changed(since: before) == [])
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aFailureIsTriedAgainLater(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await started(installation)
            let failed = AttemptOutcome.failed(
                "503",
                retryAt: installation.clock.now.adding(seconds: 40)
            )
            #expect(try await record(installation, jobs[0], failed))
            let next = installation.clock.now.adding(seconds: 40)
            let target = try await progress(installation, id).targets.first { $0.attempts == 1 }
            #expect(target?.state == .pending && target?.nextAttemptAt == next)
            #expect(target?.answer == "503")
            installation.clock.advance(seconds: 39)
            #expect(try await claim(installation).isEmpty)
            installation.clock.advance(seconds: 1)
            let again = try await claim(installation)
            #expect(again.map(\.id) == [jobs[0].id])
            #expect(try await record(installation, jobs[0], .confirmed("200")))
            let confirmed = try await progress(installation, id).targets.first {
                $0.id == target?.id
            }
            #expect(confirmed?.attempts == 2 && confirmed?.nextAttemptAt == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func afterTheLastAttemptAnOperatorMustLook(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await started(installation)
            _ = try await record(installation, jobs[1], .confirmed("200"))
            for attempt in 1...Job.attemptsMaximum {
                let outcome = AttemptOutcome.failed(
                    "try \(attempt)",
                    retryAt: installation.clock.now.adding(seconds: 10)
                )
                #expect(try await record(installation, jobs[0], outcome))
                installation.clock.advance(seconds: 10)
                let isLast = attempt == Job.attemptsMaximum
                #expect(try await claim(installation).count == (isLast ? 0 : 1))
            }
            try await expectBuried(installation, id, jobs[0], answer: "try 12")
        }
    }

    @Test(arguments: Backend.allCases)
    func givenUpIsBuriedAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await started(installation)
            _ = try await record(installation, jobs[1], .confirmed("200"))
            #expect(try await record(installation, jobs[0], .givenUp("410 gone")))
            try await expectBuried(installation, id, jobs[0], answer: "410 gone")
        }
    }

    /// Buried stays buried whatever failure comes late; the opt-out stays in force and unfinished.
    private func expectBuried(
        _ installation: Installation,
        _ id: OptOutID,
        _ job: Job,
        answer: String
    ) async throws {
        let buried = try await progress(installation, id)
        #expect(buried.optOut.status == .processing && buried.optOut.processedAt == nil)
        #expect(Set(buried.targets.map(\.state)) == [.confirmed, .buried])
        #expect(buried.targets.contains { $0.answer == answer })
        #expect(try await depth(installation) == ["buried 1"])
        let decision = try await installation.check(Sample.address())
        #expect(decision.reason == .optOut && decision.optOutStatus == .pending)
        let late: [AttemptOutcome] = [
            .failed("503", retryAt: installation.clock.now.adding(seconds: 1)), .givenUp("late"),
        ]
        for outcome in late {
            let before = try await installation.contents()
            #expect(try await !record(installation, job, outcome))
            #expect(try await installation.contents().changed(since: before) == [])
        }
        installation.clock.advance(seconds: 1_000_000)
        #expect(try await rescue(installation) == 0)
        // A confirmation is welcome even now.
        #expect(try await record(installation, job, .confirmed("at last")))
        #expect(try await progress(installation, id).optOut.status == .completed)
    }

    /// Somebody who came back while other systems were still being told stays in.
    @Test(arguments: Backend.allCases)
    func completionDoesNotUndoAReturn(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await started(installation)
            installation.clock.advance(seconds: 5)
            try await installation.decide(Sample.address())
            #expect(try await installation.check(Sample.address()).allowed)
            for job in jobs { #expect(try await record(installation, job, .confirmed("200"))) }
            #expect(try await progress(installation, id).optOut.status == .completed)
            #expect(try await installation.check(Sample.address()).allowed)
        }
    }

    /// And a newer opt-out is not completed by the older one's confirmation.
    @Test(arguments: Backend.allCases)
    func completionIsOfItsOwnOptOut(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (_, jobs) = try await started(installation)
            installation.clock.advance(seconds: 5)
            try await installation.decide(Sample.address())
            installation.clock.advance(seconds: 5)
            let second = try await installation.optOut(Sample.address())
            for job in jobs { #expect(try await record(installation, job, .confirmed("200"))) }
            let decision = try await installation.check(Sample.address())
            #expect(decision.optOut == second && decision.optOutStatus == .pending)
        }
    }

    /// A connector added later is not told about opt-outs of before.
    @Test(arguments: Backend.allCases)
    func targetsAreThoseOfTheRequest(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = try await installation.optOut(Sample.address())
            try await installation.record([.connectorAdded(Sample.connector("late"))])
            try await installation.drainQueue()
            #expect(try await progress(installation, id).targets.isEmpty)
        }
    }
}
