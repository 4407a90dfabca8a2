// Both engines have the same tables with the same columns, and the same answer to odd settings.

import HeedConsent
import HeedEngine
import HeedPostgres
import HeedStore
import TestSupport
import Testing

@Suite("Schema")
struct SchemaTests {
    /// `table.column kind null key`, in the words of both.
    private func columns(_ backend: Backend) async throws -> [String] {
        let rows = try await backend.withDatabase { installation in
            switch backend {
            case .sqlite:
                try await installation.sql(
                    "SELECT t.name || '.' || c.name || ' ' || replace(c.type, 'BIGINT', 'INTEGER') "
                        + "|| ' ' || (c.\"notnull\" <> 0 OR c.pk <> 0) || ' ' || (c.pk <> 0) "
                        + "FROM sqlite_master t, pragma_table_info(t.name) c "
                        + "WHERE t.type = 'table' ORDER BY 1"
                )
            case .postgres:
                try await installation.sql(
                    "SELECT c.table_name || '.' || c.column_name || ' ' || CASE c.data_type "
                        + "WHEN 'bigint' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB' "
                        + "WHEN 'text' THEN 'TEXT' ELSE c.data_type END "
                        + "|| ' ' || (c.is_nullable = 'NO')::int || ' ' || EXISTS (SELECT 1 FROM "
                        + "information_schema.key_column_usage k JOIN "
                        + "information_schema.table_constraints t USING (constraint_schema, "
                        + "constraint_name) WHERE t.constraint_type = 'PRIMARY KEY' "
                        + "AND k.table_schema = 'heed' AND k.table_name = c.table_name "
                        + "AND k.column_name = c.column_name)::int "
                        + "FROM information_schema.columns c WHERE c.table_schema = 'heed' "
                        + "ORDER BY (c.table_name || '.' || c.column_name) COLLATE \"C\""
                )
            }
        }
        return try rows.map { try $0.text(0) }.sorted()
    }

    @Test func bothEnginesHaveTheSameColumns() async throws {
        let sqlite = try await columns(.sqlite)
        let postgres = try await columns(.postgres)
        #expect(sqlite.count > 100)
        #expect(Set(sqlite).symmetricDifference(postgres).sorted() == [])
    }

    private func indexes(_ backend: Backend) async throws -> [String] {
        let rows = try await backend.withDatabase { installation in
            try await installation.sql(
                backend == .sqlite
                    ? "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
                    : "SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid "
                        + "WHERE c.relnamespace = 'heed'::regnamespace AND NOT EXISTS "
                        + "(SELECT 1 FROM pg_constraint WHERE conindid = c.oid)"
            )
        }
        return try rows.map { try $0.text(0) }.sorted()
    }

    @Test func bothEnginesHaveTheSameIndexes() async throws {
        let sqlite = try await indexes(.sqlite)
        #expect(sqlite.count > 5)
        #expect(try await indexes(.postgres) == sqlite)
    }

    /// Every text column compares by byte order, as in SQLite.
    @Test func noTextHasTheServersCollation() async throws {
        try await Backend.postgres.withDatabase { installation in
            let others = try await installation.number(
                "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'heed' "
                    + "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' "
                    + "AND table_name <> 'schema_migrations'"
            )
            #expect(others == 0)
        }
    }

    /// Settings of a server, a database and a role that would change answers if they counted.
    @Test func oddSettingsDoNotChangeAnswers() async throws {
        let cluster = try PostgresCluster.shared()
        let name = "heed_odd_\(UInt64.random(in: 0 ... .max))"
        // Sorts `a1, B2, a10` its own way: letters without case, numbers by value.
        try cluster.run(
            "CREATE DATABASE \(name) OWNER heed_owner TEMPLATE template0 LOCALE_PROVIDER icu "
                + "ICU_LOCALE 'en-u-kn-true'"
        )
        defer { try? cluster.drop(name) }
        for setting in [
            "timezone = 'Pacific/Chatham'", "datestyle = 'German'", "bytea_output = 'escape'",
            "intervalstyle = 'iso_8601'", "search_path = 'elsewhere'",
            "default_transaction_isolation = 'serializable'", "synchronous_commit = 'off'",
            "standard_conforming_strings = off",
            "array_nulls = off", "transform_null_equals = on", "lc_messages = 'C'",
        ] { try cluster.run("ALTER DATABASE \(name) SET \(setting)") }
        _ = try PostgresDatabase.migrate(cluster.options(name, .owner), at: TestClock().now)
        let harness = Harness(cluster: cluster, name: name)
        let database = try harness.open()
        defer { database.close() }
        let engine = Engine(database: database)
        for scope in ["b2", "a10", "a9", "a-1"] {
            let added = Scope(name: try ScopeName(scope), channel: .email, kind: .campaign)
            _ = try await engine.perform(AddScope(added), as: Sample.actor)
        }
        let names = try await engine.ask(ListScopes()).map(\.name.text)
        #expect(names == ["a-1", "a10", "a9", "b2"])
        let events = try await database.read { try $0.events(after: 0, limit: 9) }
        #expect(events.allSatisfy { $0.at == harness.clock.now })
        let isOn = try await database.write { transaction in
            try transaction.number(
                "SELECT (current_setting('synchronous_commit') = 'on' "
                    + "AND current_setting('transaction_isolation') = 'read committed')::int"
            )
        }
        #expect(isOn == 1)
    }
}
