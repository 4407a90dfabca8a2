// Somebody with every right on the database file, and what `heed verify` says of their work.

import Foundation
import Testing

@Suite("Tampering with the file")
struct TamperingTests {
    /// Takes every guard of the database away.
    private func disarm(_ place: Workplace) async throws {
        let triggers = try await place.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        let drops = triggers.map { "DROP TRIGGER \"\($0)\"" }.joined(separator: "; ")
        #expect(try await place.sqlite(drops).exitCode == 0)
    }

    /// An installation with a log over two people's grants and one's opt-out; its checkpoint is
    /// kept in `kept.checkpoint`.
    private func withLog(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            for name in ["ada", "grace"] {
                let words = "consent grant \(name)@mail.example --scope newsletter --policy 2026-01"
                let granted = try await place.heed(words.split(separator: " ").map(String.init))
                #expect(granted.exitCode == 0)
            }
            try await place.done("opt-out", "ada@mail.example", "--scope", "newsletter")
            try place.write(try await place.done("log", "checkpoint").output, to: "kept.checkpoint")
            #expect(try await place.done("verify").output.contains("nothing differs"))
            try await test(place)
        }
    }

    /// The six changes of which the log itself tells, by what `heed verify` must call each.
    @Test(
        arguments: [
            (
                "event.changed",
                "UPDATE audit_events SET body = CAST(replace(CAST(body AS TEXT), 'granted', "
                    + "'denied ') AS BLOB) WHERE kind = 'consent.granted'"
            ), ("event.missing", "DELETE FROM audit_events WHERE position = 5"),
            (
                "event.moved",
                "UPDATE audit_events SET position = 9999 WHERE position = 4; "
                    + "UPDATE audit_events SET position = 4 WHERE position = 6; "
                    + "UPDATE audit_events SET position = 6 WHERE position = 9999"
            ),
            (
                "event.missing",
                "DELETE FROM audit_events WHERE position > "
                    + "(SELECT max(position) - 2 FROM audit_events)"
            ),
            (
                "event.inserted",
                "INSERT INTO audit_events (position, id, at, kind, body) "
                    + "SELECT 0, randomblob(16), at, kind, body FROM audit_events LIMIT 1"
            ),
            ("record.changed", "UPDATE consent_records SET source = 'api'"),
        ]
    )
    func isNamed(_ code: String, _ statement: String) async throws {
        try await withLog { place in
            let refused = try await place.sqlite(statement)
            if !statement.hasPrefix("INSERT") { #expect(refused.exitCode != 0) }
            try await disarm(place)
            if !statement.hasPrefix("INSERT") {
                #expect(try await place.sqlite(statement).exitCode == 0)
            }
            let ending = try await place.heed("verify")
            #expect(ending.exitCode == 1 && ending.output.contains(code + " "), "\(ending)")
        }
    }

    /// The whole history of the opt-out taken out, and the rest signed again with the log's key.
    @Test func aShorterHistorySignedAgainIsFoundByTheKeptCheckpoint() async throws {
        try await withLog { place in
            try await disarm(place)
            let forged = """
                DELETE FROM checkpoints; DELETE FROM ledger_tiles; DELETE FROM ledger_leaves;
                DELETE FROM consent_records WHERE opt_out_id IS NOT NULL;
                DELETE FROM suppressions; DELETE FROM jobs;
                DELETE FROM audit_events WHERE contact_id = (SELECT contact_id FROM opt_outs)
                    AND at >= (SELECT requested_at FROM opt_outs);
                UPDATE permissions SET state = 'granted', opt_out_status = 'none',
                    opt_out_id = NULL,
                    record_id = (SELECT id FROM consent_records c
                        WHERE c.contact_id = permissions.contact_id),
                    decided_at = (SELECT given_at FROM consent_records c
                        WHERE c.contact_id = permissions.contact_id),
                    policy_effective_at = (SELECT effective_at FROM policies);
                DELETE FROM opt_outs;
                """
            #expect(try await place.sqlite(forged).exitCode == 0)
            // The journal knows of the opt-out, so it has to go as well.
            let forgotten = try await place.heed(
                "check",
                "ada@mail.example",
                "--scope",
                "newsletter"
            )
            #expect(forgotten.exitCode == 2 && forgotten.errors.contains("older than its journal"))
            try FileManager.default.removeItem(atPath: place.path("heed-data/journal"))
            try await place.done("check", "ada@mail.example", "--scope", "newsletter")
            try await place.done("log", "checkpoint")
            // By itself the forgery is without a flaw; that is why checkpoints are kept elsewhere.
            #expect(try await place.done("verify").output.contains("nothing differs"))
            let held = try await place.heed("verify", "--checkpoint", "kept.checkpoint")
            #expect(held.exitCode == 1 && held.output.contains("outside.beyond"))
        }
    }
}
