// Runs every measurement as a ratio inside one run, prints a table, and fails when a goal is
// missed.

import Foundation

/// The program.
@main
struct HeedBench {
    static func main() async throws {
        if CommandLine.arguments.dropFirst().first == "postgres-node" {
            return try await PostgresNodesBench.serve(Array(CommandLine.arguments.dropFirst(2)))
        }
        let folder = URL(filePath: FileManager.default.currentDirectoryPath)
            .appending(path: "Benchmarks/.data-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        print(Machine.description)
        var results: [Comparison] = []
        let wanted = Set(CommandLine.arguments.dropFirst())
        func wants(_ name: String) -> Bool { wanted.isEmpty || wanted.contains(name) }
        if wants("group") { results.append(try await GroupCommitBench(folder: folder).run()) }
        if wants("check") { results += try await CheckBench(folder: folder).run() }
        if wants("import") { results += try ImportBench(folder: folder).run() }
        if wants("verify") { results.append(try await VerifyBench(folder: folder).run()) }
        if wants("tree") { results.append(try await TreeBench().run()) }
        if wants("proof") { results.append(try ProofBench().run()) }
        if wants("sequencing") {
            results.append(try await SequencingBench(folder: folder).run())
        }
        if wants("erasure") { results.append(try await ErasureBench(folder: folder).run()) }
        if wants("intake") { results.append(try await IntakeBench(folder: folder).run()) }
        let onLists = ["single", "http", "start", "batch", "clicks"].filter(wants)
        if !onLists.isEmpty { results += try await lists(onLists, folder) }
        if wants("race") { results.append(try await RaceBench.onOneNode(folder: folder)) }
        let all = [
            "postgres-check", "postgres-intake", "postgres-nodes", "postgres-erasure",
            "postgres-race",
        ]
        let onPostgres = all.filter {
            wants("postgres") || wants($0) || ($0 == "postgres-erasure" && wants("erasure"))
        }
        if !onPostgres.isEmpty { results += try await postgres(onPostgres) }
        print(Comparison.table(results))
        if let path = ProcessInfo.processInfo.environment["BENCH_JSON"] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(results).write(to: URL(filePath: path))
        }
        if let path = ProcessInfo.processInfo.environment["BENCH_SVG"] {
            try Data(Plot(results: results).svg.utf8).write(to: URL(filePath: path))
        }
        let missed = results.filter { !$0.isMet }
        for result in missed { print("MISSED: \(result.name)") }
        if !missed.isEmpty { exit(1) }
    }

    private static func server() throws -> Server {
        do {
            return try Server()
        } catch let missing as Server.Missing {
            print("MISSING: \(missing)")
            exit(1)
        }
    }

    /// All that is measured over a list of a million people, or of `BENCH_CONTACTS`.
    private static func lists(_ wanted: [String], _ folder: URL) async throws -> [Comparison] {
        let people =
            ProcessInfo.processInfo.environment["BENCH_CONTACTS"].flatMap { Int($0) } ?? 1_000_000
        let list = try BigList(in: folder, people: people)
        var results: [Comparison] = []
        if wanted.contains("single") {
            let smaller = try BigList(in: folder, people: people / 10)
            results += try await SingleCheckBench(folder: folder, list: list, smaller: smaller)
                .run()
        }
        if wanted.contains("http") { results += try await HTTPBench(list: list).run() }
        if wanted.contains("start") {
            results.append(try await ColdStartBench(folder: folder, list: list).run())
        }
        guard wanted.contains("batch") || wanted.contains("clicks") else { return results }
        let server = try server()
        defer { try? server.stop() }
        if wanted.contains("batch") {
            results += try await BatchBench(folder: folder, list: list, server: server).run()
        }
        if wanted.contains("clicks") {
            results.append(try await OneClickBench(list: list, server: server).run())
        }
        return results
    }

    /// All that is measured on a PostgreSQL server, which is started for it.
    private static func postgres(_ wanted: [String]) async throws -> [Comparison] {
        let server = try server()
        defer { try? server.stop() }
        var results: [Comparison] = []
        if wanted.contains("postgres-check") {
            results += try await PostgresCheckBench(server: server).run()
        }
        if wanted.contains("postgres-intake") {
            results.append(try await PostgresIntakeBench(server: server).run())
        }
        if wanted.contains("postgres-nodes") {
            results.append(try await PostgresNodesBench(server: server).run())
        }
        if wanted.contains("postgres-race") {
            results.append(try await RaceBench.onTwoNodes(server))
        }
        if wanted.contains("postgres-erasure") {
            results.append(try await ErasureBench(server: server).run())
        }
        return results
    }
}

/// The machine's state, which every reader of a number needs.
enum Machine {
    static var description: String {
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? "unknown"
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let first = load.split(separator: " ").first.map(String.init) ?? "unknown"
        return "\(cores) cores, load average at start \(first)\n"
    }
}
