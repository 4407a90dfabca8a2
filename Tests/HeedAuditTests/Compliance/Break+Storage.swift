// Ways to break how consent is stored and how an opt-out is carried out.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport

extension BreakTests.Break {
    static let storage: [Self] = [
        .init(
            "consent-storage.structured-records",
            "permissions that no record makes",
            "UPDATE permissions SET state = 'denied' WHERE state = 'granted'"
        ),
        .init(
            "consent-storage.granular-preferences",
            "a trigger that says yes for everybody who is new",
            sqlite: [
                "CREATE TRIGGER breaking AFTER INSERT ON contacts BEGIN "
                    + "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                    + "VALUES (NEW.id, 'promotions', 'granted', 'none'); END"
            ],
            postgres: [
                "CREATE FUNCTION breaking() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    + "INSERT INTO heed.permissions (contact_id, scope, state, opt_out_status) "
                    + "VALUES (NEW.id, 'promotions', 'granted', 'none'); RETURN NEW; END $$",
                "CREATE TRIGGER breaking AFTER INSERT ON contacts "
                    + "FOR EACH ROW EXECUTE FUNCTION breaking()",
            ]
        ),
        .init(
            "consent-storage.immutable-records",
            "no trigger against UPDATE",
            sqlite: ["DROP TRIGGER consent_records_no_update"],
            postgres: ["DROP TRIGGER consent_records_no_update ON consent_records"]
        ),
        .init(
            "consent-storage.immutable-records",
            "a record that was edited, and the trigger put back",
            sqlite: [
                "DROP TRIGGER consent_records_no_update",
                "UPDATE consent_records SET locale = 'xx' WHERE decision = 'granted'",
                "CREATE TRIGGER consent_records_no_update BEFORE UPDATE ON consent_records "
                    + "BEGIN SELECT RAISE(ABORT, 'consent_records is insert-only'); END",
            ],
            postgres: [
                "ALTER TABLE consent_records DISABLE TRIGGER consent_records_no_update",
                "UPDATE consent_records SET locale = 'xx' WHERE decision = 'granted'",
                "ALTER TABLE consent_records ENABLE TRIGGER consent_records_no_update",
            ]
        ),
        .init(
            "consent-storage.immutable-records",
            "a right that nobody should have",
            on: [.postgres]
        ) { installation, _ in
            try await installation.sql("GRANT UPDATE ON consent_records TO heed_app")
        },
        .init(
            "consent-storage.indexed-query",
            "no index of addresses by person",
            "DROP INDEX addresses_by_contact"
        ),
        .init(
            "consent-storage.indexed-query",
            "no index of consent records by person",
            "DROP INDEX consent_records_by_contact"
        ),
        .init(
            "consent-storage.indexed-query",
            "an index that has only some of the rows",
            "DROP INDEX requests_by_contact",
            "CREATE INDEX requests_by_contact ON requests (contact_id) WHERE ended_at IS NULL"
        ),
        .init(
            "consent-storage.version-tracking",
            "no trigger against UPDATE of policies",
            sqlite: ["DROP TRIGGER policies_no_update"],
            postgres: ["DROP TRIGGER policies_no_update ON policies"]
        ),
    ]

    static let optOuts: [Self] = [
        .init(
            "opt-out-processing.async-processing",
            "work that somebody took out of the queue"
        ) { installation, _ in
            try await installation.decide(Sample.address(7))
            try await installation.optOut(Sample.address(7))
            try await installation.sequence()
            try await installation.sql("DELETE FROM jobs")
        },
        .init(
            "opt-out-processing.regulatory-window",
            "no worker for two hours"
        ) { installation, _ in
            try await installation.optOut(Sample.address(3))
            try await installation.sequence()
            installation.clock.advance(seconds: 7200)
        },
        .init(
            "opt-out-processing.regulatory-window",
            "a threshold of two days"
        ) { _, terms in terms.rules.oldJobSeconds = 172_800 },
        .init(
            "opt-out-processing.global-unsubscribe",
            "a trigger that drops the block on everything",
            sqlite: [
                "CREATE TRIGGER breaking BEFORE INSERT ON suppressions "
                    + "WHEN NEW.reason = 'opt-out-global' BEGIN SELECT RAISE(IGNORE); END"
            ],
            postgres: [
                "CREATE FUNCTION breaking() RETURNS trigger LANGUAGE plpgsql AS "
                    + "$$ BEGIN RETURN NULL; END $$",
                "CREATE TRIGGER breaking BEFORE INSERT ON suppressions FOR EACH ROW "
                    + "WHEN (NEW.reason = 'opt-out-global') EXECUTE FUNCTION breaking()",
            ]
        ),
        .init(
            "opt-out-processing.fail-safe-block",
            "triggers that wait with the block until other systems were told",
            sqlite: [
                "CREATE TRIGGER breaking BEFORE INSERT ON suppressions "
                    + "WHEN NEW.reason = 'opt-out' BEGIN SELECT RAISE(IGNORE); END",
                "CREATE TRIGGER breaking_too AFTER UPDATE ON permissions "
                    + "WHEN NEW.opt_out_status = 'pending' BEGIN UPDATE permissions "
                    + "SET state = 'granted', opt_out_status = 'none', opt_out_id = NULL "
                    + "WHERE contact_id = NEW.contact_id AND scope = NEW.scope; END",
            ],
            postgres: [
                "CREATE FUNCTION breaking() RETURNS trigger LANGUAGE plpgsql AS "
                    + "$$ BEGIN RETURN NULL; END $$",
                "CREATE TRIGGER breaking BEFORE INSERT ON suppressions FOR EACH ROW "
                    + "WHEN (NEW.reason = 'opt-out') EXECUTE FUNCTION breaking()",
                "CREATE FUNCTION breaking_too() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    + "NEW.state := 'granted'; NEW.opt_out_status := 'none'; "
                    + "NEW.opt_out_id := NULL; RETURN NEW; END $$",
                "CREATE TRIGGER breaking_too BEFORE UPDATE ON permissions FOR EACH ROW "
                    + "WHEN (NEW.opt_out_status = 'pending') EXECUTE FUNCTION breaking_too()",
            ]
        ),
        .init(
            "opt-out-processing.fail-safe-block",
            "a server that flushes nothing",
            on: [.postgres]
        ) { _, terms in terms.durability["fsync"] = ["on"] },
        .init(
            "opt-out-processing.backlog-respect",
            "no index of what is to be done next",
            "DROP INDEX jobs_ready"
        ),
        .init(
            "opt-out-processing.backlog-respect",
            "no index of work that somebody has taken",
            "DROP INDEX jobs_leased"
        ),
    ]
}
