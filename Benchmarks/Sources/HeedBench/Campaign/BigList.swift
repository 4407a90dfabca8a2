// An installation with many people, made and served by the built program as its users would.

import Foundation
import HeedConsent
import HeedEngine
import HeedSQLite
import HeedStore

/// A folder with `heed-data`, filled by `heed import`.
struct BigList {
    /// The program that is measured: the one `BENCH_HEED` names, else the one built beside this.
    static var heed: String {
        ProcessInfo.processInfo.environment["BENCH_HEED"]
            ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "heed").path
    }

    let folder: URL
    let people: Int

    /// Makes it; a minute for a million.
    init(in parent: URL, people: Int) throws {
        try self.init(preparing: people, in: parent)
        try fill()
    }

    /// Makes an installation without people, and the list that `fill` brings them from.
    init(preparing people: Int, in parent: URL) throws {
        folder = parent.appending(path: "list-\(people)")
        self.people = people
        progress("preparing a list of \(people)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("email,consented_at,ip\n".utf8).write(to: folder.appending(path: "list.csv"))
        let file = try FileHandle(forWritingTo: folder.appending(path: "list.csv"))
        try file.seekToEnd()
        for start in stride(from: 0, to: people, by: 10_000) {
            let lines = (start..<min(people, start + 10_000)).map {
                "\(BigList.address($0)),2025-01-02 03:04:05,192.0.2.\($0 % 250)\n"
            }
            try file.write(contentsOf: Data(lines.joined().utf8))
        }
        try file.close()
        try Data("We send news.\n".utf8).write(to: folder.appending(path: "policy.txt"))
        try run(["scope", "add", Workbench.newsletter, "--kind", "campaign"])
        try run(["policy", "publish", "1", "--text-file", "policy.txt"])
    }

    /// Imports the list.
    func fill() throws {
        try run(["import", "list.csv", "--scope", Workbench.newsletter, "--policy", "1", "--json"])
    }

    /// The address of person number `index`, as a list has it.
    static func address(_ index: Int) -> String { "person.\(index)@mail\(index % 97).example" }

    /// Runs the program in the folder.
    func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: BigList.heed)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw StoreError(.unavailable, "heed \(arguments.joined(separator: " ")) failed")
        }
    }

    /// The database's file.
    var path: String { folder.appending(path: "heed-data/heed.sqlite").path }

    /// Opens it in this process, with the index read.
    func open() async throws -> Engine {
        let key = folder.appending(path: "heed-data/master.key")
        let digits = try String(contentsOf: key, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard let masterKey = bytes(hexadecimal: digits).flatMap({ MasterKey(bytes: $0) }) else {
            throw StoreError(.wrongKey, "the list's master key cannot be read")
        }
        let engine = Engine(
            database: try SQLiteDatabase(
                path: path,
                creation: .never,
                masterKey: masterKey,
                surroundings: Workbench.surroundings
            )
        )
        try await engine.maintainIndex()
        return engine
    }
}

/// `heed serve` on a list, on a port of its own.
final class Service {
    private let process = Process()
    private let log: URL
    /// Where it listens.
    let port: Int
    /// The key of its administrator.
    let key: String

    /// Starts it and waits until it listens.
    init(on list: BigList) throws {
        log = list.folder.appending(path: "serve-\(UUID().uuidString.prefix(8)).err")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.executableURL = URL(filePath: BigList.heed)
        process.arguments = ["serve", "--role", "api", "--port", "0"]
        process.currentDirectoryURL = list.folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        var environment = ProcessInfo.processInfo.environment
        environment["HEED_LOG_LEVEL"] = "warning"
        process.environment = environment
        try process.run()
        var port: Int?
        while port == nil, process.isRunning {
            let said = try String(contentsOf: log, encoding: .utf8)
            let match = said.firstMatch(of: /Heed is listening on http:\/\/127.0.0.1:([0-9]+)\n/)
            port = match.flatMap { Int($0.1) }
            if port == nil { usleep(1000) }
        }
        guard let port else {
            let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            throw StoreError(.unavailable, "heed serve ended: \(said)")
        }
        self.port = port
        let file = list.folder.appending(path: "heed-data/admin.key")
        key = try String(contentsOf: file, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit { kill() }

    /// Ends it at once, as a power cut would.
    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The most memory it has had so far, in bytes.
    func peakMemory() throws -> Int {
        let path = "/proc/\(process.processIdentifier)/status"
        let status = try String(contentsOfFile: path, encoding: .utf8)
        let match = status.firstMatch(of: /VmHWM:\s+([0-9]+) kB/)
        return (match.flatMap { Int($0.1) } ?? 0) * 1024
    }

    /// A request with the administrator's key; `body` is sent as `type`.
    func request(_ method: String, _ path: String, type: String? = nil, body: String = "") -> String
    {
        var lines = [
            "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Authorization: Bearer \(key)",
        ]
        if let type {
            lines += ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"]
        }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }
}
