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
        if wants("import") { results.append(try ImportBench(folder: folder).run()) }
        if wants("verify") { results.append(try await VerifyBench(folder: folder).run()) }
        if wants("tree") { results.append(try await TreeBench().run()) }
        if wants("proof") { results.append(try ProofBench().run()) }
        if wants("sequencing") {
            results.append(try await SequencingBench(folder: folder).run())
        }
        if wants("erasure") { results.append(try await ErasureBench(folder: folder).run()) }
        let all = ["postgres-check", "postgres-intake", "postgres-nodes", "postgres-erasure"]
        let onPostgres = all.filter {
            wants("postgres") || wants($0) || ($0 == "postgres-erasure" && wants("erasure"))
        }
        if !onPostgres.isEmpty { results += try await postgres(onPostgres) }
        print(Comparison.table(results))
        if let path = ProcessInfo.processInfo.environment["HEED_BENCH_JSON"] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(results).write(to: URL(filePath: path))
        }
        let missed = results.filter { !$0.isMet }
        for result in missed { print("MISSED: \(result.name)") }
        if !missed.isEmpty { exit(1) }
    }

    /// All that is measured on a PostgreSQL server, which is started for it.
    private static func postgres(_ wanted: [String]) async throws -> [Comparison] {
        let server: Server
        do {
            server = try Server()
        } catch let missing as Server.Missing {
            print("MISSING: \(missing)")
            exit(1)
        }
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
