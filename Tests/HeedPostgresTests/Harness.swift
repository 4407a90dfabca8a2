// A database of the test's own on the shared server, with a look from outside.

import Foundation
import HeedConsent
import HeedEngine
import HeedPostgres
import HeedStore
import Synchronization
import TestSupport

/// One database, for tests that open it with options of their own.
final class Harness: Sendable {
    let cluster: PostgresCluster
    let name: String
    let clock = TestClock()
    /// A seed for each opening: two nodes never draw the same ids.
    private let seed = Atomic<UInt64>(0)

    init(cluster: PostgresCluster, name: String) {
        self.cluster = cluster
        self.name = name
    }

    /// Opens it as a node would, or as `role`.
    func open(
        _ role: PostgresCluster.Role = .node,
        _ change: (inout PostgresOptions) -> Void = { _ in }
    ) throws -> PostgresDatabase {
        var options = cluster.options(name, role)
        change(&options)
        return try PostgresDatabase(
            options,
            opening: .existing,
            masterKey: Sample.masterKey(1),
            surroundings: .seeded(seed.wrappingAdd(1, ordering: .relaxed).newValue, clock: clock)
        )
    }

    /// Runs `psql` from outside the program; answers its exit code and what it said.
    func psql(_ statement: String, as role: PostgresCluster.Role) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", cluster.connection(name, role),
            "-c", "SET search_path = heed", "-c", statement,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.begin()
        let said = output.fileHandleForReading.patientBytesToEnd()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }
}

/// Runs `body` with a fresh database on the shared server, and drops it afterwards.
func withHarness<Answer>(_ body: (Harness) async throws -> Answer) async throws -> Answer {
    let cluster = try PostgresCluster.shared()
    let harness = Harness(cluster: cluster, name: try cluster.takeDatabase())
    defer { try? cluster.giveBack(harness.name) }
    return try await body(harness)
}

/// Asks again until it is so.
func wait(until isSo: () async throws -> Bool) async throws {
    while try await !isSo() {
        // Off the threads that all tests share.
        await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(5)) {
                continuation.resume()
            }
        }
    }
}

/// The number a statement answers in a transaction.
extension Transaction {
    func number(_ statement: SQL, _ arguments: SQLValue...) throws(StoreError) -> Int64 {
        try connection.run(statement, arguments).first?.integer(0) ?? 0
    }
}

/// Waits on a session's own thread for something asynchronous; never on a thread of tests.
func waiting<Answer: Sendable>(
    _ work: @escaping @Sendable () async throws -> Answer
) throws -> Answer {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Result<Answer, any Error>?>(nil)
    Task {
        do {
            let answer = try await work()
            result.withLock { $0 = .success(answer) }
        } catch {
            result.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
    done.wait()
    guard let answer = result.withLock({ $0 }) else {
        throw StoreError(.unavailable, "nothing was answered")
    }
    return try answer.get()
}
