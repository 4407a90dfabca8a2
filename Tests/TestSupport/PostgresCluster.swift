// A throwaway PostgreSQL server for one test process, gone when the process is.

import Foundation
package import HeedPostgres
import HeedStore
import Synchronization

/// A server in a temporary folder, reached through a socket in it.
///
/// A shell watches it: when this process ends, however it ends, the server is stopped and its
/// folder removed.
package final class PostgresCluster: Sendable {
    /// Why there is no server.
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    /// Who connects; all are trusted, because only this user reaches the socket.
    package enum Role: String, Sendable {
        /// The superuser.
        case superuser = "postgres"
        /// Owns the tables.
        case owner = "heed_owner"
        /// A node: a member of `heed_app`.
        case node = "heed_node"
    }

    /// Where a server's data comes from.
    package enum Origin: Sendable {
        /// Nowhere: it begins empty.
        case nothing
        /// A copy of another server, which it follows from then on.
        case standby(of: PostgresCluster)
        /// What `backUp` has copied of another server, which it knows nothing of any more.
        case backup(of: PostgresCluster)
    }

    /// The folder of the socket.
    package let folder: String
    /// The number in the socket's name; also of TCP, where a setting lets it listen there.
    package let port: Int
    /// Databases that were given back.
    private let free = Mutex<[String]>([])
    private let process: Process
    private let lifeline: Pipe
    private let output: Pipe

    private static let sharedResult = Result { try PostgresCluster.withTemplate() }

    /// The server that most tests share; started when first asked for.
    ///
    /// - Throws: `Missing` when PostgreSQL is not installed: a test that needs it fails.
    package static func shared() throws -> PostgresCluster { try sharedResult.get() }

    /// The database that others are copied from: migrated, empty, without keys.
    package static let template = "heed_template"

    /// Starts a server with roles and template.
    package static func withTemplate(
        _ settings: [String] = ["fsync=off"],
        port: Int = 5432
    ) throws -> PostgresCluster {
        let cluster = try PostgresCluster(settings, port: port)
        try cluster.run(
            """
            CREATE ROLE heed_owner LOGIN CREATEROLE;
            """
        )
        try cluster.run("CREATE DATABASE heed_template OWNER heed_owner")
        _ = try PostgresDatabase.migrate(
            cluster.options(template, .owner),
            at: TestClock().now
        )
        try cluster.run("CREATE ROLE heed_node LOGIN IN ROLE heed_app")
        // SQLite's names, so that the tests' own statements need one text, too.
        try PostgresDatabase.runScript(
            """
            CREATE FUNCTION zeroblob(count bigint) RETURNS bytea LANGUAGE sql
                AS $$ SELECT decode(repeat('00', count::int), 'hex') $$;
            CREATE FUNCTION randomblob(count bigint) RETURNS bytea LANGUAGE sql VOLATILE
                AS $$ SELECT decode(left(string_agg(replace(gen_random_uuid()::text, '-', ''),
                ''), count::int * 2), 'hex') FROM generate_series(0, count / 16) $$;
            """,
            cluster.options(template, .owner)
        )
        // Tests share the server but not their database, so a transaction of another test must not
        // hold this one's log up. SettledTests migrates a database of its own.
        try cluster.run(
            """
            GRANT pg_read_all_stats TO heed_owner;
            GRANT SET ON PARAMETER session_replication_role TO heed_owner;
            CREATE OR REPLACE FUNCTION heed.settled_before() RETURNS BIGINT
            LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
                SELECT coalesce(min(backend_xid::text::bigint),
                    pg_snapshot_xmax(pg_current_snapshot())::text::bigint) << 16
                FROM pg_stat_activity WHERE datname = current_database()
                    AND backend_xid IS NOT NULL
            $$;
            """,
            in: template
        )
        try cluster.run(
            "CREATE TABLE public.known_schema AS SELECT \(schema) AS words",
            in: template
        )
        return cluster
    }

    /// Starts a server.
    package init(
        _ settings: [String],
        from origin: Origin = .nothing,
        port: Int = 5432
    ) throws {
        let programs = try PostgresCluster.programs()
        self.port = port
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "heed-pg-\(UUID().uuidString.prefix(8))").path
        var arguments = [folder, programs, "\(port)", "", ""]
        switch origin {
        case .nothing: break
        case .standby(let primary):
            arguments[3] = primary.folder
            arguments[4] = "\(primary.port)"
        case .backup(let lost): arguments[3] = lost.folder + "/backup"
        }
        arguments += settings.flatMap { ["-c", $0] }
        process = Process()
        lifeline = Pipe()
        output = Pipe()
        // A program that a test starts must not hold the line after this process is gone.
        for pipe in [lifeline, output] {
            _ = fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        let shell = ["/bin/sh", "-c", PostgresCluster.script, "heed-postgres"] + arguments
        // PostgreSQL refuses to run as root.
        let user = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        let command = getuid() == 0 ? user + shell : shell
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = lifeline
        process.standardOutput = output
        try process.begin()
        try awaitReady()
    }

    private func awaitReady() throws {
        let answer = String(decoding: output.fileHandleForReading.patientBytes(), as: UTF8.self)
        guard answer.hasPrefix("ready") else {
            throw Missing(description: "PostgreSQL did not start: \(answer)")
        }
    }

    /// Stops the server as a power cut would, and starts it again.
    package func crash() async throws { try await order("crash") }

    /// Ends every process of the server at once with SIGKILL, for good.
    package func kill() async throws { try await order("kill") }

    /// Copies the running server with `pg_basebackup`, once.
    package func backUp() async throws { try await order("backup") }

    /// Makes a standby the primary.
    package func promote() async throws { try await order("promote") }

    private func order(_ word: String) async throws {
        try await blocking {
            try self.lifeline.fileHandleForWriting.write(contentsOf: Data((word + "\n").utf8))
            try self.awaitReady()
        }
    }

    /// Stops the server and removes its folder.
    package func stop() async throws {
        try await blocking {
            try self.lifeline.fileHandleForWriting.close()
            // The shell's last word.
            _ = self.output.fileHandleForReading.patientBytes()
        }
    }

    /// Starts a server for one test.
    package static func own(
        _ settings: [String],
        port: Int = 5432
    ) async throws -> PostgresCluster {
        try await blocking { try PostgresCluster.withTemplate(settings, port: port) }
    }

    /// Starts a standby of a server, which follows it by streaming.
    package static func standby(
        of primary: PostgresCluster,
        _ settings: [String]
    ) async throws -> PostgresCluster {
        try await blocking { try PostgresCluster(settings, from: .standby(of: primary)) }
    }

    /// Starts a server from what another one's `backUp` has copied; that one need not live.
    package static func restored(
        from lost: PostgresCluster,
        _ settings: [String]
    ) async throws -> PostgresCluster {
        try await blocking { try PostgresCluster(settings, from: .backup(of: lost)) }
    }

    /// The file of the server's socket.
    package var socket: String { folder + "/.s.PGSQL.\(port)" }

    /// The folder of `initdb` and `postgres`.
    private static func programs() throws -> String {
        let manager = FileManager.default
        let versions = (try? manager.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let installed = versions.compactMap(Int.init).sorted(by: >)
            .map { "/usr/lib/postgresql/\($0)/bin" }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for folder in installed + path.map(String.init)
        where ["initdb", "postgres", "pg_isready"].allSatisfy({
            manager.isExecutableFile(atPath: folder + "/" + $0)
        }) { return folder }
        throw Missing(
            description: "PostgreSQL's server is not installed: no initdb in /usr/lib/postgresql "
                + "or PATH; run scripts/setup.sh test"
        )
    }

    /// Makes the server, says `ready`, and waits for the end of its own input.
    private static let script = """
        folder=$1; bin=$2; port=$3; primary=$4; primary_port=$5; shift 5
        umask 077
        mkdir "$folder" || exit 1
        trap 'rm -rf "$folder"' EXIT
        if [ -n "$primary" ] && [ -z "$primary_port" ]; then
            cp -a "$primary" "$folder/data"
        elif [ -n "$primary" ]; then
            "$bin/pg_basebackup" -h "$primary" -p "$primary_port" -U postgres -D "$folder/data" \
                --write-recovery-conf --checkpoint=fast --no-sync
        else
            "$bin/initdb" -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 --locale=C \
                --no-sync --wal-segsize=4
        fi > "$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 1; }
        start() {
            "$bin/postgres" -D "$folder/data" -k "$folder" -p "$port" -c listen_addresses= \
                -c max_connections=300 -c shared_buffers=64MB "$@" >> "$folder/log" 2>&1 &
            pid=$!
            until "$bin/pg_isready" -q -h "$folder" -p "$port"; do
                kill -0 $pid 2> /dev/null || { tail -3 "$folder/log"; exit 1; }
                sleep 0.05
            done
            echo ready
        }
        start "$@"
        # A stopped parent starts no more children while they are being counted.
        kill_all() {
            kill -STOP $pid
            children=
            for stat in /proc/[0-9]*/stat; do
                read -r id name state parent rest 2> /dev/null < "$stat" || continue
                [ "$parent" = $pid ] && children="$children $id"
            done
            kill -KILL $pid $children
            wait $pid 2> /dev/null
            pid=
        }
        while read -r order; do
            case $order in
            # Without a checkpoint or a word to anybody, as when the power goes.
            crash) kill -QUIT $pid; wait $pid; start "$@" ;;
            kill) kill_all; echo ready ;;
            backup)
                "$bin/pg_basebackup" -h "$folder" -p "$port" -U postgres -D "$folder/backup" \
                    --checkpoint=fast --no-sync >> "$folder/log" 2>&1 && echo ready ;;
            promote)
                "$bin/pg_ctl" promote -w -D "$folder/data" >> "$folder/log" 2>&1 && echo ready ;;
            esac
        done
        if [ -n "$pid" ]; then
            kill -QUIT $pid 2> /dev/null
            wait $pid
        fi
        rm -rf "$folder"
        echo gone
        """

    /// A libpq connection string.
    package func connection(_ database: String, _ role: Role) -> String {
        "host=\(folder) port=\(port) dbname=\(database) user=\(role.rawValue)"
    }

    /// Options for a few sessions.
    package func options(
        _ database: String,
        _ role: Role,
        sessions: Int = 4,
        waitMilliseconds: Int = 60_000
    ) -> PostgresOptions {
        PostgresOptions(
            connection: connection(database, role),
            roles: role == .node ? .applicationOnly : .ownerToo,
            sessionsMaximum: sessions,
            waitMilliseconds: waitMilliseconds
        )
    }

    /// Runs a script as the superuser.
    package func run(_ script: String, in database: String = "postgres") throws {
        try PostgresDatabase.runScript(script, options(database, .superuser))
    }

    /// An empty, migrated database without keys: one that was given back, or a new one.
    package func takeDatabase() throws -> String {
        if let name = free.withLock({ $0.popLast() }) { return name }
        let name = "heed_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try run("CREATE DATABASE \(name) TEMPLATE \(PostgresCluster.template) OWNER heed_owner")
        return name
    }

    /// Empties a database for the next test; one whose schema was changed is dropped.
    ///
    /// Copying the template takes a third of a second, and there are hundreds of tests.
    package func giveBack(_ database: String) throws {
        do {
            try run(PostgresCluster.emptying, in: database)
            free.withLock { $0.append(database) }
        } catch {
            try drop(database)
        }
    }

    /// Everything a test may have changed: tables with their columns and rights, constraints,
    /// indexes, functions and triggers with their texts, and the steps that were applied.
    private static let schema = """
        (SELECT string_agg(word, ',' ORDER BY word) FROM (
            SELECT relname || coalesce(relacl::text, '') FROM pg_class
                WHERE relnamespace = 'heed'::regnamespace
            UNION ALL SELECT c.relname || a.attname || a.atttypid || a.attnotnull
                    || coalesce(a.attacl::text, '')
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = 'heed'::regnamespace AND a.attnum > 0
                    AND NOT a.attisdropped
            UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
                WHERE connamespace = 'heed'::regnamespace
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'heed'
            UNION ALL SELECT pg_get_functiondef(oid) || coalesce(proacl::text, '') FROM pg_proc
                WHERE pronamespace = 'heed'::regnamespace AND prokind = 'f'
            UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger
                WHERE NOT tgisinternal
            UNION ALL SELECT number::text || checksum::text FROM heed.schema_migrations
        ) words (word))
        """

    private static let emptying = """
        SET session_replication_role = replica;
        DO $$
        DECLARE name text;
        BEGIN
            IF (SELECT words FROM public.known_schema) IS DISTINCT FROM \(schema) THEN
                RAISE EXCEPTION 'the schema was changed';
            END IF;
            IF pg_database_size(current_database()) > 200000000 THEN
                RAISE EXCEPTION 'dropping this is faster than emptying it';
            END IF;
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'heed'
                AND tablename NOT IN ('schema_migrations', 'retention', 'lookup_state')
            LOOP EXECUTE format('DELETE FROM heed.%I', name); END LOOP;
            UPDATE heed.retention SET audit_before = 0, consent_before = 0;
            UPDATE heed.lookup_state SET epoch = 0, generation = 0, bound = NULL;
        END
        $$
        """

    /// Removes a database, whoever is connected.
    package func drop(_ database: String) throws {
        try run("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
    }
}

/// Runs work that blocks on a thread of its own, so that it holds up no other test.
private func blocking<Answer: Sendable>(
    _ work: @escaping @Sendable () throws -> Answer
) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
