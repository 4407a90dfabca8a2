// A throwaway PostgreSQL server with the durability of a real one, gone when the benchmark is.

import Foundation

/// A server in a temporary folder, reached through a socket in it.
///
/// A shell watches over it: when this process ends, however it ends, the shell stops the server
/// and removes the folder. Nothing that makes commits durable is turned off.
final class Server: Sendable {
    /// Why there is no server.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// The folder of the socket.
    let folder: String
    private let programs: String
    private let process: Process
    private let lifeline: Pipe
    private let output: Pipe

    init() throws {
        programs = try Server.programs()
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "heed-bench-\(UUID().uuidString.prefix(8))").path
        process = Process()
        lifeline = Pipe()
        output = Pipe()
        // A program started later must not hold the line when this process is gone.
        for pipe in [lifeline, output] {
            _ = fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        let shell = ["/bin/sh", "-c", Server.script, "heed-bench", folder, programs]
        // PostgreSQL refuses to run as root.
        let user = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        let command = getuid() == 0 ? user + shell : shell
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = lifeline
        process.standardOutput = output
        try process.run()
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard answer.hasPrefix("ready") else {
            throw Missing(description: "PostgreSQL did not start: \(answer)")
        }
        try Session(connection("postgres", "postgres")).script(
            """
            CREATE ROLE heed_owner LOGIN CREATEROLE;
            """
        )
    }

    /// Stops the server and removes its folder.
    func stop() throws {
        try lifeline.fileHandleForWriting.close()
        _ = output.fileHandleForReading.availableData
    }

    /// A libpq connection string.
    func connection(_ database: String, _ role: String) -> String {
        "host=\(folder) dbname=\(database) user=\(role)"
    }

    /// Where pgbench is.
    var pgbench: String { programs + "/pgbench" }

    private static func programs() throws -> String {
        let manager = FileManager.default
        let versions = (try? manager.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let installed = versions.compactMap(Int.init).sorted(by: >)
            .map { "/usr/lib/postgresql/\($0)/bin" }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let needed = ["initdb", "postgres", "pg_isready", "pgbench"]
        for folder in installed + path.map(String.init)
        where needed.allSatisfy({ manager.isExecutableFile(atPath: folder + "/" + $0) }) {
            return folder
        }
        throw Missing(
            description: "no folder in /usr/lib/postgresql or PATH has all of "
                + needed.joined(separator: ", ") + "; run scripts/setup.sh test"
        )
    }

    private static let script = """
        folder=$1; bin=$2
        umask 077
        mkdir "$folder" || exit 1
        # A signal to the whole group must not leave the folder behind.
        trap '' INT TERM HUP
        trap 'rm -rf "$folder"' EXIT
        "$bin/initdb" -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 --locale=C \
            > "$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 1; }
        "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= \
            -c max_connections=120 -c shared_buffers=512MB -c max_wal_size=2GB \
            >> "$folder/log" 2>&1 &
        pid=$!
        until "$bin/pg_isready" -q -h "$folder"; do
            kill -0 $pid 2> /dev/null || { tail -3 "$folder/log"; exit 1; }
            sleep 0.05
        done
        echo ready
        while read -r order; do :; done
        kill -INT $pid 2> /dev/null
        wait $pid
        rm -rf "$folder"
        echo gone
        """
}
