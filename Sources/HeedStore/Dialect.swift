// The few fragments of SQL that must differ between the engines.

/// What one engine calls things.
package struct Dialect: Sendable {
    /// The engine.
    package enum Engine: Sendable {
        /// One file, one writer.
        case sqlite
        /// A server, many writers.
        case postgres
    }

    /// The engine.
    package let engine: Engine
    /// The steps of its schema.
    package let migrations: [Migration]
    /// Makes the table of applied steps when it is missing.
    package let bookkeeping: String
    /// Ends a SELECT whose rows stay as they are until the transaction ends.
    let rowLock: SQL?
    /// Keep every other writer from addresses and blocks until the transaction ends: first those
    /// who have waited for their turn, who hold the number, then all others.
    let lookupLocks: [SQL]
    /// Ends a SELECT for rows that no other transaction is working on.
    let skipLocked: SQL
    /// The position that a snapshot is as fresh as: it has all events up to there.
    let snapshotPosition: SQL
    /// The position of a transaction that writes: whoever has all events up to there has its own.
    let receiptPosition: SQL
    /// A condition on `position`: no event can appear before this one any more.
    let settled: SQL
    /// The present moment as a `GuardMark` and a position, and the person and kind of each event
    /// that is in this snapshot and was not in that of the mark in `$1`, at most twice `$2`.
    let guardNews: SQL
    /// Ends a condition on a column: its value is one of the keys in `$1` (`SQLValue.keys`).
    package let isAmongKeys: SQL
    /// Joins the permissions `p` of the contact of `a`, by their key; more conditions may follow.
    let joinPermissions: SQL
    /// Moves the horizon of consent records forward.
    let moveConsentHorizon: SQL
    /// Moves the horizon of audit events forward.
    let moveAuditHorizon: SQL
    /// Takes a consent record away, if the database lets it go.
    let purgeRecord: SQL
    /// Takes an audit event away, if the database lets it go.
    let purgeEvent: SQL

    /// SQLite's single writer hands positions out in commit order, and needs no locks.
    package static let sqlite = Dialect(
        engine: .sqlite,
        migrations: Migration.sqlite,
        bookkeeping: """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number BIGINT PRIMARY KEY,
                name TEXT NOT NULL,
                checksum BLOB NOT NULL,
                applied_at BIGINT NOT NULL
            )
            """,
        rowLock: nil,
        lookupLocks: [],
        skipLocked: "",
        snapshotPosition: sqlitePosition,
        receiptPosition: sqlitePosition,
        settled: "true",
        guardNews: "SELECT '', m.position, CAST(m.position AS TEXT), m.position, e.contact_id, "
            + "e.kind FROM (" + sqlitePosition + ") m LEFT JOIN (SELECT contact_id, kind "
            + "FROM audit_events WHERE position > CAST($1 AS INTEGER) LIMIT $2) e ON true",
        // Keys of 16 bytes in one blob. There is no array, and no number of parameters to prepare
        // a statement for.
        isAmongKeys: "IN (WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 16 FROM n "
            + "WHERE i + 16 < length($1)) SELECT substr($1, i + 1, 16) FROM n)",
        joinPermissions: "LEFT JOIN permissions p ON p.contact_id = a.contact_id ",
        moveConsentHorizon: "UPDATE retention SET consent_before = $1 WHERE consent_before < $1",
        moveAuditHorizon: "UPDATE retention SET audit_before = $1 WHERE audit_before < $1",
        purgeRecord: "DELETE FROM consent_records WHERE id = $1",
        purgeEvent: "DELETE FROM audit_events WHERE position = $1"
    )

    /// PostgreSQL commits in any order, so a position is the transaction's number and a count
    /// within it (decision 12), and what is below the oldest running one is settled.
    package static let postgres = Dialect(
        engine: .postgres,
        migrations: Migration.postgres,
        bookkeeping: """
            CREATE SCHEMA IF NOT EXISTS heed;
            CREATE TABLE IF NOT EXISTS heed.schema_migrations (
                number BIGINT PRIMARY KEY,
                name TEXT NOT NULL,
                checksum BYTEA NOT NULL,
                applied_at BIGINT NOT NULL
            )
            """,
        rowLock: " FOR NO KEY UPDATE",
        lookupLocks: [
            "SELECT pg_advisory_xact_lock(1751475557)",
            "LOCK TABLE addresses, suppressions IN SHARE ROW EXCLUSIVE MODE",
        ],
        skipLocked: " FOR UPDATE SKIP LOCKED",
        snapshotPosition: "SELECT settled_before() - 1",
        receiptPosition: "SELECT (pg_current_xact_id()::text::bigint << 16) + 65535",
        settled: "position < settled_before()",
        // A position begins with the transaction's number. A snapshot lacks the transactions from
        // its xmax on and those it lists, whatever holds its xmin back.
        guardNews: "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8), "
            + "pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
            + "pg_current_snapshot()::text, settled_before() - 1, e.contact_id, e.kind "
            + "FROM (SELECT 1) m LEFT JOIN ((SELECT contact_id, kind FROM audit_events "
            + "WHERE position >= pg_snapshot_xmax($1::text::pg_snapshot)::text::bigint << 16 "
            + "LIMIT $2) UNION ALL (SELECT a.contact_id, a.kind "
            + "FROM pg_snapshot_xip($1::text::pg_snapshot) x(id) JOIN audit_events a "
            + "ON a.position BETWEEN x.id::text::bigint << 16 "
            + "AND (x.id::text::bigint << 16) + 65535 LIMIT $2)) e ON true",
        isAmongKeys: "= ANY ($1)",
        // A planner that takes the table for empty, since it was counted before the rows came
        // in, would read its index from end to end. Here it has no other way than by the key.
        joinPermissions: "LEFT JOIN LATERAL (SELECT * FROM permissions "
            + "WHERE contact_id = a.contact_id OFFSET 0) p ON true ",
        // The application has no right to delete; these functions have, under the triggers' eyes.
        moveConsentHorizon: "SELECT move_consent_horizon($1)",
        moveAuditHorizon: "SELECT move_audit_horizon($1)",
        purgeRecord: "SELECT purge_consent_record($1)",
        purgeEvent: "SELECT purge_audit_event($1)"
    )
}

/// Statistics of a time when the table had a few rows would have another index read from end to
/// end: its entries are the smallest.
private let sqlitePosition: SQL =
    "SELECT coalesce(max(position), 0) AS position FROM audit_events NOT INDEXED"
