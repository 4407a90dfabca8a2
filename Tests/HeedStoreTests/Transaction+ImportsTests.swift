// Import batches, and answers remembered for requests that may be repeated.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Imports")
struct TransactionImportsTests {
    @Test(arguments: Backend.allCases)
    func aBatchIsRecordedAndFinished(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = ImportID(high: 1, low: 2)
            let start = installation.clock.now
            try await installation.record([
                .importStarted(
                    id,
                    format: "mailchimp",
                    scope: Sample.newsletter,
                    policyVersion: Sample.version
                )
            ])
            installation.clock.advance(seconds: 9)
            try await installation.record([.importFinished(id, counts: ["b": 2, "a": 0])])
            let row = try await installation.sql(
                "SELECT format, scope, policy_version, started_at, finished_at, counts "
                    + "FROM imports WHERE id = $1",
                .id(id)
            ).first
            let expected = Row([
                .text("mailchimp"), .text("newsletter"), .text(Sample.version), .time(start),
                .time(start.adding(seconds: 9)), .text(#"{"a":0,"b":2}"#),
            ])
            #expect(row == expected)
        }
    }

    @Test(arguments: Backend.allCases)
    func answersReadBack(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.database.write { transaction in
                try transaction.remember([1], fingerprint: [], receipt: "ä{}", position: .max)
            }
            let answer = try await installation.database.read { try $0.rememberedAnswer([1]) }
            #expect(answer?.fingerprint == [])
            #expect(answer?.receipt == "ä{}")
            #expect(answer?.position == .max)
            let other = try await installation.database.read { try $0.rememberedAnswer([2]) }
            #expect(other == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func aKeyIsRememberedOnce(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let remember = { @Sendable (transaction: Transaction) in
                try transaction.remember([1], fingerprint: [2], receipt: "r", position: 3)
            }
            try await installation.database.write(remember)
            let effect = try await installation.effect {
                try await installation.database.write(remember)
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    @Test(arguments: Backend.allCases)
    func theOldestAnswersAreForgottenFirst(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            for number in 0..<5 {
                try await installation.database.write { transaction in
                    try transaction.remember(
                        [UInt8(number)],
                        fingerprint: [],
                        receipt: "",
                        position: 0
                    )
                }
                installation.clock.advance(seconds: 10)
            }
            let left = { @Sendable (transaction: Transaction) in
                try (0..<5).filter { try transaction.rememberedAnswer([UInt8($0)]) != nil }
            }
            // Now the answers are 50, 40, 30, 20 and 10 seconds old.
            try await installation.database.write { try $0.forgetAnswers(olderThan: 30, limit: 1) }
            #expect(try await installation.database.read(left) == [1, 2, 3, 4])
            try await installation.database.write { try $0.forgetAnswers(olderThan: 30, limit: 9) }
            #expect(try await installation.database.read(left) == [2, 3, 4])
        }
    }
}
