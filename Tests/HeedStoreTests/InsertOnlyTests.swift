// The database itself refuses to change what may only be added.

import HeedConsent
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Insert-only tables")
struct InsertOnlyTests {
    /// A statement in the words of one engine.
    struct Attempt: Sendable, CustomTestStringConvertible {
        let backend: Backend
        let statement: SQL
        var testDescription: String { "\(backend): \(statement.text)" }
    }

    static let attempts =
        (both + onSQLite).map { Attempt(backend: .sqlite, statement: $0) }
        + (both + onPostgres).map { Attempt(backend: .postgres, statement: $0) }

    private static let both: [SQL] = [
        "UPDATE consent_records SET decision = 'granted'",
        "UPDATE consent_records SET evidence = NULL",
        "UPDATE consent_records SET id = id",
        "DELETE FROM consent_records",
        "DELETE FROM consent_records WHERE scope = 'newsletter'",
        "INSERT INTO consent_records SELECT * FROM consent_records WHERE true "
            + "ON CONFLICT (id) DO UPDATE SET source = 'x'",
        "UPDATE audit_events SET body = zeroblob(1)",
        "UPDATE audit_events SET position = position + 100",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE position = (SELECT max(position) FROM audit_events)",
        "UPDATE policies SET text_sha256 = zeroblob(32)",
        "UPDATE policies SET effective_at = 0",
        "DELETE FROM policies",
        "UPDATE policy_reconsents SET effective_at = 0",
        "DELETE FROM policy_reconsents",
        "UPDATE ledger_leaves SET hash = zeroblob(32)",
        "DELETE FROM ledger_leaves",
        "UPDATE ledger_tiles SET root = zeroblob(32)",
        "DELETE FROM ledger_tiles",
        "UPDATE checkpoints SET root = zeroblob(32)",
        "DELETE FROM checkpoints",
        "INSERT INTO checkpoints (size, root, signed_at, note) "
            + "VALUES (1, zeroblob(32), 0, zeroblob(0))",
        "UPDATE checkpoint_cosignatures SET line = ''",
        "DELETE FROM checkpoint_cosignatures",
        "UPDATE ledger_identity SET origin = 'x'",
        "DELETE FROM ledger_identity",
        "UPDATE verifications SET findings = 0",
        "DELETE FROM verifications",
        "DELETE FROM retention",
        "UPDATE retention SET audit_before = audit_before - 1",
        // A horizon within 1095 days of the machine's own present.
        "UPDATE retention SET audit_before = (SELECT max(at) FROM audit_events)",
        "UPDATE retention SET consent_before = 9000000000000000000",
    ]

    private static let onSQLite: [SQL] = [
        "UPDATE OR REPLACE consent_records SET source = 'x'",
        "UPDATE OR IGNORE consent_records SET source = 'x'",
        "INSERT OR REPLACE INTO consent_records SELECT * FROM consent_records",
        "REPLACE INTO consent_records SELECT * FROM consent_records LIMIT 1",
        "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
        "INSERT OR REPLACE INTO audit_events (position, id, at, kind, body) "
            + "VALUES (1, randomblob(16), 0, 'x', x'')",
        "INSERT OR REPLACE INTO audit_events (id, at, kind, body) "
            + "SELECT id, 0, 'x', x'' FROM audit_events",
        "INSERT OR REPLACE INTO policies SELECT * FROM policies",
        "INSERT OR REPLACE INTO ledger_leaves SELECT * FROM ledger_leaves",
        "INSERT OR REPLACE INTO ledger_tiles SELECT * FROM ledger_tiles",
        "INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints",
        "INSERT OR REPLACE INTO checkpoint_cosignatures SELECT * FROM checkpoint_cosignatures",
        "INSERT OR REPLACE INTO ledger_identity SELECT * FROM ledger_identity",
        "INSERT OR REPLACE INTO verifications SELECT * FROM verifications",
        "INSERT OR REPLACE INTO retention (id, audit_before, consent_before) VALUES (1, 9, 9)",
    ]

