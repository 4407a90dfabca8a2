// Brings a database to the present schema, forward only, and refuses what it does not know.

import Crypto
package import HeedConsent

/// One numbered step of the schema.
package struct Migration: Sendable {
    /// Its number, from 1 without gaps.
    package let number: Int64
    /// Its name, for an operator.
    package let name: String
    /// The script for this engine.
    package let script: String

    /// Makes a step.
    package init(number: Int64, name: String, script: String) {
        self.number = number
        self.name = name
        self.script = script
    }

    /// SHA-256 of the script, so that a changed step is noticed.
    var checksum: [UInt8] { Array(SHA256.hash(data: Array(script.utf8))) }

    /// The steps for SQLite.
    package static let sqlite: [Migration] = [
        Migration(1, "spine", PackageResources._001_spine_sqlite_sql),
        Migration(2, "ledger", PackageResources._002_ledger_sqlite_sql),
        Migration(3, "alerts", PackageResources._003_alerts_sqlite_sql),
        Migration(4, "connectors", PackageResources._004_connectors_sqlite_sql),
        Migration(5, "forms", PackageResources._005_forms_sqlite_sql),
        Migration(6, "requests", PackageResources._006_requests_sqlite_sql),
        Migration(7, "events", PackageResources._007_events_sqlite_sql),
    ]

    /// The steps for PostgreSQL.
    package static let postgres: [Migration] = [
        Migration(1, "spine", PackageResources._001_spine_postgres_sql),
        Migration(2, "ledger", PackageResources._002_ledger_postgres_sql),
        Migration(3, "alerts", PackageResources._003_alerts_postgres_sql),
        Migration(4, "connectors", PackageResources._004_connectors_postgres_sql),
        Migration(5, "forms", PackageResources._005_forms_postgres_sql),
        Migration(6, "requests", PackageResources._006_requests_postgres_sql),
        Migration(7, "events", PackageResources._007_events_postgres_sql),
    ]

    private init(_ number: Int64, _ name: String, _ script: [UInt8]) {
        self.init(number: number, name: name, script: String(decoding: script, as: UTF8.self))
    }
}

/// Applies migrations.
///
/// The caller holds the write lock and a transaction.
package struct Migrator {
    private let migrations: [Migration]

    /// Takes the steps of an engine.
    package init(_ migrations: [Migration]) { self.migrations = migrations }

    /// The number of the newest step this version knows.
    package var newest: Int64 { migrations.last?.number ?? 0 }

    /// Applies the steps the database does not have yet.
    ///
    /// - Returns: the names of the steps that were applied.
    /// - Throws: `StoreError.newer` for a database from a newer version, `.corrupt` when an applied
    ///   step differs from the one this version has.
    package func migrate(
        _ connection: any SQLConnection,
        at now: Timestamp
    ) throws(StoreError) -> [String] {
        try connection.runScript(connection.dialect.bookkeeping)
        let missing = try missingSteps(connection)
        for migration in missing {
            try connection.runScript(migration.script)
            _ = try connection.run(
                "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, "
                    + "$2, $3, $4)",
                [
                    .integer(migration.number), .text(migration.name), .blob(migration.checksum),
                    .time(now),
                ]
            )
        }
        return missing.map(\.name)
    }

    /// The names of the steps a database lacks; changes nothing.
    ///
    /// - Throws: as `migrate` does.
    package func missing(_ connection: any SQLConnection) throws(StoreError) -> [String] {
        try missingSteps(connection).map(\.name)
    }

    private func missingSteps(
        _ connection: any SQLConnection
    ) throws(StoreError) -> [Migration] {
        let applied = try appliedSteps(connection)
        for (number, checksum) in applied {
            guard let known = migrations.first(where: { $0.number == number }) else {
                throw StoreError(
                    .newer,
                    "the database is at schema \(number), this version knows \(newest); use a "
                        + "newer heed"
                )
            }
            guard known.checksum == checksum else {
                throw StoreError(
                    .corrupt,
                    "schema step \(number) in the database differs from ours"
                )
            }
        }
        return migrations.filter { step in !applied.contains { $0.number == step.number } }
    }

    private func appliedSteps(
        _ connection: any SQLConnection
    ) throws(StoreError) -> [(number: Int64, checksum: [UInt8])] {
        let rows = try connection.run(
            "SELECT number, checksum FROM schema_migrations ORDER BY number",
            []
        )
        var applied: [(number: Int64, checksum: [UInt8])] = []
        for row in rows { applied.append((try row.integer(0), try row.blob(1))) }
        return applied
    }
}
