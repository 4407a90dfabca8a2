// The guard reaches every table by an index, on tables that are big and whatever is known of them.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Plans")
struct PlanTests {
    private func plan(_ database: any Database) async throws -> [String] {
        try await database.read { transaction in
            let keys = transaction.vault.lookupKeys(for: try Address(email: "a.b@gmail.com"))
            let explain: SQL = "EXPLAIN (COSTS OFF) "
            return try transaction.connection.run(
                explain + guardStatement(.postgres),
                [.text("newsletter"), .integer(0), .blob(keys.match), .blob(keys.widened)]
            ).map { try $0.text(0) }
        }
    }

    /// The plans of the two statements for many addresses.
    private func setPlans(_ database: any Database) async throws -> [String] {
        try await database.read { transaction in
            let keys = try (0..<1000).map { number in
                transaction.vault.lookupKeys(for: try Sample.address(number)).match
            }
            let explain: SQL = "EXPLAIN (COSTS OFF) "
            let statements = guardSetStatements(transaction.connection.dialect)
            return try [statements.people, statements.blocks].flatMap { statement in
                try transaction.connection.run(
                    explain + statement,
                    [.keys(keys), .text("newsletter")]
                ).map { try $0.text(0) }
            }
        }
    }

    /// The plans of what lifting a person's block runs on the table of blocks.
    private func liftPlans(_ database: any Database) async throws -> [String] {
        try await database.write { transaction in
            let (recorded, recorder) = transaction.recorded(.writing)
            let person = try transaction.connection.run("SELECT id FROM contacts LIMIT 1", [])
            let block = Suppression(
                reason: .manual,
                scope: nil,
                since: transaction.now,
                source: .commandLine,
                optOut: nil
            )
            let lifted = try Event.suppressionLifted(block, #require(person.first).id(0))
            _ = try recorded.record(Decision((), events: [lifted]), by: Sample.actor)
            return try plans(of: recorder, about: "suppressions", in: transaction)
        }
    }

    /// The plans of the searches that a group of writes makes together.
    private func groupPlans(_ database: any Database) async throws -> [String] {
        try await database.write { transaction in
            let (recorded, recorder) = transaction.recorded(.writing)
            var needs = try (1...9).map {
                Needs(about: [try Sample.address($0)], externalIDs: ["crm-\($0)"])
            }
            needs[0].answerKey = { $0.fingerprint([[1]]) }
            _ = try recorded.foresee(needs, .leave)
            // The two that read all there is are of tables with a few rows.
            return try plans(of: recorder, about: "ANY", in: transaction)
        }
    }

    /// The plans of those recorded statements that hold a word.
    private func plans(
        of recorder: StatementRecorder,
        about word: String,
        in transaction: Transaction
    ) throws -> [String] {
        let explain: SQL = "EXPLAIN (COSTS OFF) "
        return try recorder.statements.filter { $0.sql.text.contains(word) }.flatMap { statement in
            try transaction.connection.run(explain + statement.sql, statement.arguments)
                .map { try $0.text(0) }
        }
    }

    /// The lines of a plan that read a whole table, or a whole index.
    ///
    /// So does a search by what all rows have in common, with the keys as a filter.
    static func scans(in plan: [String]) -> [String] {
        plan.indices.filter { index in
            if plan[index].contains(/Filter:.*(_key|id) = ANY/) { return true }
            let isIndexScan = plan[index].contains(/Index (Only )?Scan/)
            let next = index + 1 < plan.count ? plan[index + 1] : ""
            // A condition on later columns alone reads the whole index.
            let isOfAllPeople =
                plan[index].contains("permissions_pkey")
                && !next.contains("contact_id")
            return isOfAllPeople || plan[index].contains("Seq Scan")
                || isIndexScan && !next.contains("Index Cond:")
        }.map { plan[$0] }
    }

    /// Searches by the keys themselves.
    static func keySearches(in plan: [String]) -> Int {
        plan.count { $0.contains("Index Cond: ((match_key = ANY") }
    }

    @Test func aScanIsNoticed() {
        let bad = [
            "  ->  Seq Scan on scopes s", "Parallel Seq Scan", "Index Scan using a on b", "Limit",
            "Bitmap Index Scan on a",
        ]
        #expect(PlanTests.scans(in: bad) == [bad[0], bad[1], bad[2], bad[4]])
        let filtered = [
            "Index Only Scan using a on b", "  Index Cond: (channel = 'email')",
            "  Filter: (match_key = ANY ($1))",
        ]
        #expect(PlanTests.scans(in: filtered) == [filtered[2]])
        let late = ["Index Scan using permissions_pkey on b", "  Index Cond: (scope = 'x')"]
        #expect(PlanTests.scans(in: late) == [late[0]])
        #expect(PlanTests.scans(in: ["Index Scan using a on b", "  Index Cond: (c = 1)"]) == [])
    }

    private func fill(_ installation: Installation) async throws {
        try await installation.sql(
            "INSERT INTO contacts SELECT decode(md5(n::text), 'hex'), NULL, NULL, NULL, n "
                + "FROM generate_series(1, 100000) n"
        )
        try await installation.sql(
            "INSERT INTO addresses SELECT 'email', decode(md5('a' || created_at), 'hex'), "
                + "decode(md5('w' || created_at), 'hex'), id, '', 0 FROM contacts"
        )
        try await installation.sql(
            "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                + "SELECT id, 'newsletter', 'granted', 'none' FROM contacts"
        )
        try await installation.sql(
            "INSERT INTO suppressions SELECT match_key, '', 'manual', 0, 'x', 0, NULL "
                + "FROM addresses"
        )
    }

    /// What an ANALYZE leaves that saw none of the rows, since what wrote them had not committed.
    private static let countedBeforeCommit =
        "UPDATE pg_class SET relpages = 1000, reltuples = 0 "
        + "WHERE relnamespace = 'heed'::regnamespace"

    /// A page of blocks, wherever it begins, is read from the index on and sorts nothing.
    @Test func aPageOfBlocksReadsNoWholeTable() async throws {
        try await Backend.postgres.withEngine { installation in
            try await fill(installation)
            try await installation.sql("ANALYZE")
            let plan = try await installation.database.read { transaction in
                let explain: SQL = "EXPLAIN (COSTS OFF) "
                let middle = [UInt8](repeating: 0x80, count: 16)
                return try transaction.connection.run(
                    explain + blocksStatement,
                    [.text("crm"), .blob(middle), .text(""), .text(""), .integer(100)]
                ).map { try $0.text(0) }
            }
            #expect(!plan.contains { $0.contains("Seq Scan on suppressions") }, "\(plan)")
            #expect(!plan.contains { $0.contains("Seq Scan on addresses") }, "\(plan)")
            #expect(!plan.contains { $0.contains("Sort Key: x.match_key, x.scope") }, "\(plan)")
        }
    }

    /// What the guard's index reads before each answer, and what it reads page by page.
    @Test func theGuardsIndexReadsByKeys() async throws {
        try await Backend.postgres.withEngine { installation in
            try await fill(installation)
            for knowledge in ["SELECT 1", PlanTests.countedBeforeCommit, "ANALYZE"] {
                try PostgresCluster.shared().run(
                    knowledge,
                    in: Backend.postgresName(in: installation.folder)
                )
                let found = try await installation.reopened().read { transaction in
                    let mark = try transaction.guardNews(since: nil, limit: 1).mark
                    let (recorded, recorder) = transaction.recorded(.reading)
                    let key = KeyWords(high: 1 << 62, low: 0)
                    let keys = (0..<100).map { KeyWords(high: UInt64($0) << 56, low: 0) }
                    let people = keys.map { ContactID(high: $0.high, low: 0) }
                    _ = try recorded.guardNews(since: mark, limit: 5000)
                    _ = try recorded.guardAddresses(of: people)
                    _ = try recorded.guardAddresses(at: keys)
                    _ = try recorded.guardBlocks(at: keys)
                    _ = try recorded.guardBlockKeys(beginning: 1 << 30)
                    _ = try recorded.guardAddresses(after: key, limit: 100)
                    _ = try recorded.guardBlocks(after: nil, limit: 100)
                    return try plans(of: recorder, about: "SELECT", in: transaction)
                }
                #expect(PlanTests.scans(in: found) == [], "\(found)")
                #expect(found.count { $0.contains("Index Cond:") } >= 12, "\(found)")
            }
        }
    }

    @Test func everyStepIsAnIndexSearch() async throws {
        try await Backend.postgres.withEngine { installation in
            // What the server knows of the tables then is that they are empty.
            try PostgresCluster.shared().run(
                "VACUUM ANALYZE",
                in: Backend.postgresName(in: installation.folder)
            )
            try await fill(installation)
            // One of those the group asks about is known: what looks for nobody is not sent.
            try await installation.record([.contactAdded(Sample.contact(1), [Sample.address(1)])])
            for knowledge in ["SELECT 1", PlanTests.countedBeforeCommit, "ANALYZE"] {
                try PostgresCluster.shared().run(
                    knowledge,
                    in: Backend.postgresName(in: installation.folder)
                )
                // Another session, whose plans are new.
                let database = try installation.reopened()
                let plan = try await plan(database)
                #expect(PlanTests.scans(in: plan) == [], "\(plan)")
                #expect(plan.count { $0.contains("Index Cond") } >= 6, "\(plan)")
                let many = try await setPlans(database)
                #expect(PlanTests.scans(in: many) == [], "\(many)")
                #expect(many.count { $0.contains("Index Cond") } >= 5, "\(many)")
                let lift = try await liftPlans(database)
                #expect(PlanTests.keySearches(in: lift) == 2, "\(lift)")
                let group = try await groupPlans(database)
                #expect(PlanTests.scans(in: group) == [], "\(group)")
                #expect(group.count { $0.contains("Index Cond") } == 7, "\(group)")
            }
        }
    }
}
