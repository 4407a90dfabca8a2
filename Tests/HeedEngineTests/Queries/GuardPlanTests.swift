// One million people: every statement a check runs is answered from indexes.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Plans of the guard", .timeLimit(.minutes(10)))
struct GuardPlanTests {
    /// Tables there are clustered by their primary keys, which are therefore covering, too.
    static func others(ofSQLite lines: [String]) -> [String] {
        lines.filter { line in
            line.wholeMatch(of: /SEARCH \w+ USING (PRIMARY KEY|COVERING INDEX \w+) .*/) == nil
                // The greatest key is found at the end of the tree.
                && line != "SEARCH audit_events"
                && line.wholeMatch(of: /(CORRELATED )?(SCALAR|LIST) SUBQUERY \d+/) == nil
                // A set of keys is one parameter, cut up by a recursion named `n`.
                && !["CO-ROUTINE n", "SETUP", "RECURSIVE STEP", "SCAN n", "SCAN CONSTANT ROW"]
                    .contains(line)
        }
    }

    static func others(ofPostgres lines: [String]) -> [String] {
        lines.indices.filter { index in
            let line = lines[index]
            guard line.contains(/Scan|Sort|Hash|Materialize/) else { return false }
            // It hands on the rows of the step below.
            if line.contains("Subquery Scan") { return false }
            let next = index + 1 < lines.count ? lines[index + 1] : ""
            return !line.contains("Index Only Scan") || !next.contains("Index Cond:")
        }.map { lines[$0] }
    }

    private func others(_ backend: Backend, _ plan: [String]) -> [String] {
        switch backend {
        case .sqlite: GuardPlanTests.others(ofSQLite: plan)
        case .postgres: GuardPlanTests.others(ofPostgres: plan)
        }
    }

    @Test func whatIsNotFromAnIndexIsNoticed() {
        let sqlite = [
            "SCAN s", "SCAN x USING COVERING INDEX i", "SEARCH x", "SEARCH x USING INDEX i (a=?)",
            "SEARCH a USING AUTOMATIC COVERING INDEX (channel=?)", "USE TEMP B-TREE FOR ORDER BY",
        ]
        #expect(GuardPlanTests.others(ofSQLite: sqlite) == sqlite)
        let good = ["Nested Loop", "->  Index Only Scan using a on b", "      Index Cond: (c = 1)"]
        #expect(GuardPlanTests.others(ofPostgres: good) == [])
        let bad = [
            "Seq Scan on scopes", "Index Scan using a on b", "Index Only Scan using a on b",
            "Bitmap Heap Scan on x", "Sort", "Hash Join",
        ]
        #expect(GuardPlanTests.others(ofPostgres: bad) == bad)
    }

    /// Steps that search an index by key.
    private func searches(_ plan: [String]) -> Int {
        plan.count { $0.hasPrefix("SEARCH") || $0.contains("Index Cond:") }
    }

    /// The plans of what these questions run.
    private func plans(
        _ backend: Backend,
        _ database: any Database,
        of questions: [any Query]
    ) async throws -> [[String]] {
        let explain: SQL = backend == .sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN (COSTS OFF) "
        return try await database.read { transaction in
            let (recorded, recorder) = transaction.recorded(.reading)
            for question in questions { _ = try question.answer(in: recorded) }
            return try recorder.statements.map { statement in
                try transaction.connection.run(explain + statement.sql, statement.arguments)
                    .map { try $0.text(backend == .sqlite ? 3 : 0) }
            }
        }
    }

    /// A million people with an address, a permission and a block each.
    ///
    /// Their keys are numbers in disguise, which are quicker to add than hashes.
    private func fill(_ installation: Installation) async throws {
        let isFile = installation.backend == .sqlite
        let numbers: SQL =
            isFile
            ? "WITH RECURSIVE n(n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM n WHERE n < $2) "
                + "SELECT CAST(printf('%016d', n) AS BLOB), NULL, NULL, NULL, n FROM n"
            : "SELECT convert_to(lpad(n::text, 16, '0'), 'UTF8'), NULL, NULL, NULL, n "
                + "FROM generate_series($1, $2) n"
        let new: SQL = " FROM contacts WHERE created_at BETWEEN $1 AND $2"
        let steps: [SQL] = [
            "INSERT INTO contacts " + numbers,
            "INSERT INTO addresses SELECT 'email', id, id, id, id, 0" + new,
            "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                + "SELECT id, 'newsletter', 'granted', 'none'" + new,
            "INSERT INTO suppressions SELECT id, '', 'manual', 0, 'x', 0, NULL" + new,
        ]
        // In parts, as an import: a server that looks at its tables amid one great transaction
        // takes them for empty.
        let part: Int64 = 100_000
        for first in stride(from: Int64(1), to: 1_000_000, by: Int64.Stride(part)) {
            try await installation.prompt.write { transaction in
                if !isFile {
                    // Without looking every reference up.
                    _ = try transaction.connection.run(
                        "SELECT set_config('session_replication_role', 'replica', true)",
                        []
                    )
                }
                for step in steps {
                    _ = try transaction.connection.run(
                        step,
                        [.integer(first), .integer(first + part - 1)]
                    )
                }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func everyStatementIsAnsweredFromIndexes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await fill(installation)
            let known = try await installation.decide(Sample.address(1))
            try await installation.optOut(Sample.address(2), from: .global)
            #expect(try await installation.number("SELECT count(*) FROM addresses") == 1_000_002)
            let addresses = try (1...3).map { try Sample.address($0) }
            let questions: [any Query] =
                [MaySend(subject: .contact(known), scope: Sample.newsletter, withLinks: true)]
                + addresses.map { MaySend(subject: .address($0), scope: Sample.newsletter) }
                + [
                    try MaySendMany(
                        recipients: addresses.map(\.delivery),
                        scope: Sample.newsletter,
                        withLinks: true
                    )
                ]
            // What the database knows of the tables is old, and then it is new.
            for isAnalysed in [false, true] {
                if isAnalysed { try await installation.sql("ANALYZE") }
                // A session of its own reads the statistics when it opens.
                let database = try installation.reopened()
                let plans = try await plans(backend, database, of: questions)
                // One for each single question at least; the set's are counted as the engine does.
                #expect(plans.count { searches($0) >= 3 } >= 4)
                for plan in plans { #expect(others(backend, plan) == [], "\(plan)") }
            }
        }
    }
}
