// One call that checks a thousand recipients, against `= ANY` lookups by hand through libpq.

import HeedConsent
import HeedEngine
import HeedStore

/// Measures recipients a second in calls of 1,000 raw addresses, over 220,000 people.
///
/// Both references are given the keyed hashes and read every column of what they get; neither
/// normalises, hashes, decides nor puts answers in order. The first reads all that the guard reads,
/// in two statements that travel together. The second reads one column of one table.
struct PostgresCheckBench {
    private static let people = 20_000
    private static let strangers = 200_000
    private static let batch = 1000
    private static let calls = 30

    let server: Server

    func run() async throws -> [Comparison] {
        progress("preparing checks")
        let workbench = try await PostgresWorkbench(server, name: "checks")
        try await workbench.bench.addPeople(PostgresCheckBench.people)
        try workbench.addStrangers(PostgresCheckBench.strangers)
        let batches = try PostgresCheckBench.batches()
        let engine = workbench.bench.engine
        try await engine.maintainIndex()
        let scope = try ScopeName(Workbench.newsletter)
        func check() async throws -> Double {
            try await rate(PostgresCheckBench.calls * PostgresCheckBench.batch) {
                for number in 0..<PostgresCheckBench.calls {
                    let question = try MaySendMany(
                        recipients: batches[number % batches.count],
                        scope: scope
                    )
                    let answer = try await engine.ask(question)
                    precondition(answer.verdicts.allSatisfy { $0.reason == .allowed })
                }
            }
        }
        _ = try await check()
        precondition(engine.index.figures.answered == PostgresCheckBench.calls)
        let byHand = try ByHand(workbench, batches: batches.count)
        func lookUp(_ statements: [String]) async throws -> Double {
            try await rate(PostgresCheckBench.calls * PostgresCheckBench.batch) {
                for number in 0..<PostgresCheckBench.calls {
                    let rows = try byHand.session.lookUp(
                        statements,
                        byHand.keys[number % byHand.keys.count]
                    )
                    precondition(rows == PostgresCheckBench.batch)
                }
            }
        }
        return [
            try await .interleaved(
                Goal(
                    name: "check of 1,000 recipients in one call, PostgreSQL, raw addresses",
                    reference: "the same lookup by hand with `= ANY`, given the hashes",
                    ratio: 0.7
                ),
                check,
                { try await lookUp(["people", "blocks"]) }
            ),
            try await .interleaved(
                Goal(
                    name: "the same check",
                    reference: "`= ANY` on one column of one table, given the hashes",
                    ratio: 0.7
                ),
                check,
                { try await lookUp(["bare"]) }
            ),
        ]
    }

    /// Raw addresses of people, a thousand each, none twice.
    private static func batches() throws -> [[String]] {
        try (0..<people / batch).map { number in
            try (0..<batch).map { item in
                try Workbench.address((number * batch + item) &* 7919 % people).delivery
            }
        }
    }

    /// What the references hold.
    private struct ByHand {
        let session: Session
        let keys: [ByteArray]

        init(_ workbench: PostgresWorkbench, batches: Int) throws {
            // Not as the node: a reference has no rights to respect.
            session = try Session(workbench.server.connection(workbench.name, "postgres"))
            let all = try session.column(
                "SELECT match_key FROM heed.addresses WHERE created_at > 0 "
                    + "ORDER BY md5(match_key)"
            )
            keys = (0..<batches).map { number in
                ByteArray(all[number * batch..<(number + 1) * batch])
            }
            try session.script(
                """
                SET search_path = heed;
                SET jit = off;
                CREATE TABLE public.bare (key bytea PRIMARY KEY);
                INSERT INTO public.bare SELECT match_key FROM addresses;
                """
            )
            try session.script("VACUUM ANALYZE public.bare")
            // Nested loops along the primary keys are the fastest plan for a thousand keys.
            try session.script("SET enable_hashjoin = off; SET enable_mergejoin = off")
            try session.prepare("bare", "SELECT key FROM public.bare WHERE key = ANY ($1)")
            try session.prepare(
                "people",
                """
                SELECT a.match_key, a.contact_id, p.state, p.opt_out_status, p.opt_out_id,
                    p.record_id, p.decided_at, p.expires_at, p.policy_effective_at
                FROM addresses a
                LEFT JOIN permissions p
                    ON p.contact_id = a.contact_id AND p.scope = 'newsletter'
                WHERE a.channel = 'email' AND a.match_key = ANY ($1)
                """
            )
            try session.prepare(
                "blocks",
                """
                SELECT match_key, widened, reason, scope, since, source, opt_out_id
                FROM suppressions WHERE match_key = ANY ($1) AND scope IN ('', 'newsletter')
                """
            )
            session.enterPipeline()
        }
    }
}
