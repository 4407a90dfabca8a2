// Whoever owns the database file can change anything, and each change is named with its place.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Verifier: tampering")
struct TamperingTests {
    /// A change, and every code it leads to; the first one's place holds `place`.
    struct Change: Sendable, CustomTestStringConvertible {
        let name: String
        let statements: [SQL]
        let codes: [Finding.Code]
        let place: String

        init(_ name: String, _ codes: [Finding.Code], at place: String, _ statements: SQL...) {
            self.name = name
            self.statements = statements
            self.codes = codes
            self.place = place
        }

        var testDescription: String { name }
    }

    static let log: [Change] = [
        Change(
            "(a) an old event's bytes",
            [.eventChanged],
            at: "event 9 (leaf 8)",
            "UPDATE audit_events SET body = CAST(replace(CAST(body AS TEXT), 'a', 'b') AS BLOB) "
                + "WHERE position = 9"
        ),
        Change(
            "(a) an old event's column",
            [.eventMismatch],
            at: "event 9 (leaf 8)",
            "UPDATE audit_events SET at = at + 1 WHERE position = 9"
        ),
        Change(
            "(a) the kind, in the column only",
            [.eventMismatch],
            at: "event 5 (leaf 4)",
            "UPDATE audit_events SET kind = 'contact.seen' WHERE position = 5"
        ),
        Change(
            "(b) an event in the middle",
            [.eventMissing],
            at: "event 5 (leaf 4)",
            "DELETE FROM audit_events WHERE position = 5"
        ),
        Change(
            "(b) an event in the middle with its leaf",
            [.leafMissing, .eventInserted],
            at: "leaf 4",
            "DELETE FROM ledger_leaves WHERE leaf_index = 4"
        ),
        Change(
            "(c) two positions",
            [.eventMoved],
            at: "event 7 (leaf 6)",
            "UPDATE audit_events SET position = -1 WHERE position = 7",
            "UPDATE audit_events SET position = 7 WHERE position = 8",
            "UPDATE audit_events SET position = 8 WHERE position = -1"
        ),
        Change(
            "(c) two leaves",
            [.leafOrder, .checkpointRoot],
            at: "leaf 9",
            "UPDATE ledger_leaves SET leaf_index = 9999 WHERE leaf_index = 8",
            "UPDATE ledger_leaves SET leaf_index = 8 WHERE leaf_index = 9",
            "UPDATE ledger_leaves SET leaf_index = 9 WHERE leaf_index = 9999"
        ),
        Change(
            "(d) the tail",
            [.eventMissing],
            at: "leaf",
            "DELETE FROM audit_events WHERE position > (SELECT max(position) - 1 FROM "
                + "audit_events)"
        ),
        Change(
            "(d) the tail with its leaves",
            [.logCut],
            at: "leaf",
            "DELETE FROM ledger_leaves WHERE leaf_index = (SELECT max(leaf_index) FROM "
                + "ledger_leaves)"
        ),
        Change(
            "(e) an event at the front",
            [.eventInserted],
            at: "event -4",
            "INSERT INTO audit_events (position, id, at, kind, body) "
                + "VALUES (-4, randomblob(16), 1, 'scope.added', x'7b7d')"
        ),
        Change(
            "(e) an event in the middle",
            [.eventInserted, .eventMoved],
            at: "event 9",
            "UPDATE audit_events SET position = -position WHERE position >= 9",
            "UPDATE audit_events SET position = 1 - position WHERE position < 0",
            "INSERT INTO audit_events (position, id, at, kind, body) "
                + "VALUES (9, randomblob(16), 1, 'scope.added', x'7b7d')"
        ),
        Change(
            "a leaf's hash",
            [.eventChanged, .checkpointRoot],
            at: "event 4 (leaf 3)",
            "UPDATE ledger_leaves SET hash = zeroblob(32) WHERE leaf_index = 3"
        ),
        Change(
            "a checkpoint's root",
            [.checkpointRoot, .checkpointSignature],
            at: "checkpoint 7",
            "UPDATE checkpoints SET root = zeroblob(32) WHERE size = 7"
        ),
        Change(
            "a checkpoint's note",
            [.checkpointSignature],
            at: "checkpoint 7",
            "UPDATE checkpoints SET note = x'00' WHERE size = 7"
        ),
        Change(
            "another checkpoint's note",
            [.checkpointSignature],
            at: "checkpoint 7",
            "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 14) "
                + "WHERE size = 7"
        ),
        Change(
            "the newest checkpoint",
            [.logUnsigned],
            at: "leaf",
            "DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)"
        ),
        Change(
            "the log's name",
            [.logIdentity],
            at: "ledger_identity",
            "UPDATE ledger_identity SET origin = 'other.example/log'"
        ),
        Change(
            "the log's key is gone",
            [.logIdentity],
            at: "ledger_identity",
            "DELETE FROM ledger_identity"
        ),
    ]

