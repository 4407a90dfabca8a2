// An installation on a throwaway server: people made through Heed, and strangers by SQL, so that
// the tables have the size they have in life.

import Foundation
import HeedEngine
import HeedPostgres
import HeedStore

/// A database on the server, and an engine on it.
struct PostgresWorkbench {
    let server: Server
    /// The database's name.
    let name: String
    let bench: Workbench

    /// Makes a database.
    init(_ server: Server, name: String) async throws {
        self.server = server
        self.name = name
        try Session(server.connection("postgres", "postgres"))
            .script("CREATE DATABASE \(name) OWNER heed_owner")
        _ = try PostgresDatabase.migrate(
            PostgresWorkbench.options(server.connection(name, "heed_owner")),
            at: Workbench.surroundings.now()
        )
        try Session(server.connection("postgres", "postgres")).script(
            """
            DO $$ BEGIN
                CREATE ROLE heed_node LOGIN IN ROLE heed_app;
            EXCEPTION WHEN duplicate_object THEN NULL;
            END $$
            """
        )
        bench = try await Workbench(
            database: PostgresWorkbench.open(server.connection(name, "heed_node"))
        )
    }

    /// The options `heed serve` has when nothing is set.
    static func options(_ connection: String) -> PostgresOptions {
        PostgresOptions(
            connection: connection,
            roles: connection.hasSuffix("heed_node") ? .applicationOnly : .ownerToo,
            sessionsMaximum: 16,
            waitMilliseconds: 60_000
        )
    }

    /// Opens the database as a node does.
    static func open(_ connection: String) throws -> PostgresDatabase {
        try PostgresDatabase(
            options(connection),
            opening: .existing,
            masterKey: Workbench.masterKey(),
            surroundings: Workbench.surroundings
        )
    }

    /// Adds people nobody will ask about, each tenth opted out, with keys spread like real ones.
    func addStrangers(_ count: Int) throws {
        let session = try Session(server.connection(name, "postgres"))
        try session.script(
            """
            SET search_path = heed;
            CREATE FUNCTION public.key(kind text, n int) RETURNS bytea LANGUAGE sql IMMUTABLE
                AS $$ SELECT substr(sha256((kind || n)::bytea), 1, 16) $$;
            INSERT INTO contacts SELECT public.key('c', n), NULL, NULL, NULL, 0
                FROM generate_series(1, \(count)) n;
            INSERT INTO addresses SELECT 'email', public.key('a', n), NULL, public.key('c', n),
                sha256('sealed'), 0 FROM generate_series(1, \(count)) n;
            INSERT INTO permissions SELECT public.key('c', n), 'newsletter', 'granted', 'none',
                NULL, public.key('r', n), 0, NULL, 0 FROM generate_series(1, \(count)) n;
            INSERT INTO suppressions SELECT public.key('a', n), 'newsletter', 'opt-out', 0, 'form',
                0, NULL FROM generate_series(1, \(count), 10) n;
            """
        )
        try session.script("VACUUM ANALYZE")
    }
}
