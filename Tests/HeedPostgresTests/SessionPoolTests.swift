// A bounded pool: who waits, for how long, and who never has to.

import Foundation
import HeedStore
import TestSupport
import Testing

@testable import HeedPostgres

@Suite("SessionPool", .timeLimit(.minutes(10)))
struct SessionPoolTests {
    private func open(_ harness: Harness, sessions: Int, wait: Int) throws -> PostgresDatabase {
        try harness.open {
            $0.sessionsMaximum = sessions
            $0.waitMilliseconds = wait
        }
    }

    @Test func whoWaitsTooLongIsTold() async throws {
        try await withHarness { harness in
            let database = try open(harness, sessions: 2, wait: 200)
            defer { database.close() }
            let release = DispatchSemaphore(value: 0)
            let started = DispatchSemaphore(value: 0)
            async let holder: Int = database.write { _ in
                started.signal()
                release.wait()
                return 1
            }
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    started.wait()
                    continuation.resume()
                }
            }
            for _ in 1...3 {
                #expect(await failureCode { try await database.write { _ in 2 } } == "busy")
            }
            // The other kind of work has a session of its own.
            #expect(try await database.read { _ in 3 } == 3)
            release.signal()
            #expect(try await holder == 1)
            #expect(try await database.write { _ in 4 } == 4)
        }
    }

    @Test func thereAreNeverMoreSessionsThanAllowed() async throws {
        try await withHarness { harness in
            let database = try open(harness, sessions: 3, wait: 60_000)
            defer { database.close() }
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        number.isMultiple(of: 2)
                            ? try await database.read { _ in number }
                            : try await database.write { _ in number }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 199 * 100)
            #expect(database.pool.threadCount <= 3)
            // Those of the test that had this database before may still be ending.
            var open = Int64.max
            while open > 3 {
                open = try await database.read { transaction in
                    try transaction.number(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                            + "AND application_name = 'heed'"
                    )
                }
            }
            #expect(open > 0)
        }
    }

    @Test func oneSessionIsEnough() async throws {
        try await withHarness { harness in
            let database = try open(harness, sessions: 1, wait: 60_000)
            defer { database.close() }
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask { _ = try await database.read { _ in 0 } }
                    group.addTask { _ = try await database.write { _ in 0 } }
                }
                try await group.waitForAll()
            }
            #expect(database.pool.threadCount == 1)
        }
    }

    @Test func aClosedDatabaseRefuses() async throws {
        try await withHarness { harness in
            let database = try open(harness, sessions: 2, wait: 1000)
            #expect(try await database.read { _ in 1 } == 1)
            database.close()
            #expect(await failureCode { try await database.read { _ in 1 } } == "unavailable")
            #expect(await failureCode { try await database.write { _ in 1 } } == "unavailable")
        }
    }
}
