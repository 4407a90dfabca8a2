// One session: statements are reused cleanly, and every failure has a code a caller can act on.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("SQLiteConnection")
struct SQLiteConnectionTests {
    /// A statement that failed half-way leaves nothing behind in the one that is reused.
    @Test func aStatementIsReusableAfterAFailure() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let results = try await installation.database.write { transaction in
                let insert: SQL = "INSERT INTO scopes VALUES ($1, 'email', 'campaign', $2)"
                let connection = transaction.connection
                _ = try connection.run(insert, [.text("one"), .integer(1)])
                #expect(throws: StoreError.self) {
                    try connection.run(insert, [.text("one"), .integer(2)])
                }
                // A parameter that is not given is NULL, never the value of the call before.
                #expect(throws: StoreError.self) { try connection.run(insert, [.text("two")]) }
                _ = try connection.run(insert, [.text("three"), .integer(3)])
                return try connection.run("SELECT name, created_at FROM scopes ORDER BY 2", [])
            }
            #expect(
                results == [
                    Row([.text("one"), .integer(1)]), Row([.text("three"), .integer(3)]),
                ]
            )
        }
    }

    static let failures: [(statement: SQL, code: StoreError.Code)] = [
        ("SELECT * FROM nowhere", .statement),
        ("SELEC 1", .statement),
        ("INSERT INTO scopes VALUES ('global', 'email', 'campaign', 0)", .refused),
        ("INSERT INTO scopes VALUES (NULL, 'email', 'campaign', 0)", .refused),
        ("INSERT INTO contact_keys VALUES (zeroblob(16), x'00')", .refused),
        ("SELECT abs(-9223372036854775808)", .statement),
    ]

    @Test(arguments: failures)
    func failuresHaveCodes(_ row: (statement: SQL, code: StoreError.Code)) async throws {
        try await Backend.sqlite.withDatabase { installation in
            let effect = try await installation.effect { try await installation.sql(row.statement) }
            #expect(effect == .refused(row.code.name))
        }
    }

    @Test func manyRowsComeInOrder() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let rows = try await installation.sql(
                "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 50000) "
                    + "SELECT v, 'row ' || v FROM n"
            )
            #expect(rows.count == 50_000)
            #expect(rows.last == Row([.integer(50_000), .text("row 50000")]))
        }
    }

    @Test func aScriptRunsAllItsStatements() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let rows = try await installation.database.write { transaction in
                try transaction.connection.runScript(
                    "CREATE TABLE t (a TEXT); -- a comment; with a semicolon\n"
                        + "INSERT INTO t VALUES ('x;y'); INSERT INTO t VALUES ('$1');"
                )
                return try transaction.connection.run("SELECT a FROM t ORDER BY a", [])
            }
            #expect(rows == [Row([.text("$1")]), Row([.text("x;y")])])
        }
    }
}