    @Test(arguments: log)
    func ofTheLogIsNamed(_ change: Change) async throws {
        try await expect(change)
    }

    private func expect(_ change: Change) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live()
            #expect(try await installation.verify().findings == [])
            try await installation.tamper(change.statements)
            let report = try await installation.verify()
            let wanted = Set(change.codes.map(\.rawValue))
            #expect(wanted.isSubset(of: report.codes), "\(report.findings)")
            let places = report.places(change.codes[0])
            #expect(places.contains { $0.contains(change.place) }, "\(report.findings)")
        }
    }

    static let tables: [Change] = [
        Change(
            "(f) a record's decision",
            [.recordChanged, .permissionChanged],
            at: "record ",
            "UPDATE consent_records SET decision = 'granted' WHERE decision = 'denied'"
        ),
        Change(
            "(f) a record's evidence",
            [.recordChanged],
            at: "record ",
            "UPDATE consent_records SET evidence = x'01' WHERE evidence IS NOT NULL"
        ),
        Change(
            "(f) evidence where there was none",
            [.recordChanged],
            at: "record ",
            "UPDATE consent_records SET evidence = x'01' WHERE evidence IS NULL"
        ),
        Change(
            "a record is gone",
            [.recordMissing, .permissionChanged],
            at: "record ",
            "DELETE FROM consent_records WHERE decision = 'denied'"
        ),
        Change(
            "a record of its own making",
            [.recordUnlogged],
            at: "record ",
            "INSERT INTO consent_records SELECT randomblob(16), contact_id, scope, 'granted', "
                + "basis, 'form', '2026-01', zeroblob(32), locale, given_at + 9, recorded_at + 9, "
                + "NULL, NULL, actor, actor_type, NULL, NULL FROM consent_records "
                + "WHERE decision = 'withdrawn' AND scope <> 'global' LIMIT 1"
        ),
        Change(
            "a permission's state",
            [.permissionChanged],
            at: "newsletter",
            "UPDATE permissions SET state = 'granted', opt_out_status = 'none', opt_out_id = NULL "
                + "WHERE state = 'withdrawn' AND scope = 'newsletter'"
        ),
        Change(
            "a permission is gone",
            [.permissionChanged],
            at: "newsletter",
            "DELETE FROM permissions WHERE scope = 'newsletter'"
        ),
        Change(
            "a permission of its own making",
            [.permissionChanged],
            at: "receipts",
            "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                + "SELECT id, 'receipts', 'granted', 'none' FROM contacts LIMIT 1"
        ),
        Change(
            "a block is gone",
            [.blockMissing],
            at: "block opt-out in newsletter on contact",
            "DELETE FROM suppressions WHERE reason = 'opt-out'"
        ),
        Change(
            "a block's time is set back",
            [.blockMissing, .blockUnlogged],
            at: "block opt-out-global everywhere on contact",
            "UPDATE suppressions SET since = since - 1 WHERE reason = 'opt-out-global'"
        ),
        Change(
            "a block of its own making",
            [.blockUnlogged],
            at: "block complaint everywhere under key 07070707…",
            "INSERT INTO suppressions (match_key, scope, reason, widened, source, since) VALUES "
                + "(x'07070707070707070707070707070707', '', 'complaint', 0, 'api', 5)"
        ),
        Change(
            "an opt-out's deadline",
            [.optOutChanged],
            at: "opt-out ",
            "UPDATE opt_outs SET deadline_at = deadline_at + 1"
        ),
        Change(
            "an opt-out's status",
            [.optOutChanged],
            at: "opt-out ",
            "UPDATE opt_outs SET status = 'pending', processed_at = NULL, processing_ms = NULL"
        ),
        Change(
            "an opt-out is gone",
            [.optOutMissing],
            at: "opt-out ",
            "DELETE FROM opt_outs"
        ),
        Change(
            "an opt-out of its own making",
            [.optOutUnlogged],
            at: "opt-out ",
            "INSERT INTO opt_outs SELECT x'7fffffffffff7fff8000000000000000', contact_id, scope, "
                + "source, regime, requested_at, deadline_at, 'pending', NULL, NULL, NULL "
                + "FROM opt_outs LIMIT 1"
        ),
    ]

    @Test(arguments: tables)
    func ofWhatFollowsFromItIsNamed(_ change: Change) async throws {
        try await expect(change)
    }

    static let columns: [(String, SQL)] = [
        ("scope", "UPDATE consent_records SET scope = 'receipts' WHERE scope = 'promotions'"),
        ("basis", "UPDATE consent_records SET basis = 'contract'"),
        ("source", "UPDATE consent_records SET source = 'paper'"),
        ("policy_sha256", "UPDATE consent_records SET policy_sha256 = zeroblob(32)"),
        ("locale", "UPDATE consent_records SET locale = 'xx'"),
        ("given_at", "UPDATE consent_records SET given_at = given_at - 1"),
        ("recorded_at", "UPDATE consent_records SET recorded_at = recorded_at - 1"),
        ("expires_at", "UPDATE consent_records SET expires_at = 7"),
        ("actor", "UPDATE consent_records SET actor = 'nobody'"),
        ("actor_type", "UPDATE consent_records SET actor_type = 'system'"),
        ("import_id", "UPDATE consent_records SET import_id = zeroblob(16)"),
        ("opt_out_id", "UPDATE consent_records SET opt_out_id = zeroblob(16)"),
    ]

    /// (f) Every column of a record is held against its event.
    @Test(arguments: columns)
    func everyColumnOfARecordCounts(_ column: String, _ statement: SQL) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live(people: 3)
            try await installation.tamper()
            if column == "policy_sha256" {
                try await installation.sql(
                    "UPDATE consent_records SET policy_sha256 = zeroblob(32) "
                        + "WHERE policy_version IS NOT NULL"
                )
            } else {
                try await installation.sql(statement)
            }
            let report = try await installation.verify()
            let found = report.findings.filter { $0.code == .recordChanged }
            #expect(!found.isEmpty && found.allSatisfy { $0.sentence.contains(column) })
        }
    }

    /// Of one kind the first twenty are kept, all are counted, and no other kind is crowded out.
    @Test func aFloodHidesNothing() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live()
            try await installation.tamper(
                "UPDATE audit_events SET at = at + 1",
                "DELETE FROM suppressions"
            )
            let report = try await installation.verify()
            #expect(report.places(.eventMismatch).count == 20)
            #expect(report.count > report.findings.count)
            #expect(report.codes.contains("block.missing"))
        }
    }

    /// No finding says anything about a person.
    @Test func findingsHoldNothingPersonal() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live()
            try await installation.tamper(
                "UPDATE audit_events SET at = at + 1",
                "UPDATE consent_records SET locale = 'xx'",
                "DELETE FROM permissions",
                "DELETE FROM suppressions",
                "UPDATE opt_outs SET source = 'x'"
            )
            for finding in try await installation.verify().findings {
                let text = finding.description
                #expect(!text.contains("@") && !text.contains("203.0.113"), "\(text)")
                #expect(!text.contains("Searchable"), "\(text)")
            }
        }
    }
}
