// The database as somebody with SQLite's own tool sees it.

extension Workplace {
    /// Runs a statement with the tool `sqlite3`, which is not part of Heed.
    func sqlite(
        _ statement: String,
        in database: String = "heed-data/heed.sqlite"
    ) async throws -> Ending {
        let tool = ["sqlite3", "-batch", "-bail", "-cmd", ".timeout 20000", database, statement]
        let ending = try await run("/usr/bin/env", tool)
        guard ending.exitCode != 127 else { throw Failure("the program sqlite3 is missing") }
        return ending
    }

    /// The rows a question gives; columns are joined by `|`.
    func rows(_ question: String) async throws -> [String] {
        let ending = try await sqlite(question)
        guard ending.exitCode == 0 else { throw Failure("sqlite3: \(ending.errors)") }
        return ending.output.split(separator: "\n").map(String.init)
    }

    /// How many rows every table has that holds what people said.
    func rowCounts() async throws -> [String] {
        let tables = [
            "consent_records", "permissions", "suppressions", "opt_outs", "contacts", "addresses",
            "jobs",
        ]
        let counts = tables.map { "SELECT '\($0)', count(*) FROM \($0)" }
        return try await rows(counts.joined(separator: " UNION ALL "))
    }

    /// How many rows every table has.
    func allRowCounts() async throws -> [String] {
        let tables = try await rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        let counts = tables.map { "SELECT '\($0)', count(*) FROM \($0)" }
        return try await rows(counts.joined(separator: " UNION ALL "))
    }
}
