// Parameters, rows and values through a real session, whichever engine it is.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("SQL")
struct SQLTests {
    @Test func piecesJoinToOneText() {
        let columns: SQL = "a, b"
        let statement = "SELECT " + columns + " FROM t"
        #expect(statement.text == "SELECT a, b FROM t")
    }

    @Test func aRepeatedStatementIsTheSameKey() {
        let one: SQL = "SELECT $1"
        let tail: SQL = "$1"
        #expect(one == "SELECT " + tail)
        #expect(one != "SELECT $2")
    }

    /// Parameters are numbered, not counted: order, repetition and two digits.
    @Test(arguments: Backend.allCases)
    func parametersAreNumbered(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let values = (1...12).map { SQLValue.integer(Int64($0 * 11)) }
            let row = try await installation.database.read { transaction in
                try transaction.connection.run(
                    "SELECT $12, $1, $2, $2, $10, $3 + $4, $5, $6, $7, $8, $9, $11",
                    values
                ).first
            }
            let found = try (0..<12).map { try #require(row).integer($0) }
            #expect(found == [132, 11, 22, 22, 110, 77, 55, 66, 77, 88, 99, 121])
        }
    }

    static let values: [SQLValue] = [
        .null, .integer(0), .integer(-1), .integer(.max), .integer(.min),
        .text(""), .text("a"), .text("Ünïcødé 🚪 \u{202E}"), .text("nul\u{0}inside"),
        .text("e\u{301}"), .text("quote ' \" $1 ?1"),
        .blob([]), .blob([0]), .blob(Array(0...255)),
    ]

    @Test(arguments: Backend.allCases, values)
    func aValueReadsBackAsItWasWritten(_ backend: Backend, _ value: SQLValue) async throws {
        try await backend.withDatabase { installation in
            if case .text(let text) = value, text.contains("\u{0}") {
                // PostgreSQL cannot hold it, and both engines keep the same values.
                let code = await failureCode { try await installation.sql("SELECT $1", value) }
                #expect(code == "refused-by-database")
                return
            }
            let rows = try await installation.sql("SELECT $1, $1", value)
            #expect(rows.count == 1)
            #expect(rows.first?[0] == value)
            #expect(rows.first?[1] == value)
        }
    }

    /// Swift holds both spellings of é for equal; the bytes must still be kept apart.
    @Test(arguments: Backend.allCases)
    func textIsNotNormalised(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let row = try await installation.sql("SELECT $1, $2", .text("e\u{301}"), .text("é"))
                .first
            #expect(try #require(row).text(0).unicodeScalars.count == 2)
            #expect(try #require(row).text(1).unicodeScalars.count == 1)
        }
    }

    @Test func rowsDecodeEachKind() throws {
        let id = OptOutID(high: 1, low: 2)
        let row = Row([
            .id(id), .time(Timestamp(microseconds: -5)), .text("granted"), .blob([7]), .integer(9),
        ])
        #expect(try row.id(0) == id)
        #expect(try row.time(1).microseconds == -5)
        #expect(try row.word(2, as: ConsentRecord.Decision.self) == .granted)
        #expect(try row.blob(3) == [7])
        #expect(try row.integer(4) == 9)
        #expect(!row.isNull(4))
    }

    @Test func optionalColumnsMayBeNull() throws {
        let row = Row([.null, .time(nil as Timestamp?), .text(nil), .blob(nil)])
        #expect(try row.optionalID(0, of: OptOut.self) == nil)
        #expect(try row.optionalTime(1) == nil)
        #expect(try row.optionalText(2) == nil)
        #expect(try row.optionalBlob(3) == nil)
    }

    /// What a newer or a meddled-with database holds is `corrupt`, never a trap.
    @Test func aColumnOfAnotherKindIsCorrupt() {
        let row = Row([.text("new-word"), .null, .blob([1, 2, 3])])
        let attempts: [@Sendable () throws -> Void] = [
            { _ = try row.integer(0) }, { _ = try row.blob(0) }, { _ = try row.time(0) },
            { _ = try row.word(0, as: ConsentRecord.Decision.self) }, { _ = try row.text(1) },
            { _ = try row.id(1, of: OptOut.self) }, { _ = try row.id(2, of: OptOut.self) },
        ]
        for attempt in attempts {
            let error = #expect(throws: StoreError.self) { try attempt() }
            #expect(error?.code == .corrupt)
        }
    }
}
