// What connectors answered is what the log says of it, on both engines, whatever happened.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Verifier: what connectors answered")
struct TargetCheckTests {
    private static let worker = Actor.system("worker")

    /// Opt-outs in every state: confirmed, waiting for another attempt, given up, cancelled.
    private func live(_ installation: Installation) async throws {
        for name in ["alpha", "beta", "gamma"] {
            let add = AddConnector(try Sample.connector(name))
            _ = try await installation.engine.perform(add, as: Sample.actor)
        }
        try await installation.live(people: 4)
        for number in 21...24 {
            installation.clock.advance(seconds: 60)
            try await installation.decide(Sample.address(number))
            try await installation.optOut(Sample.address(number))
        }
        for (number, target) in try await started(installation).enumerated() {
            try await tell(installation, target, outcomes(installation)[number % 3])
        }
        _ = try await installation.engine.perform(RemoveConnector("gamma"), as: Sample.actor)
        let cancel = CancelTellings(of: "gamma", limit: 100)
        _ = try await installation.engine.perform(cancel, as: Sample.actor)
        try await installation.settle()
        try await installation.sequence()
    }

    private func outcomes(_ installation: Installation) -> [AttemptOutcome] {
        [
            .failed("HTTP 503", retryAt: installation.clock.now.adding(seconds: 60)),
            .confirmed("HTTP 204"),
            .givenUp("HTTP 401"),
        ]
    }

    /// The targets of opt-outs that are under way, after beginning those that wait.
    private func started(_ installation: Installation) async throws -> [TargetID] {
        let waiting: [OptOutID] = try await installation.database.read { transaction in
            try transaction.rows("SELECT id FROM opt_outs WHERE status = 'pending' ORDER BY id")
                .map { try $0.id(0) }
        }
        for id in waiting {
            let start = StartOptOut(id, job: JobID(high: 1, low: 1))
            _ = try await installation.engine.perform(start, as: TargetCheckTests.worker)
        }
        return try await installation.database.read { transaction in
            try transaction.rows(
                "SELECT id FROM opt_out_targets WHERE state = 'pending' ORDER BY id"
            )
            .map { try $0.id(0) }
        }
    }

    private func tell(
        _ installation: Installation,
        _ target: TargetID,
        _ outcome: AttemptOutcome
    ) async throws {
        let record = RecordOutcome(target: target, outcome: outcome, job: JobID(high: 1, low: 1))
        _ = try await installation.engine.perform(record, as: TargetCheckTests.worker)
    }

    @Test(arguments: Backend.allCases)
    func everyStateIsInTheLog(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            let states = try await installation.number(
                "SELECT count(DISTINCT state) FROM opt_out_targets"
            )
            #expect(states == 4)
            #expect(try await installation.verify().findings == [])
        }
    }

    static let changes: [(String, SQL)] = [
        (
            "target.changed",
            "UPDATE opt_out_targets SET state = 'confirmed', answer = 'HTTP 204', "
                + "confirmed_at = 5, next_attempt_at = NULL WHERE state = 'pending'"
        ),
        (
            "target.changed",
            "UPDATE opt_out_targets SET state = 'confirmed', answer = 'HTTP 204', "
                + "confirmed_at = 5 WHERE state = 'buried'"
        ),
        (
            "target.changed",
            "UPDATE opt_out_targets SET state = 'confirmed', answer = 'HTTP 204', "
                + "confirmed_at = 5 WHERE state = 'cancelled'"
        ),
        (
            "target.changed",
            "UPDATE opt_out_targets SET answer = 'HTTP 200' WHERE state = 'confirmed'"
        ),
        (
            "target.changed",
            "UPDATE opt_out_targets SET confirmed_at = confirmed_at - 1 WHERE state = 'confirmed'"
        ),
        (
            "target.changed",
            "UPDATE opt_out_targets SET attempts = attempts + 1 WHERE connector = 'beta'"
        ),
        ("target.missing", "DELETE FROM opt_out_targets WHERE connector = 'beta'"),
        ("target.missing", "UPDATE opt_out_targets SET connector = 'delta' WHERE state = 'buried'"),
        (
            "target.unlogged",
            "INSERT INTO opt_out_targets SELECT contact_id, id, 'delta', 'confirmed', 1, NULL, "
                + "'HTTP 204', 5 FROM opt_outs ORDER BY id DESC LIMIT 1"
        ),
    ]

    @Test(arguments: Backend.allCases, changes)
    func aForgedAnswerIsNamed(_ backend: Backend, _ change: (String, SQL)) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            try await installation.sql(change.1)
            let report = try await installation.verify()
            #expect(report.codes.contains(change.0), "\(report.findings)")
            #expect(report.codes.allSatisfy { $0.hasPrefix("target.") }, "\(report.findings)")
            #expect(report.findings.allSatisfy { $0.place.hasPrefix("opt-out ") })
        }
    }

    /// Answers of all kinds, repetitions, connectors that come and go, and an erasure.
    @Test(arguments: Backend.allCases, [1, 2, 3, 4] as [UInt64])
    func anyHistoryVerifies(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            var generator = SeededGenerator(seed: seed)
            try await live(installation)
            for number in 0..<120 {
                installation.clock.advance(seconds: Int64.random(in: 1...600, using: &generator))
                try await step(installation, &generator)
                if number.isMultiple(of: 30) { try await installation.sequence() }
            }
            try await installation.settle()
            try await installation.sequence()
            #expect(try await installation.verify().findings == [])
        }
    }

    private func step(
        _ installation: Installation,
        _ generator: inout SeededGenerator
    ) async throws {
        let number = Int.random(in: 1...30, using: &generator)
        let name = ["alpha", "beta", "delta"][number % 3]
        let all: [(TargetID, OptOutID)] = try await installation.database.read { transaction in
            try transaction.rows("SELECT id, opt_out_id FROM opt_out_targets ORDER BY id")
                .map { (try $0.id(0), try $0.id(1)) }
        }
        let (target, optOut) = all[Int.random(in: 0..<all.count, using: &generator)]
        let act = Int.random(in: 0..<12, using: &generator)
        let outcome = outcomes(installation)[number % 3]
        let engine = installation.engine
        _ = await failureCode {
            switch act {
            case 0, 1: try await installation.optOut(Sample.address(number))
            case 2: _ = try await started(installation)
            case 3...6: try await tell(installation, target, outcome)
            case 7, 8:
                let again = TellAgain(optOut, to: name, missingAt: installation.clock.now)
                _ = try await engine.perform(again, as: TargetCheckTests.worker)
            case 9:
                let add = AddConnector(try Sample.connector(name))
                _ = try await engine.perform(add, as: Sample.actor)
            case 10:
                _ = try await engine.perform(RemoveConnector(name), as: Sample.actor)
                let cancel = CancelTellings(of: name, limit: 100)
                _ = try await engine.perform(cancel, as: Sample.actor)
            default: try await retry(installation, target)
            }
        }
    }

    /// What an operator does to a job about a target: has it tried again, or gives it up.
    private func retry(_ installation: Installation, _ target: TargetID) async throws {
        let job: JobID? = try await installation.database.read { transaction in
            try transaction.row(
                "SELECT id FROM jobs WHERE kind = 'tell-connector' AND subject = $1",
                .id(target)
            )?.id(0)
        }
        guard let job else { return }
        _ = try await installation.engine.perform(RetryJob(job), as: Sample.actor)
        _ = try await installation.engine.perform(BuryJob(job), as: Sample.actor)
    }
}
