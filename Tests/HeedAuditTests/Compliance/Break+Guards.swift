// Ways to take away or replace what guards the tables, and to forge what they guard.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport

extension BreakTests.Break {
    private static let log = "compliance-audit-trail.append-only-log"

    /// A trigger that is dropped on SQLite.
    private static func dropped(_ id: String, _ statement: SQL) -> Self {
        .init(id, "SQLite: \(statement.text)", on: [.sqlite]) { installation, _ in
            try await installation.sql(statement)
        }
    }

    /// A trigger that is switched off on PostgreSQL.
    private static func disabled(_ id: String, _ statement: SQL) -> Self {
        .init(id, "PostgreSQL: \(statement.text)", on: [.postgres]) { installation, _ in
            try await installation.sql(statement)
        }
    }

    static let guards: [Self] = [
        dropped("consent-storage.version-tracking", "DROP TRIGGER policies_no_replace"),
        dropped("consent-storage.immutable-records", "DROP TRIGGER consent_records_no_replace"),
        dropped(log, "DROP TRIGGER ledger_identity_no_replace"),
        dropped(log, "DROP TRIGGER ledger_tiles_no_replace"),
        dropped(log, "DROP TRIGGER checkpoints_no_replace"),
        dropped(log, "DROP TRIGGER checkpoint_cosignatures_no_replace"),
        dropped(log, "DROP TRIGGER verifications_no_update"),
        dropped(log, "DROP TRIGGER lookup_keys_no_delete"),
        dropped("compliance-audit-trail.log-retention", "DROP TRIGGER retention_no_replace"),
        dropped("data-subject-rights.deletion-receipt", "DROP TRIGGER receipts_no_replace"),
        disabled(log, "ALTER TABLE checkpoints DISABLE TRIGGER checkpoints_only_grow"),
        disabled(log, "ALTER TABLE restores DISABLE TRIGGER restores_no_update"),
        .init(
            log,
            "a trigger of decisions before sends",
            sqlite: ["DROP TRIGGER send_decisions_no_replace"],
            postgres: ["ALTER TABLE send_decisions DISABLE TRIGGER send_decisions_no_delete"]
        ),
        .init(
            log,
            "a trigger that is there and lets everything through",
            sqlite: [
                "DROP TRIGGER checkpoints_no_replace",
                "CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints "
                    + "WHEN false BEGIN SELECT RAISE(ABORT, 'checkpoints is insert-only'); END",
            ],
            postgres: [
                "CREATE OR REPLACE FUNCTION heed.refuse_smaller_checkpoint() RETURNS trigger "
                    + "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            ]
        ),
        .init(
            log,
            "a trigger that fires for less than it did",
            sqlite: [
                "DROP TRIGGER verifications_no_update",
                "CREATE TRIGGER verifications_no_update BEFORE UPDATE OF summary "
                    + "ON verifications BEGIN SELECT RAISE(ABORT, 'no'); END",
            ],
            postgres: [
                "DROP TRIGGER restores_no_update ON restores",
                "CREATE TRIGGER restores_no_update BEFORE UPDATE ON restores FOR EACH ROW "
                    + "WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION refuse_change()",
            ]
        ),
        .init(
            log,
            "a trigger of somebody else's on the log",
            sqlite: [
                "CREATE TRIGGER quiet BEFORE INSERT ON audit_events "
                    + "WHEN NEW.kind = 'never' BEGIN SELECT RAISE(IGNORE); END"
            ],
            postgres: [
                "CREATE TRIGGER quiet BEFORE UPDATE ON audit_events "
                    + "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            ]
        ),
        .init(log, "a decision before a send that was edited") { installation, _ in
            try await installation.decideSends(campaign: "spring")
            try await installation.settle()
            try await installation.sequence()
            try await installation.sql(
                installation.backend == .sqlite
                    ? "DROP TRIGGER send_decisions_no_update"
                    : "ALTER TABLE send_decisions DISABLE TRIGGER send_decisions_no_update"
            )
            try await installation.sql("UPDATE send_decisions SET reason = 'x' WHERE place = 0")
            try await installation.sql(
                installation.backend == .sqlite
                    ? "CREATE TRIGGER send_decisions_no_update BEFORE UPDATE ON send_decisions "
                        + "BEGIN SELECT RAISE(ABORT, 'send_decisions is insert-only'); END"
                    : "ALTER TABLE send_decisions ENABLE TRIGGER send_decisions_no_update"
            )
        },
        .init(
            "compliance-audit-trail.optout-events-logged",
            "an answer that no system gave"
        ) { installation, _ in
            let add = AddConnector(try Sample.connector("alpha"))
            _ = try await installation.engine.perform(add, as: Sample.actor)
            try await installation.decide(Sample.address(7))
            try await installation.optOut(Sample.address(7))
            try await installation.drainQueue()
            try await installation.settle()
            try await installation.sequence()
            try await installation.sql("UPDATE opt_out_targets SET answer = 'HTTP 204'")
        },
        .init(
            "opt-out-processing.fail-safe-block",
            "a trigger that takes the block of an opt-out away",
            sqlite: [
                "CREATE TRIGGER quiet AFTER INSERT ON suppressions WHEN NEW.reason = 'opt-out' "
                    + "BEGIN DELETE FROM suppressions WHERE match_key = NEW.match_key "
                    + "AND reason = 'opt-out'; END"
            ],
            postgres: [
                "CREATE FUNCTION public.quiet() RETURNS trigger LANGUAGE plpgsql "
                    + "SECURITY DEFINER AS $$ BEGIN DELETE FROM heed.suppressions "
                    + "WHERE match_key = NEW.match_key AND reason = 'opt-out'; RETURN NULL; "
                    + "END $$",
                "CREATE TRIGGER quiet AFTER INSERT ON suppressions FOR EACH ROW "
                    + "WHEN (NEW.reason = 'opt-out') EXECUTE FUNCTION public.quiet()",
            ]
        ),
        .init(
            "compliance-audit-trail.evidence-export",
            "a person's key that is gone",
            "DELETE FROM contact_keys WHERE contact_id = "
                + "(SELECT contact_id FROM addresses ORDER BY contact_id LIMIT 1)"
        ),
        .init(
            "compliance-audit-trail.evidence-export",
            "the key of somebody without sealed evidence"
        ) { installation, _ in
            let stranger = try Sample.address(77)
            try await installation.decide(stranger)
            try await installation.settle()
            try await installation.sequence()
            try await installation.sql(
                "UPDATE contact_keys SET wrapped = zeroblob(60) "
                    + "WHERE contact_id = (SELECT contact_id FROM addresses "
                    + "ORDER BY contact_id DESC LIMIT 1)"
            )
        },
        .init(
            "data-subject-rights.deletion-cascade",
            "a column about people that nobody listed",
            sqlite: ["ALTER TABLE contacts ADD COLUMN phone TEXT"],
            postgres: ["ALTER TABLE heed.contacts ADD COLUMN phone TEXT"]
        ),
    ]
}
