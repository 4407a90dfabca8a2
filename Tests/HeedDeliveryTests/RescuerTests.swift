// Housekeeping: jobs of dead workers come back, and old answers are forgotten.

import HeedConsent
import HeedDelivery
import HeedEngine
import HeedStore
import Logging
import TestSupport
import Testing

@Suite("Rescuer")
struct RescuerTests {
    /// Runs a rescuer until `condition` holds.
    private func rescue(
        _ installation: Installation,
        until condition: () async throws -> Bool
    ) async throws {
        let rescuer = Rescuer(
            engine: installation.engine,
            intervalMilliseconds: 2,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await rescuer.run() }
            while try await !condition() { await Task.yield() }
            group.cancelAll()
        }
    }

    @Test func givesBackWhatADeadWorkerHeld() async throws {
        try await Backend.sqlite.withEngine { installation in
            let request = try RequestOptOut(
                subject: .address(Sample.address()),
                extent: .global,
                source: .form
            )
            _ = try await installation.engine.perform(request, as: .person)
            let claim = ClaimJobs(lane: .optOut, limit: 1, leaseSeconds: 30)
            #expect(
                try await installation.engine.perform(claim, as: .system("t")).receipt.count == 1
            )
            #expect(try await installation.engine.ask(DueConnectors(lane: .optOut)).isEmpty)
            installation.clock.advance(seconds: 31)
            try await rescue(installation) {
                try await !installation.engine.ask(DueConnectors(lane: .optOut)).isEmpty
            }
            let again = try await installation.engine.perform(claim, as: .system("t")).receipt
            #expect(again.map(\.attempts) == [1])
        }
    }

    @Test func forgetsAnswersAfterADay() async throws {
        try await Backend.sqlite.withEngine { installation in
            let request = try RequestOptOut(
                subject: .address(Sample.address()),
                extent: .global,
                source: .form
            )
            let key = RepeatKey(key: "k", caller: "c", operation: "o", body: [1])
            _ = try await installation.engine.perform(request, as: .person, once: key)
            installation.clock.advance(seconds: Rescuer.answerSeconds)
            #expect(
                try await !installation.engine.ask(HasOldAnswers(olderThan: Rescuer.answerSeconds))
            )
            installation.clock.advance(seconds: 1)
            try await rescue(installation) {
                try await installation.number("SELECT count(*) FROM idempotency_keys") == 0
            }
        }
    }
}
