// One guard check in process against the same lookup done by hand with a prepared statement.

import Foundation
import GRDBSQLite
import HeedConsent
import HeedEngine
import HeedStore

/// Measures checks of raw addresses, one after the other and in calls of 1,000, over 50,000 people.
///
/// The reference joins the same tables through a SQLite handle of its own and is given the keyed
/// hashes, so it neither normalises nor hashes nor decides: that is Heed's own work in the ratio.
struct CheckBench {
    private static let people = 50_000
    private static let checks = 20_000
    private static let batch = 1000

    let folder: URL

    func run() async throws -> [Comparison] {
        let bench = try await Workbench(folder: folder, name: "check.sqlite")
        try await bench.addPeople(CheckBench.people)
        let scope = try ScopeName(Workbench.newsletter)
        let byHand = try Lookup(path: folder.appending(path: "check.sqlite").path)
        let keys = try byHand.keys()
        let lookUp = {
            await rate(CheckBench.checks) {
                for number in 0..<CheckBench.checks {
                    precondition(byHand.isGranted(keys[number &* 7919 % keys.count]))
                }
            }
        }
        let single = try await Comparison.interleaved(
            Goal(
                name: "one check in process, raw address and scope",
                reference: "the same lookup by hand, given the hash",
                ratio: 0.5
            ),
            {
                try await rate(CheckBench.checks) {
                    for number in 0..<CheckBench.checks {
                        let index = number &* 7919 % CheckBench.people
                        let subject = Subject.address(try Workbench.address(index))
                        let answer = try await bench.engine.ask(
                            MaySend(subject: subject, scope: scope)
                        )
                        precondition(answer.decision.allowed)
                    }
                }
            },
            lookUp
        )
        let batches = try (0..<CheckBench.checks / CheckBench.batch).map { number in
            try (0..<CheckBench.batch).map { item in
                let place = number * CheckBench.batch + item
                return try Workbench.address(place &* 7919 % CheckBench.people).delivery
            }
        }
        try await bench.engine.maintainIndex()
        let many = try await Comparison.interleaved(
            Goal(
                name: "check of 1,000 recipients in one call, in process, raw addresses",
                reference: "the same lookup by hand, given the hash",
                ratio: 1
            ),
            {
                try await rate(CheckBench.checks) {
                    for batch in batches {
                        let question = try MaySendMany(recipients: batch, scope: scope)
                        let answer = try await bench.engine.ask(question)
                        precondition(answer.verdicts.allSatisfy { $0.reason == .allowed })
                    }
                }
            },
            lookUp
        )
        precondition(bench.engine.index.figures.passed == 0)
        return [single, many]
    }
}

/// A lookup by hand.
private final class Lookup {
    private var connection: OpaquePointer?
    private var statement: OpaquePointer?

    init(path: String) throws {
        guard sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else {
            throw StoreError(.unavailable, "the reference cannot open the database")
        }
        let sql = """
            SELECT s.kind,
                (SELECT max(r.effective_at) FROM policy_reconsents r
                    WHERE r.scope = s.name AND r.effective_at <= 4000000000000000),
                a.contact_id, p.state, p.opt_out_status, p.opt_out_id, p.record_id, p.decided_at,
                p.expires_at, p.policy_effective_at, x.reason, x.scope, x.since, x.source,
                x.opt_out_id, o.status,
                (SELECT position FROM audit_events ORDER BY position DESC LIMIT 1)
            FROM scopes s
            LEFT JOIN addresses a ON a.channel = s.channel AND a.match_key = ?1
            LEFT JOIN permissions p ON p.contact_id = a.contact_id AND p.scope = s.name
            LEFT JOIN suppressions x ON x.match_key = ?1 AND x.scope IN ('', s.name)
            LEFT JOIN opt_outs o ON o.id = x.opt_out_id
            WHERE s.name = 'newsletter'
            """
        // The same page cache as Heed gives its own sessions.
        sqlite3_exec(connection, "PRAGMA cache_size = -16384", nil, nil, nil)
        guard sqlite3_prepare_v3(connection, sql, -1, 1, &statement, nil) == SQLITE_OK else {
            throw StoreError(.statement, String(cString: sqlite3_errmsg(connection)))
        }
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close(connection)
    }

    /// The keyed hashes of all people.
    func keys() throws -> [[UInt8]] {
        var select: OpaquePointer?
        sqlite3_prepare_v2(connection, "SELECT match_key FROM addresses", -1, &select, nil)
        defer { sqlite3_finalize(select) }
        var keys: [[UInt8]] = []
        while sqlite3_step(select) == SQLITE_ROW {
            let bytes = UnsafeRawBufferPointer(
                start: sqlite3_column_blob(select, 0),
                count: Int(sqlite3_column_bytes(select, 0))
            )
            keys.append(Array(bytes))
        }
        return keys
    }

    /// Reads every column the guard reads and compares the state.
    func isGranted(_ key: [UInt8]) -> Bool {
        key.withUnsafeBytes { _ = sqlite3_bind_blob(statement, 1, $0.baseAddress, 16, nil) }
        defer { sqlite3_reset(statement) }
        var granted = false
        while sqlite3_step(statement) == SQLITE_ROW {
            for column in 0..<sqlite3_column_count(statement) {
                _ = sqlite3_column_type(statement, column)
            }
            granted = sqlite3_column_text(statement, 3).map { $0[0] == 0x67 } ?? false
        }
        return granted
    }
}
