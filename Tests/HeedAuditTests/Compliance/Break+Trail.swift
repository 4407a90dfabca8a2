// Ways to break what people may ask for, and what can be proved afterwards.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport

extension BreakTests.Break {
    static let rights: [Self] = [
        .init(
            "data-subject-rights.gdpr-deletion-path",
            "a request that nobody answered for two months"
        ) { installation, _ in
            let request = ReceiveRequest(
                .erasure,
                of: .address(try Sample.address(3)),
                source: .api
            )
            _ = try await installation.engine.perform(request, as: Sample.actor)
            try await installation.settle()
            try await installation.sequence()
            installation.clock.advance(seconds: 60 * 86_400)
        },
        .init(
            "data-subject-rights.deletion-cascade",
            "a line that is gone from the inventory"
        ) { _, terms in terms.people.removeAll { $0.name == "events" } },
        .init(
            "data-subject-rights.deletion-cascade",
            "a table about people that nobody listed",
            sqlite: ["CREATE TABLE notes (contact_id BLOB REFERENCES contacts (id), note TEXT)"],
            postgres: [
                "CREATE TABLE heed.notes (contact_id BYTEA REFERENCES heed.contacts (id), "
                    + "note TEXT)"
            ]
        ),
        .init(
            "data-subject-rights.deletion-receipt",
            "no trigger against UPDATE of receipts",
            sqlite: ["DROP TRIGGER receipts_no_update"],
            postgres: ["DROP TRIGGER receipts_no_update ON receipts"]
        ),
        .init(
            "data-subject-rights.ccpa-export",
            "an address that does not open",
            "UPDATE addresses SET sealed = zeroblob(60)"
        ),
        .init(
            "data-subject-rights.analytics-integrity",
            "no trigger against other counts",
            sqlite: ["DROP TRIGGER events_keep"],
            postgres: ["DROP TRIGGER events_keep ON events"]
        ),
    ]

    static let trail: [Self] = [
        .init(
            "compliance-audit-trail.consent-change-logging",
            "a block that no event speaks of",
            "INSERT INTO suppressions (match_key, scope, reason, widened, source, since) "
                + "VALUES (zeroblob(16), '', 'manual', 0, 'x', 0)"
        ),
        .init(
            "compliance-audit-trail.consent-change-logging",
            "a legal hold that nobody lifted and that is gone"
        ) { installation, _ in
            let hold = PlaceHold(.everything, reason: "case 1")
            _ = try await installation.engine.perform(hold, as: Sample.actor)
            try await installation.sequence()
            try await installation.sql("DELETE FROM legal_holds")
        },
        .init(
            "compliance-audit-trail.append-only-log",
            "no trigger against UPDATE of leaves",
            sqlite: ["DROP TRIGGER ledger_leaves_no_update"],
            postgres: ["DROP TRIGGER ledger_leaves_no_update ON ledger_leaves"]
        ),
        .init(
            "compliance-audit-trail.append-only-log",
            "an event that was edited, and the trigger put back",
            sqlite: [
                "DROP TRIGGER audit_events_no_update",
                "UPDATE audit_events SET at = at + 1 WHERE kind = 'scope.added'",
                "CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events "
                    + "BEGIN SELECT RAISE(ABORT, 'audit_events is insert-only'); END",
            ],
            postgres: [
                "ALTER TABLE audit_events DISABLE TRIGGER audit_events_no_update",
                "UPDATE audit_events SET at = at + 1 WHERE kind = 'scope.added'",
                "ALTER TABLE audit_events ENABLE TRIGGER audit_events_no_update",
            ]
        ),
        .init(
            "compliance-audit-trail.append-only-log",
            "no process takes events into the log"
        ) { installation, _ in
            try await installation.decide(Sample.address(8))
            installation.clock.advance(seconds: 600)
        },
        .init(
            "compliance-audit-trail.log-retention",
            "no trigger against a young horizon",
            sqlite: ["DROP TRIGGER retention_only_forward"],
            postgres: ["DROP TRIGGER retention_only_forward ON retention"]
        ),
        .init(
            "compliance-audit-trail.evidence-export",
            "keys that do not open",
            "UPDATE contact_keys SET wrapped = zeroblob(60)"
        ),
        .init(
            "compliance-audit-trail.optout-events-logged",
            "opt-outs that say something else than their events",
            "UPDATE opt_outs SET source = 'elsewhere'"
        ),
    ]
}
