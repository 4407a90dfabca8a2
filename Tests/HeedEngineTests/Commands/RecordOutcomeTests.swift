// Retries and late answers, each done once however often it is said.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RecordOutcome")
struct RecordOutcomeTests {
    @Test(arguments: Backend.allCases)
    func theLastConfirmationCompletes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await installation.startedOptOut()
            #expect(jobs.count == 2)
            installation.clock.advance(seconds: 2)
            #expect(try await installation.record(jobs[0], .confirmed("200")))
            #expect(try await installation.progress(id).optOut.status == .processing)
            #expect(try await installation.check(Sample.address()).optOutStatus == .pending)
            installation.clock.advance(seconds: 3)
            #expect(try await installation.record(jobs[1], .confirmed("already suppressed")))
            let done = try await installation.progress(id)
            #expect(done.optOut.status == .completed)
            #expect(done.optOut.processedAt == installation.clock.now)
            #expect(done.optOut.processingMilliseconds == 5000)
            #expect(done.targets.allSatisfy { $0.state == .confirmed && $0.attempts == 1 })
            #expect(Set(done.targets.map(\.answer)) == ["200", "already suppressed"])
            #expect(try await installation.check(Sample.address()).optOutStatus == .completed)
            #expect(try await installation.states() == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func aLateAnswerOfASecondWorkerChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (_, jobs) = try await installation.startedOptOut()
            for job in jobs { _ = try await installation.record(job, .confirmed("200")) }
            let late: [AttemptOutcome] = [
                .confirmed("other"),
                .failed("503", retryAt: installation.clock.now.adding(seconds: 5)), .givenUp("410"),
            ]
            for outcome in late {
                let before = try await installation.contents()
                #expect(try await !installation.record(jobs[0], outcome))
                #expect(try await installation.contents().changed(since: before) == [])
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aFailureIsTriedAgainLater(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await installation.startedOptOut()
            let failed = AttemptOutcome.failed(
                "503",
                retryAt: installation.clock.now.adding(seconds: 40)
            )
            #expect(try await installation.record(jobs[0], failed))
            let next = installation.clock.now.adding(seconds: 40)
            let target = try await installation.progress(id).targets.first { $0.attempts == 1 }
            #expect(target?.state == .pending && target?.nextAttemptAt == next)
            #expect(target?.answer == "503")
            installation.clock.advance(seconds: 39)
            #expect(try await installation.claimOptOuts().isEmpty)
            installation.clock.advance(seconds: 1)
            let again = try await installation.claimOptOuts()
            #expect(again.map(\.id) == [jobs[0].id])
            #expect(try await installation.record(jobs[0], .confirmed("200")))
            let confirmed = try await installation.progress(id).targets.first {
                $0.id == target?.id
            }
            #expect(confirmed?.attempts == 2 && confirmed?.nextAttemptAt == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func afterTheLastAttemptAnOperatorMustLook(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await installation.startedOptOut()
            _ = try await installation.record(jobs[1], .confirmed("200"))
            for attempt in 1...Job.attemptsMaximum {
                let outcome = AttemptOutcome.failed(
                    "try \(attempt)",
                    retryAt: installation.clock.now.adding(seconds: 10)
                )
                #expect(try await installation.record(jobs[0], outcome))
                installation.clock.advance(seconds: 10)
                let isLast = attempt == Job.attemptsMaximum
                #expect(try await installation.claimOptOuts().count == (isLast ? 0 : 1))
            }
            try await expectBuried(installation, id, jobs[0], answer: "try 12")
        }
    }

    @Test(arguments: Backend.allCases)
    func givenUpIsBuriedAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await installation.startedOptOut()
            _ = try await installation.record(jobs[1], .confirmed("200"))
            #expect(try await installation.record(jobs[0], .givenUp("410 gone")))
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
        let buried = try await installation.progress(id)
        #expect(buried.optOut.status == .processing && buried.optOut.processedAt == nil)
        #expect(Set(buried.targets.map(\.state)) == [.confirmed, .buried])
        #expect(buried.targets.contains { $0.answer == answer })
        #expect(try await installation.states() == ["buried 1"])
        let decision = try await installation.check(Sample.address())
        #expect(decision.reason == .optOut && decision.optOutStatus == .pending)
        let late: [AttemptOutcome] = [
            .failed("503", retryAt: installation.clock.now.adding(seconds: 1)), .givenUp("late"),
        ]
        for outcome in late {
            let before = try await installation.contents()
            #expect(try await !installation.record(job, outcome))
            #expect(try await installation.contents().changed(since: before) == [])
        }
        installation.clock.advance(seconds: 1_000_000)
        #expect(try await installation.rescue() == 0)
        // A confirmation is welcome even now.
        #expect(try await installation.record(job, .confirmed("at last")))
        #expect(try await installation.progress(id).optOut.status == .completed)
    }

    /// Somebody who came back while other systems were still being told stays in.
    @Test(arguments: Backend.allCases)
    func completionDoesNotUndoAReturn(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (id, jobs) = try await installation.startedOptOut()
            installation.clock.advance(seconds: 5)
            try await installation.decide(Sample.address())
            #expect(try await installation.check(Sample.address()).allowed)
            for job in jobs { #expect(try await installation.record(job, .confirmed("200"))) }
            #expect(try await installation.progress(id).optOut.status == .completed)
            #expect(try await installation.check(Sample.address()).allowed)
        }
    }

    /// And a newer opt-out is not completed by the older one's confirmation.
    @Test(arguments: Backend.allCases)
    func completionIsOfItsOwnOptOut(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (_, jobs) = try await installation.startedOptOut()
            installation.clock.advance(seconds: 5)
            try await installation.decide(Sample.address())
            installation.clock.advance(seconds: 5)
            let second = try await installation.optOut(Sample.address())
            for job in jobs { #expect(try await installation.record(job, .confirmed("200"))) }
            let decision = try await installation.check(Sample.address())
            #expect(decision.optOut == second && decision.optOutStatus == .pending)
        }
    }
}
