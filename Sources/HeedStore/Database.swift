// The seam to the databases: a closure per transaction, run by one of two engines.

public import HeedConsent

/// A database that holds the tables of the migrations.
///
/// - A `read` sees every commit that was answered before it began, on any node.
/// - A `write` that returned is durable. One that threw changed nothing, except
///   `StoreError.unknown`.
/// - Bodies are synchronous and get a value that cannot leave them, so no body can wait for a
///   network, keep a transaction, or share it with a task.
public protocol Database: Sendable {
    /// Runs `body` on one consistent snapshot.
    func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer

    /// Runs `body` in a transaction and commits it.
    ///
    /// It may run more than once after a conflict; only the last run counts. It may share its
    /// transaction with others that could as well have run at the same time.
    func write<Answer: Sendable>(
        needing needs: Needs,
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer

    /// Overwrites what was deleted in the database's files, as far as this engine lets Heed.
    ///
    /// On PostgreSQL that is the server's own work (VACUUM, its log and backups), so nothing is
    /// done there; what was deleted is sealed under keys that are gone as well.
    func clean() async throws

    /// Why what was stopped cannot be written down beside the database at present; nil when it can,
    /// and where nothing is written there.
    ///
    /// Asking writes what waits, so that it is over once the cause is.
    func journalFault() async -> StoreError?

    /// What the database looks like at present, without a statement; nil where it cannot be seen.
    func moment() -> Moment?
}

extension Database {
    /// It cannot be seen.
    public func moment() -> Moment? { nil }

    /// The same for a body of which nothing is known before it runs.
    public func write<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer { try await write(needing: Needs(), body) }
}

/// One open session that runs one SQL text.
///
/// Each engine has one conforming type.
package protocol SQLConnection: AnyObject {
    /// The fragments that are this engine's own.
    var dialect: Dialect { get }

    /// Runs a statement and answers all its rows.
    func run(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) -> [Row]

    /// Runs a statement for its effect.
    ///
    /// A failure may show only at the next statement with rows, or at commit.
    func post(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError)

    /// Inserts a row, at once or together with others before the next statement of any other kind.
    func insert(_ row: [SQLValue], with insertion: Insertion) throws(StoreError)

    /// Runs statements one after the other, and answers the rows of each.
    ///
    /// On a server they share round trips.
    func runAll(_ statements: [Statement]) throws(StoreError) -> [[Row]]

    /// Runs the statements of a migration script.
    func runScript(_ script: String) throws(StoreError)
}

/// Where time and chance come from.
///
/// Injected, so that a test owns both.
public struct Surroundings: Sendable {
    /// The present.
    public let now: @Sendable () -> Timestamp
    /// 64 random bits a call, from a generator fit for keys.
    public let random: @Sendable () -> UInt64

    /// Takes both sources.
    public init(
        now: @escaping @Sendable () -> Timestamp,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.now = now
        self.random = random
    }

    /// `count` random bytes.
    package func randomBytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            let word = random()
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return Array(bytes.prefix(count))
    }
}
