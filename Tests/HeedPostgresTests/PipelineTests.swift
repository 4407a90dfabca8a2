// Statements that travel together: order, failures in the middle, and more than fit at once.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Pipeline")
struct PipelineTests {
    private let insert: SQL = "INSERT INTO idempotency_keys VALUES ($1, $2, 'r', $3, $4)"

    private func arguments(_ number: Int) -> [SQLValue] {
        [.blob([UInt8(number / 256), UInt8(number % 256)]), .blob([]), .integer(0), .integer(0)]
    }

    /// More than 64 travel in several groups, and what follows sees all of them.
    @Test(arguments: [1, 63, 64, 65, 1000])
    func postedStatementsAllArrive(_ count: Int) async throws {
        try await Backend.postgres.withDatabase { installation in
            let seen = try await installation.database.write { transaction in
                for number in 0..<count {
                    try transaction.connection.post(insert, arguments(number))
                }
                return try transaction.connection.run("SELECT count(*) FROM idempotency_keys", [])
                    .first?.integer(0)
            }
            #expect(seen == Int64(count))
            let kept = try await installation.number("SELECT count(*) FROM idempotency_keys")
            #expect(kept == Int64(count))
        }
    }

    @Test(arguments: Backend.allCases, [0, 1, 64, 200])
    func eachSetHasItsOwnRows(_ backend: Backend, _ count: Int) async throws {
        try await backend.withDatabase { installation in
            let answers = try await installation.database.read { transaction in
                let sets = (0..<count).map { [SQLValue.integer(Int64($0))] }
                return try transaction.connection.runAll(
                    sets.map { Statement("SELECT $1 + 1 WHERE $1 <> 7", $0) }
                )
            }
            let numbers: [Int64?] = try answers.map { try $0.first?.integer(0) }
            let expected: [Int64?] = (0..<Int64(count)).map { $0 == 7 ? nil : $0 + 1 }
            #expect(numbers == expected)
        }
    }

    /// A failure shows at the next statement that has rows, or at commit; either way nothing stays.
    @Test(arguments: Backend.allCases, [true, false])
    func aPostedFailureUndoesAll(_ backend: Backend, _ asksAfter: Bool) async throws {
        try await backend.withDatabase { installation in
            let effect = try await installation.effect {
                try await installation.database.write { transaction in
                    for number in [1, 2, 2, 3] {
                        try transaction.connection.post(insert, arguments(number))
                    }
                    if asksAfter { _ = try transaction.connection.run("SELECT 1", []) }
                }
            }
            #expect(effect == .refused("refused-by-database"))
            // And the session goes on.
            #expect(try await installation.number("SELECT 5") == 5)
        }
    }

    /// A body that goes on after a failure cannot commit half of itself.
    @Test func aSwallowedFailureIsNotCommitted() async throws {
        try await Backend.postgres.withDatabase { installation in
            let effect = try await installation.effect {
                try await installation.database.write { transaction in
                    _ = try transaction.connection.run(insert, arguments(1))
                    _ = try? transaction.connection.run("SELECT no_such_column", [])
                }
            }
            #expect(effect == .refused("bad-statement"))
        }
    }

    /// NULL has no type of its own; a statement that first came with one takes the others later.
    @Test func aParameterMayBeNullFirst() async throws {
        try await Backend.postgres.withDatabase { installation in
            let values: [SQLValue] = [
                .null, .text("a"), .null, .text(""), .integer(7), .null, .integer(8), .blob([1]),
            ]
            let answers = try await installation.database.read { transaction in
                try values.map { try transaction.connection.run("SELECT $1", [$0]).first?[0] }
            }
            #expect(answers == values)
        }
    }

    /// A statement the server refused is prepared anew the next time.
    @Test func aRefusedStatementIsForgotten() async throws {
        try await Backend.postgres.withDatabase { installation in
            let statement: SQL = "SELECT count(*) FROM made_later"
            #expect(await failureCode { try await installation.number(statement) } != nil)
            try await installation.sql("CREATE TABLE made_later (id int)")
            try await installation.sql("GRANT SELECT ON made_later TO heed_app")
            #expect(try await installation.number(statement) == 0)
        }
    }
}
