// The reading sessions of one database, each used by one caller at a time.

import GRDB
import HeedConsent
import HeedStore
import Synchronization

/// A few read-only sessions, opened when first needed.
///
/// A caller takes a free one; only when all are busy does it wait. In WAL mode a reader waits for
/// no writer, so the wait is as long as another read.
final class ReaderPool: Sendable {
    private let readers: [Reader]
    private let next = Atomic<Int>(0)

    /// Prepares `count` sessions on a file.
    init(path: String, configuration: Configuration, count: Int) {
        var configuration = configuration
        configuration.readonly = true
        readers = (0..<count).map { _ in Reader(path: path, configuration: configuration) }
    }

    /// Runs `body` inside one snapshot.
    func read<Answer: Sendable>(
        _ body: @Sendable (SQLiteConnection) throws -> Answer
    ) throws -> Answer {
        let first = next.wrappingAdd(1, ordering: .relaxed).newValue & Int.max
        for offset in readers.indices {
            let reader = readers[(first + offset) % readers.count]
            if let answer = reader.readIfFree(body) { return try answer.get() }
        }
        return try readers[first % readers.count].read(body).get()
    }

    /// Closes all sessions.
    func close() { for reader in readers { reader.close() } }
}

/// One session, behind a lock.
private final class Reader: Sendable {
    private let path: String
    private let configuration: Configuration
    private let session = Mutex(State.unopened)

    private enum State {
        case unopened
        case open(Session)
        case closed
    }

    init(path: String, configuration: Configuration) {
        self.path = path
        self.configuration = configuration
    }

    /// Nil when another caller has it.
    func readIfFree<Answer: Sendable>(
        _ body: @Sendable (SQLiteConnection) throws -> Answer
    ) -> Result<Answer, any Error>? {
        session.withLockIfAvailable { session in Result { try snapshot(&session, body) } }
    }

    func read<Answer: Sendable>(
        _ body: @Sendable (SQLiteConnection) throws -> Answer
    ) -> Result<Answer, any Error> {
        session.withLock { session in Result { try snapshot(&session, body) } }
    }

    func close() { session.withLock { $0 = .closed } }

    private func snapshot<Answer: Sendable>(
        _ state: inout State,
        _ body: @Sendable (SQLiteConnection) throws -> Answer
    ) throws -> Answer {
        let open: Session
        switch state {
        case .open(let session): open = session
        case .unopened: open = try Session(path: path, configuration: configuration)
        case .closed: throw StoreError(.unavailable, "the database is closed")
        }
        state = .open(open)
        _ = try open.connection.run("BEGIN", [])
        defer { _ = try? open.connection.run("COMMIT", []) }
        return try body(open.connection)
    }
}

/// An open session.
///
/// GRDB opens, sets up and closes it; in between only `connection` uses it.
private final class Session {
    private let queue: DatabaseQueue
    let connection: SQLiteConnection

    init(path: String, configuration: Configuration) throws {
        queue = try DatabaseQueue(path: path, configuration: configuration)
        connection = try queue.inDatabase { database in
            guard let session = unsafe database.sqliteConnection else {
                throw StoreError(.unavailable, "the database is closed")
            }
            return unsafe SQLiteConnection(session)
        }
    }
}
