// The embedded database: one file, many readers, one writer that commits in groups.

import Foundation
import GRDB
import HeedConsent
public import HeedJournal
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

    /// Where the file is.
    let path: String
    private let pool: DatabasePool
    /// The keys as they were last found.
    private let vault: Mutex<Vault>
    private let surroundings: Surroundings
    private let readers: ReaderPool
    private let group: GroupCommit
    /// Sees commits without a statement; nil where SQLite shows none.
    private let watch: Mutex<CommitWatch?>
    /// What is written down beside the file; nil where no journal is kept.
    package let journal: Journal?
    /// The writing session; used on the pool's writing queue only.
    private let writer = Mutex<SQLiteConnection?>(nil)
    /// The schema steps that were applied when it was opened.
    public let applied: [String]

    /// Opens a file, brings its schema up to date and unlocks its keys.
    ///
    /// - Throws: `StoreError`: `unavailable` for a missing or unusable file, `newer`, `wrongKey`.
    public init(
        path: String,
        creation: Creation,
        masterKey: MasterKey,
        surroundings: Surroundings,
        journal options: JournalOptions? = nil
    ) throws(StoreError) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if creation == .never, (attributes?[.size] as? Int ?? 0) == 0 {
            throw StoreError(.unavailable, "there is no database at \(path)")
        }
        // Before the first use: later it has no effect, and nothing but speed is lost.
        _ = PageMemory.isTakenOneByOne
        self.surroundings = surroundings
        self.path = path
        let configuration = SQLiteDatabase.configuration
        readers = ReaderPool(path: path, configuration: configuration, count: 8)
        do {
            pool = try SQLiteDatabase.openPool(path)
            let vault: Vault
            (applied, vault) = try SQLiteDatabase.prepare(pool, masterKey, surroundings)
            self.vault = Mutex(vault)
            journal = try SQLiteDatabase.journal(options, pool, vault, surroundings)
            group = GroupCommit(journal: journal, place: FilePlace(path))
            watch = Mutex(try CommitWatch(path: path, configuration: configuration))
        } catch {
            throw StoreError(error)
        }
    }

    /// While two processes switch a new file to WAL, SQLite sees a deadlock and says busy at once,
    /// without asking the busy handler; so this is tried again.
    private static func openPool(_ path: String) throws -> DatabasePool {
        var tries = 0
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError
                where error.resultCode == .SQLITE_BUSY && tries < 1000
            {
                tries += 1
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        // Another process may hold the write lock, for example an import at the command line.
        // SQLite's own back-off grows to 100 ms, which starves a server beside it; 1 ms steps share
        // fairly.
        configuration.busyMode = .callback { tries in
            Thread.sleep(forTimeInterval: 0.001)
            return tries < 10_000
        }
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA secure_delete = ON")
            // In KiB. SQLite's 2 MiB hold the inner pages of a few ten thousand people; a guard
            // that reads them from the file again spends most of its time there.
            try database.execute(sql: "PRAGMA cache_size = -16384")
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
            // In pages: 32 MB of log before it is copied into the file. With SQLite's 1,000 an
            // import copies a page each time one of its rows changes.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
            let connection = try SQLiteDatabase.connection(of: database)
            _ = try connection.run("BEGIN IMMEDIATE", [])
            do {
                try SQLiteDatabase.claim(connection)
                let steps = try Migrator(Migration.sqlite).migrate(
                    connection,
                    at: surroundings.now()
                )
                let vault = try Vault.unlock(connection, with: masterKey, in: surroundings)
                _ = try connection.run("COMMIT", [])
                return (steps, vault)
            } catch {
                _ = try? connection.run("ROLLBACK", [])
                throw error
            }
        }
    }

    private static func journal(
        _ options: JournalOptions?,
        _ pool: DatabasePool,
        _ vault: Vault,
        _ surroundings: Surroundings
    ) throws -> Journal? {
        guard let options else { return nil }
        // Outside a transaction: what others commit and write down meanwhile has to be seen.
        return try pool.writeWithoutTransaction { database in
            try Journal.open(
                options,
                on: try SQLiteDatabase.connection(of: database),
                vault: vault,
                in: surroundings
            )
        }
    }

    /// Puts Heed's mark on a new file, and refuses another program's: `HEED` in ASCII.
    private static func claim(_ connection: SQLiteConnection) throws(StoreError) {
        let mark: Int64 = 0x4845_4544
        let found = try connection.run("PRAGMA application_id", []).first?.integer(0)
        guard found != mark else { return }
        let tables = try connection.run("SELECT count(*) FROM sqlite_master", [])
        guard found == 0, try tables.first?.integer(0) == 0 else {
            throw StoreError(.corrupt, "the file is a SQLite database, but not one of Heed's")
        }
        try connection.runScript("PRAGMA application_id = 1212499268")
    }

    /// Runs `body` on a snapshot that has every commit answered before, by any process.
    public func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer { try readInline(body) }

    /// A reader of WAL never waits for a writer, so it may run where the caller is: a hop to
    /// another thread would cost more than the lookup.
    private func readInline<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) throws -> Answer {
        do {
            while true {
                if let answer = try readers.read({ try attempt(body, on: $0) }) {
                    return try answer.get()
                }
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// Nil when the snapshot has other keys than were known; they are known then.
    private func attempt<Answer: Sendable>(
        _ body: @Sendable (Transaction) throws -> Answer,
        on connection: SQLiteConnection
    ) throws -> Result<Answer, any Error>? {
        let vault = vault.withLock { $0 }
        connection.requireKeys(vault.lookupEpoch)
        defer { connection.forgetKeys() }
        let transaction = Transaction(
            connection: connection,
            mode: .reading,
            surroundings: surroundings,
            vault: vault
        )
        let answer = Result { try body(transaction) }
        guard connection.hadOldKeys else { return answer }
        connection.forgetKeys()
        _ = try keys(on: connection)
        return nil
    }

    /// The keys as the open snapshot has them: another process may have changed how addresses are
    /// found.
    private func keys(on connection: SQLiteConnection) throws(StoreError) -> Vault {
        let known = vault.withLock { $0 }
        let current = try known.current(on: connection)
        if current.lookupEpoch != known.lookupEpoch { vault.withLock { $0 = current } }
        return current
    }

    private static func connection(
        of database: GRDB.Database
    ) throws(StoreError) -> SQLiteConnection {
        guard let session = unsafe database.sqliteConnection else {
            throw StoreError(.unavailable, "the database is closed")
        }
        return unsafe SQLiteConnection(session)
    }

    /// What the file looks like at present: the head of the log's index, which each commit changes.
    public func moment() -> Moment? {
        guard let mark = watch.withLock({ $0 })?.mark() else { return nil }
        return Moment(mark: mark, now: surroundings.now())
    }

    /// Runs `body` in the next group and returns once that group is durable.
    ///
    /// What it needs is read when it asks: there are no round trips to save.
    public func write<Answer: Sendable>(
        needing needs: Needs,
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Outcome<Answer>()
            let write = PendingWrite(
                run: { connection in
                    let draft = self.journal.map { _ in JournalDraft() }
                    let result = Result {
                        let transaction = Transaction(
                            connection: connection,
                            mode: .writing,
                            surroundings: self.surroundings,
                            vault: try self.keys(on: connection),
                            journal: draft
                        )
                        return try body(transaction)
                    }
                    outcome.set(result)
                    guard case .success = result else { return nil }
                    return draft?.entries ?? []
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
                pool.asyncWriteWithoutTransaction { self.drain($0) }
            }
        }
    }

    private func drain(_ database: GRDB.Database) {
        writer.withLock { writer in
            do {
                let connection = try writer ?? SQLiteDatabase.connection(of: database)
                writer = connection
                group.drain(on: connection)
            } catch {
                group.refuseAll(StoreError(error))
            }
        }
    }

    /// Moves the write-ahead log into the file and empties it.
    ///
    /// In the pages `secure_delete` has overwritten what was deleted; the log has it until then.
    ///
    /// - Throws: `StoreError.busy` while a reader still needs the log.
    public func clean() async throws {
        do {
            try await pool.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// Why the journal beside the file cannot be written at present.
    public func journalFault() async -> StoreError? { journal?.fault() }

    /// Closes all sessions; for orderly shutdown.
    public func close() throws {
        readers.close()
        watch.withLock { $0 = nil }
        // Statements go before the session they belong to.
        writer.withLock { $0 = nil }
        try pool.close()
    }

    /// A setting of the writing session; for tests.
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
