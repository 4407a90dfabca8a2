// The guard's one lookup: what it finds, and that it never scans a table.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Guard")
struct TransactionGuardTests {
    private func plan(_ installation: Installation) async throws -> [String] {
        let explain: SQL = "EXPLAIN QUERY PLAN "
        let rows = try await installation.sql(explain + guardStatement(.sqlite))
        return try rows.map { try $0.text(3) }
    }

    /// The lines of a plan that are not a search by key or index.
    static func scans(in plan: [String]) -> [String] {
        plan.filter { line in
            let search = /^SEARCH \w+ USING (PRIMARY KEY|INDEX|COVERING INDEX) .*/
            return line.wholeMatch(of: search) == nil
                && line.wholeMatch(of: /CORRELATED SCALAR SUBQUERY \d+/) == nil
        }
    }

    @Test func aScanIsNoticed() {
        let bad = [
            "SCAN s", "SCAN x USING COVERING INDEX i", "SEARCH x", "MULTI-INDEX OR",
            "SEARCH a USING AUTOMATIC COVERING INDEX (channel=?)", "USE TEMP B-TREE FOR ORDER BY",
        ]
        #expect(TransactionGuardTests.scans(in: bad) == bad)
    }

    /// PlanTests shows the same on PostgreSQL.
    @Test(arguments: Backend.embedded)
    func everyStepIsAnIndexSearch(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let empty = try await plan(installation)
            #expect(empty.count >= 6)
            #expect(TransactionGuardTests.scans(in: empty) == [])
            try await fill(installation)
            #expect(try await installation.number("SELECT count(*) FROM addresses") == 20_000)
            #expect(TransactionGuardTests.scans(in: try await plan(installation)) == [])
            try await installation.sql("ANALYZE")
            #expect(TransactionGuardTests.scans(in: try await plan(installation)) == [])
            // And another session, which reads the statistics when it opens.
            let explain: SQL = "EXPLAIN QUERY PLAN "
            let second = try await installation.reopened().read { transaction in
                try transaction.connection.run(explain + guardStatement(.sqlite), [])
                    .map { try $0.text(3) }
            }
            #expect(TransactionGuardTests.scans(in: second) == [])
            let many = try await setPlan(installation)
            #expect(many.filter { $0.hasPrefix("SEARCH") }.count >= 5, "\(many)")
            #expect(TransactionGuardTests.scans(in: many) == [], "\(many)")
        }
    }

    /// The plans of the two statements for many addresses, but for the steps that unfold the set.
    private func setPlan(_ installation: Installation) async throws -> [String] {
        let explain: SQL = "EXPLAIN QUERY PLAN "
        let statements = guardSetStatements(Backend.sqlite.dialect)
        let unfolding = [
            "LIST SUBQUERY", "CO-ROUTINE n", "SETUP", "SCAN CONSTANT ROW", "RECURSIVE STEP",
            "SCAN n", "SCALAR SUBQUERY",
        ]
        var plan: [String] = []
        for statement in [statements.people, statements.blocks] {
            plan += try await installation.sql(explain + statement).map { try $0.text(3) }
        }
        return plan.filter { line in !unfolding.contains { line.hasPrefix($0) } }
    }

    /// Everything the guard can find about anybody, asked for one by one and all at once.
    @Test(arguments: Backend.allCases, [1, 2, 3] as [UInt64])
    func manyAreFoundAsOne(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            let addresses = try await GuardPopulation.make(in: installation, seed: seed)
            for scope in [Sample.newsletter, Sample.receipts] {
                try await installation.database.read { transaction in
                    let keys = addresses.map { transaction.vault.lookupKeys(for: $0) }
                    let many = try #require(try transaction.guardFacts(for: keys, in: scope))
                    #expect(many.count == keys.count)
                    for (one, facts) in zip(keys, many) {
                        #expect(try transaction.guardFacts(for: one, in: scope) == facts)
                    }
                }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func noAddressesHaveNoFacts(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            let (known, unknown) = try await installation.database.read { transaction in
                let nowhere = ScopeName(stored: "nowhere")
                return (
                    try transaction.guardFacts(for: [], in: Sample.newsletter),
                    try transaction.guardFacts(for: [], in: nowhere)
                )
            }
            #expect(known == [])
            #expect(unknown == nil)
        }
    }

    /// Twenty thousand people with an address and a permission; every third one blocked.
    private func fill(_ installation: Installation) async throws {
        try await installation.sql(
            "INSERT INTO contacts SELECT randomblob(16), NULL, NULL, NULL, value FROM "
                + "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n "
                + "WHERE value < 20000) SELECT value FROM n)"
        )
        try await installation.sql(
            "INSERT INTO addresses SELECT 'email', randomblob(16), randomblob(16), id, x'00', 0 "
                + "FROM contacts"
        )
        try await installation.sql(
            "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                + "SELECT id, 'newsletter', 'granted', 'none' FROM contacts"
        )
        try await installation.sql(
            "INSERT INTO suppressions SELECT match_key, '', 'manual', 0, 'x', 0, NULL "
                + "FROM addresses WHERE abs(random()) % 3 = 0"
        )
    }

    private func facts(
        _ installation: Installation,
        _ address: Address,
        _ scope: ScopeName = Sample.newsletter
    ) async throws -> GuardFacts? {
        try await installation.database.read { transaction in
            try transaction.guardFacts(for: transaction.vault.lookupKeys(for: address), in: scope)
        }
    }

    @Test(arguments: Backend.allCases)
    func anUnknownScopeHasNoFacts(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address)
            #expect(try await facts(installation, address, ScopeName(stored: "nowhere")) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func anUnknownAddressHasOnlyTheScope(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let found = try await facts(installation, Sample.address())
            #expect(found == GuardFacts(scope: Sample.scopes[0]))
        }
    }

    @Test(arguments: Backend.allCases)
    func allFactsComeAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Address(email: "a.b@gmail.com")
            let id = try await installation.decide(address)
            let optOut = try await installation.optOut(address)
            let policy = try Sample.policy(
                "2026-02",
                effectiveAt: installation.clock.now,
                reconsent: [Sample.newsletter]
            )
            let legal = Suppression(
                reason: .legal,
                scope: nil,
                since: Timestamp(seconds: 5),
                source: .commandLine,
                optOut: nil
            )
            try await installation.record([
                .policyPublished(policy), .suppressionAdded(legal, .address(address)),
            ])
            let found = try #require(try await facts(installation, address))
            #expect(found.scope == Sample.scopes[0])
            #expect(found.contact == id)
            #expect(found.permission?.optOut == optOut)
            #expect(found.permission?.optOutStatus == .pending)
            #expect(found.reconsentSince == policy.effectiveAt)
            #expect(Set(found.suppressions.map(\.reason)) == [.legal, .optOut])
            #expect(found.suppressionStatus == .pending)
            let elsewhere = try #require(try await facts(installation, address, Sample.receipts))
            #expect(elsewhere.suppressions == [legal, legal])
            #expect(elsewhere.permission == nil)
            #expect(elsewhere.reconsentSince == nil)
        }
    }

    /// A change of the text counts from the moment it takes effect, not before.
    @Test(arguments: Backend.allCases)
    func aFuturePolicyIsNotAFactYet(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let start = installation.clock.now.adding(seconds: 60)
            try await installation.record([
                .policyPublished(
                    try Sample.policy("2026-02", effectiveAt: start, reconsent: [Sample.newsletter])
                )
            ])
            let address = try Sample.address()
            installation.clock.set(to: Timestamp(microseconds: start.microseconds - 1))
            #expect(try await facts(installation, address)?.reconsentSince == nil)
            installation.clock.set(to: start)
            #expect(try await facts(installation, address)?.reconsentSince == start)
        }
    }
}
