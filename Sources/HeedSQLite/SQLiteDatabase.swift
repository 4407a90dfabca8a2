// The embedded database: one file, many readers, one writer that commits in groups.

import Foundation
import GRDB
import HeedConsent
public import HeedStore
import Synchronization

/// A SQLite file as Heed's database.
///
/// Readers run on the calling thread: in WAL mode they wait for nobody. Writers are handed to one
/// queue and committed in groups with `synchronous=FULL`, so an answered write survives power loss.
public final class SQLiteDatabase: HeedStore.Database, Sendable {
    /// Whether a missing file is made.
    public enum Creation: Sendable {
        /// Make the file and its tables.
        case ifMissing
        /// Refuse, because a wrong path must not look like an empty list.
        case never
    }

    private let pool: DatabasePool
    private let vault: Vault
    private let surroundings: Surroundings
    private let group = GroupCommit()
    /// The schema steps that were applied when it was opened.
    public let applied: [String]

    /// Opens a file, brings its schema up to date and unlocks its keys.
    ///
    /// - Throws: `StoreError`: `unavailable` for a missing or unusable file, `newer`, `wrongKey`.
    public init(
        path: String,
        creation: Creation,
        masterKey: MasterKey,
        surroundings: Surroundings
    ) throws(StoreError) {
        if creation == .never, !FileManager.default.fileExists(atPath: path) {
            throw StoreError(.unavailable, "there is no database at \(path)")
        }
        self.surroundings = surroundings
        do {
            pool = try DatabasePool(path: path, configuration: SQLiteDatabase.configuration)
            (applied, vault) = try SQLiteDatabase.prepare(pool, masterKey, surroundings)
        } catch {
            throw StoreError(error)
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 8
        configuration.foreignKeysEnabled = true
        // Another process may hold the write lock, for example an import at the command line. SQLite's
        // own back-off grows to 100 ms, which starves a server beside it; 1 ms steps share fairly.
        configuration.busyMode = .callback { tries in
            Thread.sleep(forTimeInterval: 0.001)
            return tries < 10_000
        }
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }

    private static func prepare(
        _ pool: DatabasePool,
        _ masterKey: MasterKey,
        _ surroundings: Surroundings
    ) throws -> ([String], Vault) {
        try pool.writeWithoutTransaction { database in
            // GRDB sets NORMAL for WAL, which may lose the last commits on power loss.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            let connection = SQLiteConnection(database)
            _ = try connection.run("BEGIN IMMEDIATE", [])
            do {
                let steps = try Migrator(Migration.sqlite).migrate(connection, at: surroundings.now())
                let vault = try Vault.unlock(connection, with: masterKey, in: surroundings)
                _ = try connection.run("COMMIT", [])
                return (steps, vault)
            } catch {
                _ = try? connection.run("ROLLBACK", [])
                throw error
            }
        }
    }

    /// Runs `body` on a snapshot that has every commit answered before, by any process.
    public func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer { try readInline(body) }

    /// A reader of WAL never waits for a writer, so it may run where the caller is: a hop to another
    /// thread would cost more than the lookup.
    private func readInline<Answer: Sendable>(
        _ body: (Transaction) throws -> Answer
    ) throws -> Answer {
        do {
            return try pool.read { database in
                let transaction = Transaction(
                    connection: SQLiteConnection(database),
                    surroundings: surroundings,
                    vault: vault
                )
                return try body(transaction)
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// Runs `body` in the next group and returns once that group is durable.
    public func write<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Outcome<Answer>()
            let write = PendingWrite(
                run: { connection in
                    let transaction = Transaction(
                        connection: connection,
                        surroundings: self.surroundings,
                        vault: self.vault
                    )
                    let result = Result { try body(transaction) }
                    outcome.set(result)
                    if case .success = result { return true } else { return false }
                },
                answer: { failure in
                    if let failure, !outcome.isRefusal {
                        continuation.resume(throwing: failure)
                    } else {
                        continuation.resume(with: outcome.take())
                    }
                }
            )
            if group.enqueue(write) {
                pool.asyncWriteWithoutTransaction { self.group.drain($0) }
            }
        }
    }

    /// Closes all sessions; for orderly shutdown.
    public func close() throws { try pool.close() }

    /// A setting of the writing session, for `doctor` and tests.
    package func writerPragma(_ name: StaticString) throws -> Int64 {
        try pool.writeWithoutTransaction { database in
            try Int64.fetchOne(database, sql: "PRAGMA \(name)") ?? -1
        }
    }
}

/// What a body answered, kept until its group is durable.
private final class Outcome<Answer: Sendable>: Sendable {
    private let result = Mutex<Result<Answer, any Error>?>(nil)

    func set(_ value: Result<Answer, any Error>) { result.withLock { $0 = value } }

    /// True when the body itself said no: the caller gets that, whatever became of the group.
    var isRefusal: Bool {
        result.withLock { if case .failure = $0 { true } else { false } }
    }

    func take() -> Result<Answer, any Error> {
        result.withLock {
            $0 ?? .failure(StoreError(.unavailable, "the transaction did not run"))
        }
    }
}
