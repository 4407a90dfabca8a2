// The beginning of an opt-out: who is told of it, once however often it is begun.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("StartOptOut")
struct StartOptOutTests {
    @Test(arguments: Backend.allCases)
    func startingTwiceChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("alpha"))])
            let id = try await installation.optOut(Sample.address())
            let job = try #require(try await installation.claimOptOuts().first)
            let start = StartOptOut(id, job: job.id)
            #expect(try await installation.engine.perform(start, as: .system("worker")).receipt)
            let before = try await installation.contents()
            #expect(try await !installation.engine.perform(start, as: .system("worker")).receipt)
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func withNobodyToTellItCompletesAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = try await installation.optOut(Sample.address())
            installation.clock.advance(microseconds: 1_500_000)
            try await installation.drainQueue()
            let optOut = try await installation.progress(id).optOut
            #expect(optOut.status == .completed)
            #expect(optOut.processingMilliseconds == 1500)
            #expect(try await installation.states() == [])
        }
    }

    /// A connector added later is not told about opt-outs of before.
    @Test(arguments: Backend.allCases)
    func targetsAreThoseOfTheRequest(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = try await installation.optOut(Sample.address())
            try await installation.record([.connectorAdded(Sample.connector("late"))])
            try await installation.drainQueue()
            #expect(try await installation.progress(id).targets.isEmpty)
        }
    }
}
