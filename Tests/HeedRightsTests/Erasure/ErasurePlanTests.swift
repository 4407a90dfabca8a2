// An erasure reaches everything about a person by an index, however many others there are.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Plans of an erasure")
struct ErasurePlanTests {
    /// Tables that grow with the people.
    private static let big = [
        "contacts", "addresses", "contact_keys", "consent_records", "permissions",
        "suppressions", "opt_outs", "opt_out_targets", "audit_events", "events",
    ]

    /// Steps of a plan that read all of a big table.
    static func scans(in plan: [String]) -> [String] {
        plan.indices.filter { index in
            let words = plan[index].split(separator: " ").map(String.init)
            let isAboutBig = words.contains { big.contains($0) }
            // `n` counts through a set of keys, and is no table.
            if plan[index].hasPrefix("SCAN ") {
                return isAboutBig || words[1].count == 1 && words[1] != "n"
            }
            if plan[index].contains("Seq Scan on") { return isAboutBig }
            let next = index + 1 < plan.count ? plan[index + 1] : ""
            let isIndexScan = plan[index].contains(/Index (Only )?Scan/)
            let isOfOther = !isAboutBig && words.contains("on") && !words.contains("Bitmap")
            return isIndexScan && !isOfOther && !next.contains("Index Cond:")
        }.map { plan[$0] }
    }

    @Test func aScanIsNoticed() {
        let bad = [
            "SCAN events", "SCAN e", "Seq Scan on events", "  ->  Seq Scan on opt_outs o",
            "Index Scan using a on events", "Bitmap Index Scan on a",
        ]
        #expect(ErasurePlanTests.scans(in: bad) == bad)
        let good = [
            "SEARCH events USING INDEX events_by_contact (contact_id=?)", "SCAN requests",
            "Seq Scan on legal_holds", "Index Only Scan using a on legal_holds",
            "Index Scan using a on events", "  Index Cond: (c = 1)",
        ]
        #expect(ErasurePlanTests.scans(in: good) == [])
    }

    /// Others with a row in every big table, their keys numbers in disguise.
    private func fill(_ installation: Installation) async throws {
        let isFile = installation.backend == .sqlite
        let numbers: SQL =
            isFile
            ? "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000) "
                + "SELECT CAST(printf('%016d', n) AS BLOB), NULL, NULL, NULL, n FROM n"
            : "SELECT convert_to(lpad(n::text, 16, '0'), 'UTF8'), NULL, NULL, NULL, n "
                + "FROM generate_series(1, 20000) n"
        let others: SQL = " FROM contacts WHERE created_at <= 20000"
        for step: SQL in [
            "INSERT INTO contacts " + numbers,
            "INSERT INTO addresses SELECT 'email', id, id, id, id, 0" + others,
            "INSERT INTO contact_keys SELECT id, id" + others,
            "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                + "SELECT id, 'newsletter', 'granted', 'none'" + others,
            "INSERT INTO opt_outs SELECT id, id, 'global', 'x', 'y', created_at, 0, 'pending', "
                + "NULL, NULL, NULL" + others,
            "INSERT INTO consent_records (id, contact_id, scope, decision, basis, source, "
                + "given_at, recorded_at, actor, actor_type) SELECT id, id, 'global', "
                + "'withdrawn', 'consent', 'x', 0, 0, 'y', 'z'" + others,
            "INSERT INTO suppressions SELECT id, '', 'manual', 0, 'x', 0, NULL" + others,
            "INSERT INTO events SELECT id, 'opened', created_at, 0, 'spring', 'newsletter', 1, "
                + "id, id, id" + others,
        ] { try await installation.sql(step) }
        try await installation.sql("ANALYZE")
    }

    /// Runs a command and answers with the plans of all it ran but inserts.
    private func plans(
        _ command: some Command,
        _ installation: Installation,
        in database: any Database
    ) async throws -> [(statement: String, plan: [String])] {
        let isFile = installation.backend == .sqlite
        return try await database.write { transaction in
            let (recorded, recorder) = transaction.recorded(.writing)
            _ = try recorded.record(try command.decide(in: recorded), by: Sample.actor)
            let explain: SQL = isFile ? "EXPLAIN QUERY PLAN " : "EXPLAIN (COSTS OFF) "
            return try recorder.statements.filter { !$0.sql.text.hasPrefix("INSERT") }
                .map { statement in
                    let plan = try transaction.connection.run(
                        explain + statement.sql,
                        statement.arguments
                    )
                    return (statement.sql.text, try plan.map { try $0.text(isFile ? 3 : 0) })
                }
        }
    }

    @Test(arguments: Backend.allCases)
    func everyLookupIsBySearch(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            _ = try await installation.addErinInFull()
            try await fill(installation)
            _ = try await installation.requestErasure()
            // A session of its own reads the statistics when it opens.
            let database = try installation.reopened()
            var seen = 0
            while true {
                let jobs = try await installation.claimSteps()
                if jobs.isEmpty { break }
                for job in jobs {
                    guard case .rights(let work) = job.kind else { continue }
                    let found: [(statement: String, plan: [String])]
                    switch work {
                    case .start(let id):
                        found = try await plans(
                            StartErasure(id, job: job.id),
                            installation,
                            in: database
                        )
                    case .finish(let id):
                        found = try await plans(
                            FinishErasure(id, job: job.id),
                            installation,
                            in: database
                        )
                    case .tell, .clean:
                        try await installation.finish(job)
                        continue
                    }
                    seen += found.count
                    for (statement, plan) in found {
                        let scans = ErasurePlanTests.scans(in: plan)
                        #expect(scans == [], "\(statement): \(plan)")
                    }
                }
            }
            #expect(seen > 20)
        }
    }
}
