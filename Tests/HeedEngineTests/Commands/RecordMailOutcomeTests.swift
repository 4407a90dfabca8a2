// A mail job leaves the queue, comes again later, or waits for an operator.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RecordMailOutcome")
struct RecordMailOutcomeTests {
    private func record(
        _ installation: Installation,
        _ outcome: RecordMailOutcome.Outcome
    ) async throws -> [String] {
        try await installation.askToConfirm(Sample.address())
        let jobs = try await installation.mailJobs()
        let command = RecordMailOutcome(job: try #require(jobs.first).id, outcome: outcome)
        let effect = try await installation.effect {
            try await installation.engine.perform(command, as: .system("mail"))
        }
        #expect(effect.failure == nil && effect.changed == ["jobs"])
        return try await installation.queueDepth().map { "\($0.lane) \($0.state)" }
    }

    @Test(arguments: Backend.allCases)
    func done(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let left = try await record(installation, .done)
            #expect(left.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func givenUp(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            #expect(try await record(installation, .givenUp) == ["mail buried"])
            // An operator may have it tried again.
            let jobs = try await installation.engine.ask(ListJobs(limit: 9)).jobs
            let retry = RetryJob(try #require(jobs.first).id)
            _ = try await installation.engine.perform(retry, as: Sample.actor)
            #expect(try await installation.mailJobs().count == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func later(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let time = installation.clock.now.adding(seconds: 60)
            #expect(try await record(installation, .failed(retryAt: time)) == ["mail ready"])
            #expect(try await installation.mailJobs().isEmpty)
            installation.clock.advance(seconds: 60)
            let again = try await installation.mailJobs()
            #expect(again.map(\.attempts) == [1])
        }
    }
}
