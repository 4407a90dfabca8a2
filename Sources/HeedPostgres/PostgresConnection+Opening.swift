// What is done and checked once when a database is opened: schema, role, positions, keys.

import HeedConsent
import HeedJournal
import HeedStore

extension PostgresConnection {
    /// Brings the schema up to date, one node at a time.
    func migrate(at now: Timestamp) throws(StoreError) -> [String] {
        try inTransaction { () throws(StoreError) in
            // Any number that no other program is likely to lock: `heed` in ASCII.
            _ = try run("SELECT pg_advisory_xact_lock(1751475556)", [])
            return try Migrator(dialect.migrations).migrate(self, at: now)
        }
    }

    /// Refuses a database that has no tables of ours, or older or newer ones.
    func checkSchema() throws(StoreError) {
        guard try flag("SELECT to_regclass('heed.schema_migrations') IS NOT NULL") else {
            throw StoreError(
                .unavailable,
                "this PostgreSQL database has no tables of Heed's, or this role may not see them; "
                    + "run `heed migrate` as the role that owns it"
            )
        }
        let missing = try Migrator(dialect.migrations).missing(self)
        guard missing.isEmpty else {
            throw StoreError(
                .unavailable,
                "the database lacks schema step \(missing.joined(separator: ", ")); run "
                    + "`heed migrate` as the role that owns it"
            )
        }
    }

    /// Refuses a role that could change what may only be added.
    func checkRole() throws(StoreError) {
        let hasTooMuch = try flag(
            "SELECT (SELECT bool_or(rolsuper) FROM pg_roles "
                + "WHERE rolname IN (current_user, session_user)) "
                + "OR EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n "
                + "ON n.oid = c.relnamespace WHERE n.nspname = 'heed' "
                + "AND (pg_has_role(session_user, c.relowner, 'MEMBER') "
                + "OR pg_has_role(session_user, n.nspowner, 'MEMBER'))) "
                + "OR has_table_privilege('heed.consent_records', 'UPDATE, DELETE, TRUNCATE') "
                + "OR has_table_privilege('heed.audit_events', 'UPDATE, DELETE, TRUNCATE')"
        )
        guard hasTooMuch else { return }
        throw StoreError(
            .refused,
            "this role is a superuser or owns Heed's tables, so the database could not hold it "
                + "to adding records; connect as a member of heed_app, or allow it with "
                + "--allow-owner"
        )
    }

    /// Refuses a database whose transaction numbers lie behind its log, as after a restore from a
    /// dump: new events would get places before old ones (decision 12).
    func checkPositions() throws(StoreError) {
        let isBehind = try flag(
            "SELECT coalesce((SELECT max(position) FROM audit_events), 0) "
                + ">= (pg_snapshot_xmax(pg_current_snapshot())::text::bigint << 16)"
        )
        guard isBehind else { return }
        throw StoreError(
            .corrupt,
            "the server's transaction numbers are behind the audit log, as after a restore from "
                + "a dump; docs/operations/postgres.md says what to do"
        )
    }

    /// True when no key was made yet, so that a new master key locks nobody out.
    func hasNoKeys() throws(StoreError) -> Bool {
        try flag("SELECT NOT EXISTS (SELECT 1 FROM vault_keys)")
    }

    /// Opens the installation's keys, or makes them; a node that makes them at the same time wins.
    func unlock(
        with master: MasterKey,
        in surroundings: Surroundings
    ) throws(StoreError) -> Vault {
        do throws(StoreError) {
            return try unlockOnce(with: master, in: surroundings)
        } catch {
            guard failure?.isCollision == true else { throw error }
            return try unlockOnce(with: master, in: surroundings)
        }
    }

    private func unlockOnce(
        with master: MasterKey,
        in surroundings: Surroundings
    ) throws(StoreError) -> Vault {
        try inTransaction { () throws(StoreError) in
            try Vault.unlock(self, with: master, in: surroundings)
        }
    }

    /// Opens the journal that is kept beside the server.
    func journal(
        _ options: JournalOptions,
        _ vault: Vault,
        _ surroundings: Surroundings
    ) throws(StoreError) -> Journal {
        try inTransaction { () throws(StoreError) in
            try Journal.open(options, on: self, vault: vault, in: surroundings)
        }
    }

    private func inTransaction<Answer>(
        _ body: () throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        try begin(.writing)
        do throws(StoreError) {
            let answer = try body()
            try commit()
            return answer
        } catch {
            rollback()
            throw error
        }
    }

    private func flag(_ sql: SQL) throws(StoreError) -> Bool {
        try run(sql, []).first?.integer(0) == 1
    }
}
