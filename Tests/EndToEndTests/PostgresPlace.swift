// A database on a PostgreSQL server, set up by the command line, and nodes on it.

import TestSupport

/// A workplace whose database is on a server.
struct PostgresPlace: Sendable {
    let place: Workplace
    let cluster: PostgresCluster
    let name: String

    /// Makes an empty database; drops it afterwards.
    static func open(
        on cluster: PostgresCluster,
        _ test: (PostgresPlace) async throws -> Void
    ) async throws {
        let name = "heed_e2e_\(UInt32.random(in: 0 ... .max))"
        try cluster.run("CREATE DATABASE \(name) OWNER heed_owner")
        defer { try? cluster.drop(name) }
        try await Workplace.open { place in
            try await test(PostgresPlace(place: place, cluster: cluster, name: name))
        }
    }

    /// The database by the server's own socket.
    func url(_ role: PostgresCluster.Role) -> String {
        "postgres://\(role.rawValue)@/\(name)?host=\(cluster.folder)&port=\(cluster.port)"
    }

    /// Runs a command as a node would.
    @discardableResult
    func done(_ arguments: String...) async throws -> Ending {
        let ending = try await place.heed(arguments + ["--database", url(.node)])
        guard ending.exitCode == 0 else {
            throw Failure("heed \(arguments.joined(separator: " ")): \(ending.errors)")
        }
        return ending
    }

    /// Starts a node on this or another way to the database; it gives up waiting early.
    func serve(_ url: String? = nil) async throws -> Server {
        try await place.serve(
            "--database",
            url ?? self.url(.node),
            environment: ["HEED_DATABASE_WAIT_MILLISECONDS": "300"]
        )
    }

    /// Makes tables and keys, adds scopes, a policy, and people who agreed to both scopes.
    ///
    /// - Returns: the node that was started for it, on that way to the database.
    func fill(people: Int, by way: String? = nil) async throws -> Server {
        try await place.done("migrate", "--database", url(.owner))
        // Its first start makes the keys.
        let node = try await serve(way)
        for scope in SendLoad.scopes {
            try await done("scope", "add", scope, "--kind", "campaign")
        }
        try place.write("We write to you.\n", to: "policy.txt")
        try await done("policy", "publish", "2026-01", "--text-file", "policy.txt")
        let rows = (0..<people).map { "\(SendLoad.address($0)),subscribed,2026-02-01T10:00:00Z" }
        let list = ["email,status,consented_at"] + rows
        try place.write(list.joined(separator: "\n") + "\n", to: "people.csv")
        for scope in SendLoad.scopes {
            let list = ["people.csv", "--format", "csv", "--scope", scope, "--policy", "2026-01"]
            try await done("import", list[0], list[1], list[2], list[3], list[4], list[5], list[6])
        }
        return node
    }

    /// What `psql` answers to a question, last line only.
    func psql(_ question: String, on other: PostgresCluster? = nil) async throws -> String {
        let connection = (other ?? cluster).connection(name, .superuser)
        let ending = try await place.run(
            "/usr/bin/env",
            [
                "psql", "-X", "-At", "-d", connection, "-c", "SET search_path = heed", "-c",
                question,
            ]
        )
        return ending.output.split(separator: "\n").last.map(String.init) ?? ""
    }
}
