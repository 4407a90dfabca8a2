// Encrypted connections to a real server: who is trusted, who is not, and what is said then.

import Foundation
import TestSupport
import Testing

@Suite("PostgreSQL over TLS", .timeLimit(.minutes(3)))
struct PostgresTLSTests {
    /// A server with a certificate for `localhost`, and the folder of the certificates.
    private func withServer(
        _ test: (_ database: PostgresPlace, _ folder: String) async throws -> Void
    ) async throws {
        let port = try Socket().bind()
        let cluster = try await PostgresCluster.own(
            ["fsync=off", "listen_addresses=127.0.0.1"],
            port: port
        )
        do {
            try await PostgresPlace.open(on: cluster) { database in
                let folder = try await certify(cluster, in: database.place)
                try await database.place.done("migrate", "--database", database.url(.owner))
                try await database.serve().cut()
                try await test(database, folder)
            }
        } catch {
            try await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }

    private func openssl(_ line: String, in place: Workplace) async throws {
        let ending = try await place.run("/bin/sh", ["-c", "umask 077; exec openssl \(line)"])
        guard ending.exitCode == 0 else { throw Failure("openssl \(line): \(ending.errors)") }
    }

    /// Two roots, one of which signs the server's certificate; the server begins to use it.
    private func certify(_ cluster: PostgresCluster, in place: Workplace) async throws -> String {
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        for root in ["root", "other"] {
            let files = "-keyout \(root).key -out \(root).crt -subj '/CN=\(root).example'"
            try await openssl("req -x509 \(key) -days 2 \(files)", in: place)
        }
        try await openssl(
            "req -x509 \(key) -days 2 -CA root.crt -CAkey root.key -subj /CN=localhost "
                + "-addext subjectAltName=DNS:localhost -keyout server.key -out server.crt",
            in: place
        )
        // The key must belong to whoever the server runs as.
        let owner = try FileManager.default.attributesOfItem(atPath: cluster.folder)
        for name in ["server.key", "server.crt"] {
            let copy = "\(cluster.folder)/\(name)"
            try FileManager.default.copyItem(atPath: place.path(name), toPath: copy)
            try FileManager.default.setAttributes(
                [.ownerAccountID: owner[.ownerAccountID] ?? 0, .posixPermissions: 0o600],
                ofItemAtPath: copy
            )
        }
        let folder = cluster.folder
        try cluster.run("ALTER SYSTEM SET ssl_cert_file = '\(folder)/server.crt'")
        try cluster.run("ALTER SYSTEM SET ssl_key_file = '\(folder)/server.key'")
        try cluster.run("ALTER SYSTEM SET ssl = on")
        try cluster.run("SELECT pg_reload_conf()")
        return place.folder
    }

    private func url(_ database: PostgresPlace, _ host: String, root: String) -> String {
        "postgres://heed_node@\(host):\(database.cluster.port)/\(database.name)"
            + "?sslmode=verify-full&sslrootcert=\(root)"
    }

    @Test func onlyTheRightRootAndNameAreTrusted() async throws {
        try await withServer { database, folder in
            let place = database.place
            let right = url(database, "localhost", root: "\(folder)/root.crt")
            try await eventually("the server speaks TLS") {
                try await place.heed("scope", "list", "--database", right).exitCode == 0
            }
            let node = try await database.serve(right)
            #expect(try await node.get("/readyz").status == 200)
            let encrypted =
                "SELECT bool_and(ssl) AND count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity "
                + "USING (pid) WHERE application_name = 'heed' AND client_addr IS NOT NULL"
            #expect(try await database.psql(encrypted) == "t")
            #expect(try await node.stop() == 0)

            let wrong = [
                (url(database, "localhost", root: "\(folder)/other.crt"), "verify failed"),
                (url(database, "127.0.0.1", root: "\(folder)/root.crt"), "does not match"),
                (url(database, "localhost", root: "\(folder)/none.crt"), "none.crt"),
            ]
            for (url, cause) in wrong {
                for command in [["scope", "list"], ["serve", "--port", "0"]] {
                    let ending = try await place.heed(command + ["--database", url])
                    #expect(ending.exitCode == 2)
                    #expect(ending.errorLines.count == 1, "\(ending.errors)")
                    #expect(ending.errors.contains(cause), "\(ending.errors)")
                }
            }
        }
    }
}
