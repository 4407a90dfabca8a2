// The embedded database as a file: how it opens, what it is set to, and two processes on one file.

import Foundation
import HeedConsent
import HeedSQLite
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("SQLiteDatabase", .timeLimit(.minutes(10)))
struct SQLiteDatabaseTests {
    private func open(
        _ file: URL,
        _ creation: SQLiteDatabase.Creation = .ifMissing,
        seed: UInt64 = 1
    ) throws -> SQLiteDatabase {
        try SQLiteDatabase(
            path: file.path,
            creation: creation,
            masterKey: Sample.masterKey(1),
            surroundings: .seeded(seed, clock: TestClock())
        )
    }

    private func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }

    @Test func aFreshFileGetsAllSteps() async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "a.sqlite")
            #expect(try open(file).applied == Migration.sqlite.map(\.name))
            #expect(try open(file).applied == [])
            #expect(try open(file, .never).applied == [])
        }
    }

    @Test func aMissingFileIsNotMadeUnasked() async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "a.sqlite")
            let error = #expect(throws: StoreError.self) { try open(file, .never) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains(file.path) == true)
            #expect(!exists(file))
        }
    }

    @Test func aMissingFolderIsRefused() async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "nowhere/a.sqlite")
            let error = #expect(throws: StoreError.self) { try open(file) }
            #expect(error?.code == .unavailable)
            let asFile = #expect(throws: StoreError.self) { try open(folder) }
            #expect(asFile?.code == .unavailable)
        }
    }

    static let garbage: [[UInt8]] = [
        Array("this is a text file, and rather longer than a header of a database would be\n".utf8)
            + Array(repeating: 0x20, count: 500),
        Array(repeating: 0xFF, count: 8192),
        Array("SQLite format 3\u{0}".utf8) + Array(repeating: 0xAA, count: 8192),
    ]

    @Test(arguments: garbage)
    func garbageIsRefusedAndLeftAlone(_ bytes: [UInt8]) async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "a.sqlite")
            try Data(bytes).write(to: file)
            let error = #expect(throws: StoreError.self) { try open(file) }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("not a database") == true)
            #expect(try Data(contentsOf: file) == Data(bytes))
        }
    }

    @Test func theWriterIsSetToSurvivePowerLoss() async throws {
        try await withTemporaryFolder { folder async throws in
            let database = try open(folder.appending(path: "a.sqlite"))
            #expect(try database.writerPragma("synchronous") == 2)
            #expect(try database.writerPragma("secure_delete") == 1)
            #expect(try database.writerPragma("foreign_keys") == 1)
            #expect(try database.writerPragma("recursive_triggers") == 0)
            let settings = try await database.write { transaction in
                let connection = transaction.connection
                return [
                    try connection.run("PRAGMA journal_mode", []),
                    try connection.run("PRAGMA synchronous", []),
                ]
            }
            #expect(settings == [[Row([.text("wal")])], [Row([.integer(2)])]])
        }
    }

    @Test func twoSessionsSeeEachOtherAtOnce() async throws {
        try await Backend.sqlite.withEngine { installation in
            let other = try installation.reopened()
            for number in 0..<20 {
                let writer = number.isMultiple(of: 2) ? installation.database : other
                try await writer.write { try addKey(number, $0) }
                for reader in [installation.database, other] {
                    #expect(try await keys(reader) == Set(0...number))
                }
            }
        }
    }

    @Test func twoSessionsWriteUnderContention() async throws {
        try await Backend.sqlite.withEngine { installation in
            let other = try installation.reopened()
            try await withThrowingTaskGroup { group in
                for number in 0..<200 {
                    let writer = number.isMultiple(of: 2) ? installation.database : other
                    group.addTask { try await writer.write { try addKey(number, $0) } }
                }
                try await group.waitForAll()
            }
            #expect(try await keys(installation.database) == Set(0..<200))
            #expect(try await keys(other) == Set(0..<200))
        }
    }

    /// `serve` and a command may start on a new folder at the same moment.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func manyMayMakeTheFileAtOnce(_ round: UInt64) async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "a.sqlite")
            let address = try Sample.address()
            let opened = Mutex<[Result<SQLiteDatabase, any Error>]>([])
            // Threads of their own, as processes have, and all of them at the line together.
            let line = DispatchSemaphore(value: 0)
            let finished = DispatchGroup()
            for number in 0..<6 as Range<UInt64> {
                finished.enter()
                Thread.detachNewThread {
                    line.wait()
                    let result = Result { try open(file, seed: round * 10 + number) }
                    opened.withLock { $0.append(result) }
                    finished.leave()
                }
            }
            for _ in 0..<6 { line.signal() }
            await withCheckedContinuation { continuation in
                finished.notify(queue: .global()) { continuation.resume() }
            }
            var keys: Set<[UInt8]> = []
            for result in opened.withLock({ $0 }) {
                let database = try result.get()
                keys.insert(
                    try await database.read { $0.vault.lookupKeys(for: address).match }
                )
            }
            #expect(keys.count == 1)
        }
    }

    /// One body is one snapshot, whatever others commit meanwhile: its first statement takes it, so
    /// that the guard's index can put snapshots in an order.
    @Test(arguments: [true, false])
    func aReadStandsOnOneSnapshot(readsBefore: Bool) async throws {
        try await Backend.sqlite.withEngine { installation in
            let other = try #require(try installation.reopened() as? SQLiteDatabase)
            let reading = DispatchSemaphore(value: 0)
            let (started, begin) = AsyncStream<Void>.makeStream()
            async let written: Void = installation.database.write { transaction in
                begin.finish()
                reading.wait()
                try addKey(1, transaction)
            }
            for await _ in started {}
            let counts = try await installation.database.read { transaction in
                let before = readsBefore ? try transaction.apiKeys().count : nil
                let version = try other.writerPragma("data_version")
                reading.signal()
                // The writer has its own thread; its commit shows in another session.
                while try other.writerPragma("data_version") == version {}
                return [before, try transaction.apiKeys().count]
            }
            try await written
            #expect(counts == (readsBefore ? [0, 0] : [nil, 1]))
            #expect(try await keys(installation.database) == [1])
        }
    }

    @Test func aFullDiskIsSaidAndChangesNothing() async throws {
        try await Backend.sqlite.withEngine { installation in
            // The smallest limit SQLite takes is the present size.
            try await installation.sql("PRAGMA max_page_count = 1")
            let effect = try await installation.effect {
                try await installation.database.write { transaction in
                    try addKey(1, transaction)
                    for number in 0..<200 {
                        let contact = Sample.contact(UInt64(number))
                        let address = try Sample.address(number)
                        let decision = Decision((), events: [.contactAdded(contact, [address])])
                        _ = try transaction.record(decision, by: Sample.actor)
                    }
                }
            }
            #expect(effect == .refused("disk-full"))
            try await installation.sql("PRAGMA max_page_count = 1000000")
            try await installation.database.write { try addKey(2, $0) }
            #expect(try await keys(installation.database) == [2])
        }
    }

    /// Those who shared a group with it are told as well, or are durable: nothing in between.
    @Test func aFullDiskInAGroupLosesNothingAcknowledged() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.sql("PRAGMA max_page_count = 1")
            let failures = await writeTogether(300, on: installation.database) {
                number,
                transaction in
                try addKey(number, transaction)
                let address = try Sample.address(number)
                let contact = Sample.contact(UInt64(number))
                let decision = Decision((), events: [.contactAdded(contact, [address])])
                _ = try transaction.record(decision, by: Sample.actor)
            }
            let failed = Set(failures.filter { $0.value != nil }.keys)
            #expect(!failed.isEmpty)
            let codes = Set(failures.values.compactMap { $0?.code })
            #expect(codes.isSubset(of: [.full, .unavailable]) && codes.contains(.full))
            #expect(try await keys(installation.database) == Set(0..<300).subtracting(failed))
        }
    }

    @Test func aReadOnlyFileIsSaidAndChangesNothing() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.sql("PRAGMA query_only = ON")
            let effect = try await installation.effect {
                try await installation.decide(Sample.address())
            }
            #expect(effect == .refused("unavailable"))
            // Another session, that may write, goes on from where it was.
            let other = try installation.reopened()
            try await other.write { try addKey(1, $0) }
            #expect(try await keys(installation.database) == [1])
        }
    }

    @Test func aClosedDatabaseAnswersWithAnError() async throws {
        try await withTemporaryFolder { folder async throws in
            let database = try open(folder.appending(path: "a.sqlite"))
            try database.close()
            let reading = await failureCode { try await database.read { try $0.position() } }
            let writing = await failureCode { try await database.write { try addKey(1, $0) } }
            #expect(reading == "unavailable")
            #expect(writing == "unavailable")
        }
    }
}
