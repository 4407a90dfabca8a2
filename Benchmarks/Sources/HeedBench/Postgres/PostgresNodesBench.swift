// What a second node adds: the same intake by one process, and shared by two.

import Foundation
import HeedEngine
import HeedPostgres

/// Measures opt-outs acknowledged by two nodes on one database against those of one.
///
/// A node is a process of its own with 32 callers. Two nodes can be faster only when the database
/// has cores that one node leaves idle, so the goal counts from eight cores on; on fewer the ratio
/// is only reported.
struct PostgresNodesBench {
    private static let coresNeeded = 8
    private static let optOuts = 2400

    let server: Server

    func run() async throws -> Comparison {
        progress("preparing nodes")
        let workbench = try await PostgresWorkbench(server, name: "nodes")
        try await workbench.bench.addPeople(12 * PostgresNodesBench.optOuts)
        let connection = server.connection(workbench.name, "heed_node")
        let next = NextPerson()
        func intake(nodes: Int) throws -> Double {
            let share = PostgresNodesBench.optOuts / nodes
            let firsts = (0..<nodes).map { _ in next.take(share) }
            let nodes = try firsts.map { try Node(connection, first: $0, count: share) }
            for node in nodes { try node.await("ready") }
            let start = ContinuousClock.now
            for node in nodes { try node.start() }
            for node in nodes { try node.await("done") }
            return Double(PostgresNodesBench.optOuts)
                / ((ContinuousClock.now - start) / .seconds(1))
        }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return try await .interleaved(
            Goal(
                name: "opt-outs acknowledged by two nodes",
                reference: "by one node, server and nodes on \(cores) cores",
                ratio: cores >= PostgresNodesBench.coresNeeded ? 1.6 : nil
            ),
            { try intake(nodes: 2) },
            { try intake(nodes: 1) }
        )
    }

    /// The body of a node's process: opens the database, waits for a line, takes its opt-outs.
    static func serve(_ words: [String]) async throws {
        guard words.count == 3, let first = Int(words[1]), let count = Int(words[2]) else {
            throw Server.Missing(description: "a node takes CONNECTION FIRST COUNT")
        }
        let database = try PostgresWorkbench.open(words[0])
        let engine = Engine(database: database)
        // Opens the sessions, which a node that has run for a while has.
        try await Workbench.callers(PostgresIntakeBench.callers) { _ in
            _ = try await engine.ask(LogPosition())
        }
        FileHandle.standardOutput.write(Data("ready\n".utf8))
        _ = FileHandle.standardInput.availableData
        let next = NextPerson(from: first)
        try await Workbench.callers(PostgresIntakeBench.callers) { _ in
            while case let person = next.take(), person < first + count {
                try await PostgresIntakeBench.optOut(person, engine)
            }
        }
        FileHandle.standardOutput.write(Data("done\n".utf8))
        database.close()
    }
}

/// A node, seen from outside.
private struct Node {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ connection: String, first: Int, count: Int) throws {
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["postgres-node", connection, String(first), String(count)]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func start() throws { try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8)) }

    func `await`(_ word: String) throws {
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard answer == word + "\n" else {
            throw Server.Missing(description: "a node said '\(answer)' instead of '\(word)'")
        }
    }
}