    /// Also where no row matches, which on PostgreSQL is refused, too.
    private static let onPostgres: [SQL] = [
        "TRUNCATE consent_records",
        "TRUNCATE audit_events",
        "TRUNCATE policies CASCADE",
        "TRUNCATE policy_reconsents",
        "TRUNCATE ledger_leaves",
        "TRUNCATE ledger_tiles",
        "TRUNCATE checkpoints CASCADE",
        "TRUNCATE retention",
        "UPDATE consent_records SET source = 'x' WHERE false",
        "MERGE INTO policies p USING policies q ON p.version = q.version "
            + "WHEN MATCHED THEN UPDATE SET url = NULL",
    ]

    /// A log of two checkpoints and a full tile, a cosignature and a result, for the statements
    /// above to work on.
    private func fillLog(_ installation: Installation) async throws {
        let hash = try Hash(bytes: [UInt8](repeating: 1, count: 32))
        try await installation.database.write { transaction throws in
            try transaction.establish(LedgerIdentity(origin: "heed.example/log", verifier: "v"))
            for size in [1, 2] {
                let leaf = StoredLeaf(
                    index: size - 1,
                    position: Int64(size),
                    event: transaction.newID(),
                    hash: hash
                )
                try transaction.insert(leaf)
                try transaction.insert(
                    StoredCheckpoint(size: size, root: hash, signedAt: transaction.now, note: [1])
                )
            }
            try transaction.insertCosignature(ofSize: 1, witness: "w", line: "l")
            try transaction.insert(
                try Tile(level: 0, index: 0),
                root: hash,
                data: [UInt8](repeating: 1, count: 8192)
            )
            _ = try transaction.connection.run(
                "INSERT INTO verifications (finished_at, started_at, log_size, events, findings, "
                    + "summary) VALUES (1, 1, 1, 1, 0, '')",
                []
            )
        }
    }

    @Test(arguments: attempts)
    func isRefusedWithAnError(_ attempt: Attempt) async throws {
        try await attempt.backend.withEngine { installation in
            try await installation.record([
                .policyPublished(try Sample.policy("2026-02", reconsent: [Sample.newsletter]))
            ])
            try await installation.decide(Sample.address())
            try await installation.optOut(Sample.address(), from: .global)
            try await fillLog(installation)
            let effect = try await installation.effect {
                try await installation.sql(attempt.statement)
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    /// The triggers leave the way open for what is new.
    @Test(arguments: Backend.allCases)
    func addingStaysPossible(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            let effect = try await installation.effect {
                try await installation.decide(Sample.address(), .withdrawn)
            }
            #expect(effect.failure == nil)
            #expect(effect.changed == ["audit_events", "consent_records", "permissions"])
        }
    }

    static let broken: [SQL] = [
        "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
            + "VALUES (zeroblob(16), 'newsletter', 'granted', 'none')",
        "UPDATE permissions SET state = 'perhaps'",
        "UPDATE permissions SET opt_out_status = 'pending'",
        "UPDATE opt_outs SET status = 'completed'",
        "UPDATE opt_outs SET processed_at = 1",
        "UPDATE jobs SET state = 'lost'",
        "UPDATE contacts SET id = zeroblob(1)",
        "DELETE FROM contacts",
        "DELETE FROM scopes",
        "INSERT INTO scopes VALUES ('global', 'email', 'campaign', 0)",
        "INSERT INTO scopes VALUES ('x', 'email', 'other', 0)",
        "INSERT INTO scopes VALUES ('x', 'fax', 'campaign', 0)",
        "INSERT INTO scopes VALUES ('x', 'email', 'campaign', 'now')",
        "INSERT INTO api_keys VALUES ('k', 'root', '', zeroblob(32), 0, NULL)",
        "INSERT INTO api_keys VALUES ('k', 'admin', '', zeroblob(31), 0, NULL)",
    ]

    /// The other constraints of the schema hold against a SQL prompt, too.
    @Test(arguments: Backend.allCases, broken)
    func theSchemaRefusesNonsense(_ backend: Backend, _ statement: SQL) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            try await installation.optOut(Sample.address(2))
            let effect = try await installation.effect { try await installation.sql(statement) }
            #expect(effect == .refused("refused-by-database"))
        }
    }
}
