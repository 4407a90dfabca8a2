// Waiting writers share a flush, and none of them shares another one's fate except the flush's.

import Foundation
import HeedConsent
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("GroupCommit", .timeLimit(.minutes(10)))
struct GroupCommitTests {
    private struct Stop: Error {}
    private static let writers = 64

    /// Runs `body` with an empty installation whose log is at the start.
    private func withInstallation(_ body: (Installation) async throws -> Void) async throws {
        try await Backend.sqlite.withDatabase { try await body($0) }
    }

    @Test func waitingWritersShareCommits() async throws {
        try await withInstallation { installation async throws in
            let before = try WriteAheadLog(in: installation.folder).commits
            let failures = await writeTogether(64, on: installation.database) {
                number,
                transaction in
                try addKey(number, transaction)
            }
            #expect(failures.allSatisfy { $0.value == nil })
            #expect(try await keys(installation.database) == Set(0..<64))
            #expect(try await keys(installation.reopened()) == Set(0..<64))
            let commits = try WriteAheadLog(in: installation.folder).commits - before
            // One for the first where it is alone, one for those who waited, a few who came late.
            #expect((1...16).contains(commits), "\(commits) commits for 64 writers")
        }
    }

    /// The count above can fail: writers one after the other get a commit each.
    @Test func aSingleWriterWaitsForNobody() async throws {
        try await withInstallation { installation async throws in
            let before = try WriteAheadLog(in: installation.folder).commits
            for number in 0..<16 {
                try await installation.database.write { try addKey(number, $0) }
            }
            #expect(try WriteAheadLog(in: installation.folder).commits - before == 16)
        }
    }

    @Test func oneFailureAmongManyIsItsOwn() async throws {
        try await withInstallation { installation async throws in
            let failures = await writeTogether(64, on: installation.database) {
                number,
                transaction in
                try addKey(number, transaction)
                if number == 40 { throw StoreError(.corrupt, "only mine") }
            }
            #expect(failures[40] == StoreError(.corrupt, "only mine"))
            #expect(failures.filter { $0.value != nil }.count == 1)
            #expect(try await keys(installation.database) == Set(0..<64).subtracting([40]))
        }
    }

    @Test func aConstraintThatFailsIsItsOwn() async throws {
        try await withInstallation { installation async throws in
            let failures = await writeTogether(64, on: installation.database) {
                number,
                transaction in
                // Pairs of writers want the same row; one of each is refused.
                try addKey(number / 2, transaction)
            }
            #expect(
                failures.values.compactMap { $0?.code } == Array(repeating: .refused, count: 32)
            )
            #expect(try await keys(installation.database) == Set(0..<32))
        }
    }

    /// A deferred foreign key is looked at by COMMIT, after every body has said yes.
    @Test func aFailingCommitIsEverybodysAnswer() async throws {
        try await withInstallation { installation async throws in
            let failures = await writeTogether(64, on: installation.database) {
                number,
                transaction in
                try addKey(number, transaction)
                guard number == 40 else { return }
                _ = try transaction.connection.run("PRAGMA defer_foreign_keys = ON", [])
                _ = try transaction.connection.run(
                    "INSERT INTO contact_keys VALUES (zeroblob(16), x'00')",
                    []
                )
            }
            let failed = Set(failures.filter { $0.value != nil }.keys)
            #expect(failed.contains(40))
            #expect(failed.count > 32)
            #expect(failures.values.compactMap { $0 }.allSatisfy { $0.code == .refused })
            // Whoever was told no has no row, whoever was told yes has one.
            #expect(try await keys(installation.database) == Set(0..<64).subtracting(failed))
            #expect(try await installation.number("SELECT count(*) FROM contact_keys") == 0)
            try await installation.database.write { try addKey(100, $0) }
            #expect(try await keys(installation.database).contains(100))
        }
    }

    /// A refusal is the rule's answer, whatever becomes of the flush it would have shared.
    @Test func aRefusalStaysARefusalWhenTheCommitFails() async throws {
        try await withInstallation { installation async throws in
            let failures = await writeTogether(64, on: installation.database) {
                number,
                transaction in
                if number.isMultiple(of: 2), number > 0 { throw StoreError(.newer, "no") }
                _ = try transaction.connection.run("PRAGMA defer_foreign_keys = ON", [])
                _ = try transaction.connection.run(
                    "INSERT INTO contact_keys VALUES (randomblob(16), x'00')",
                    []
                )
            }
            for (number, failure) in failures {
                let said: StoreError.Code =
                    number > 0 && number.isMultiple(of: 2) ? .newer : .refused
                #expect(failure?.code == said)
            }
        }
    }

    @Test func aBodyMayFailInsideAndGoOn() async throws {
        try await withInstallation { installation async throws in
            try await installation.database.write { transaction in
                try addKey(1, transaction)
                _ = try transaction.connection.run("SAVEPOINT inner", [])
                try addKey(2, transaction)
                #expect(throws: StoreError.self) { try addKey(2, transaction) }
                _ = try transaction.connection.run("ROLLBACK TO inner", [])
                _ = try transaction.connection.run("RELEASE inner", [])
                #expect(throws: StoreError.self) { try addKey(1, transaction) }
                try addKey(3, transaction)
            }
            #expect(try await keys(installation.database) == [1, 3])
        }
    }

    /// A body that leaves a savepoint open takes it along when it fails.
    @Test func aSavepointLeftOpenEndsWithItsBody() async throws {
        try await withInstallation { installation async throws in
            await #expect(throws: Stop.self) {
                try await installation.database.write { transaction in
                    try addKey(1, transaction)
                    _ = try transaction.connection.run("SAVEPOINT inner", [])
                    try addKey(2, transaction)
                    throw Stop()
                }
            }
            try await installation.database.write { transaction in
                _ = try transaction.connection.run("SAVEPOINT inner", [])
                try addKey(3, transaction)
            }
            #expect(try await keys(installation.database) == [3])
        }
    }

    /// A transaction that is gone takes all its members with it, and each of them is told.
    @Test func aTransactionThatEndsEarlyIsAnError() async throws {
        try await withInstallation { installation async throws in
            let failures = await writeTogether(8, on: installation.database) {
                number,
                transaction in
                try addKey(number, transaction)
                if number == 5 { _ = try transaction.connection.run("ROLLBACK", []) }
            }
            let failed = Set(failures.filter { $0.value != nil }.keys)
            #expect(failed.contains(5))
            #expect(failures.values.compactMap { $0 }.allSatisfy { $0.code == .unavailable })
            #expect(try await keys(installation.database) == Set(0..<8).subtracting(failed))
        }
    }

    /// More than fit in one group are all served, in order of arrival.
    @Test func aLongQueueIsDrained() async throws {
        try await withInstallation { installation async throws in
            let order = Mutex<[Int]>([])
            let failures = await writeTogether(600, on: installation.database) {
                number,
                transaction in
                try addKey(number, transaction)
                order.withLock { $0.append(number) }
            }
            #expect(failures.allSatisfy { $0.value == nil })
            #expect(try await keys(installation.database).count == 600)
            #expect(order.withLock { Set($0).count } == 600)
        }
    }
}
