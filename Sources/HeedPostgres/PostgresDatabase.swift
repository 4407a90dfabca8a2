// PostgreSQL as Heed's database: many nodes, many writers, one truth on the primary.

import Dispatch
public import HeedConsent
package import HeedJournal
public import HeedStore
import Synchronization

/// A PostgreSQL database as Heed's database.
///
/// Bodies run on threads of their own sessions, never on the caller's. Reads see a snapshot of the
/// primary taken after they were asked for, so they have every commit answered before, by any node.
/// Writes run at READ COMMITTED under the locks that `Transaction+Locks.swift` takes, and run again
/// after a conflict.
public final class PostgresDatabase: Database, Sendable {
    /// What opening does to the schema.
    public enum Opening: Sendable {
        /// Refuse a database without the tables, or with older ones: the application's role may not
        /// make any.
        case existing
        /// Make or update the tables; needs the role that owns them.
        case migrating
    }

    let options: PostgresOptions
    /// A random name, by which it knows its own notifications.
    let node: String
    let pool: SessionPool
    /// The keys as they were last found.
    private let vault: Mutex<Vault>
    private let surroundings: Surroundings
    /// What is written down beside the server; nil where no journal is kept.
    package let journal: Journal?
    /// The schema steps that were applied when it was opened.
    public let applied: [String]

    /// Connects, checks role and schema, and unlocks the keys.
    ///
    /// - Throws: `StoreError`: `unavailable` when the server cannot be reached or has no tables,
    ///   `refused` for a role with too many rights, `newer`, `corrupt`, `wrongKey`.
    public convenience init(
        _ options: PostgresOptions,
        opening: Opening,
        masterKey: MasterKey,
        surroundings: Surroundings
    ) throws(StoreError) {
        try self.init(options, opening: opening, surroundings: surroundings) {
            _ throws(StoreError) in masterKey
        }
    }

    /// Connects like the other initialiser, with a key that may depend on whether the database is
    /// new: only a new one may get a new key.
    public init(
        _ options: PostgresOptions,
        opening: Opening,
        surroundings: Surroundings,
        masterKey: (_ isNew: Bool) throws(StoreError) -> MasterKey
    ) throws(StoreError) {
        self.options = options
        self.surroundings = surroundings
        node = String(surroundings.random(), radix: 16)
        let connection = try PostgresConnection(options)
        switch opening {
        case .existing: applied = []
        case .migrating: applied = try connection.migrate(at: surroundings.now())
        }
        try connection.checkSchema()
        if case .applicationOnly = options.roles { try connection.checkRole() }
        try connection.checkPositions()
        let key = try masterKey(try connection.hasNoKeys())
        let vault = try connection.unlock(with: key, in: surroundings)
        self.vault = Mutex(vault)
        journal = try options.journal.map { journal throws(StoreError) in
            try connection.journal(journal, vault, surroundings)
        }
        pool = SessionPool(options)
    }

    /// Makes or updates the tables, and needs no key for it.
    ///
    /// - Returns: the names of the steps that were applied.
    public static func migrate(
        _ options: PostgresOptions,
        at now: Timestamp
    ) throws(StoreError) -> [String] { try PostgresConnection(options).migrate(at: now) }

    /// Runs a script on a session of its own, outside any transaction; for tests.
    package static func runScript(
        _ script: String,
        _ options: PostgresOptions
    ) throws(StoreError) { try PostgresConnection(options).runScript(script) }

    private var deadline: DispatchTime { .now() + .milliseconds(options.waitMilliseconds) }

    /// Runs `body` on a snapshot of the primary.
    public func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        let deadline = deadline
        return try await withCheckedThrowingContinuation { continuation in
            pool.submit(
                PoolWork(
                    lane: .reading,
                    deadline: deadline,
                    run: { session in
                        session.read(until: deadline) { connection in
                            try body(self.first(on: connection, .reading))
                        } answer: {
                            continuation.resume(with: $0)
                        }
                    },
                    refuse: { continuation.resume(throwing: $0) }
                )
            )
        }
    }

    /// Nothing: rows that were deleted are the server's to overwrite (VACUUM), and what was
    /// personal in them is sealed under keys that went with them.
    public func clean() async throws {}

    /// Why the journal of this node cannot be written at present.
    public func journalFault() async -> StoreError? { journal?.fault() }

    /// Runs `body` in a transaction and returns once it is durable.
    ///
    /// - Throws: `StoreError.unknown` when the connection broke during commit: the change may have
    ///   been made. Commands may be repeated; a repeat finds what was done.
    public func write<Answer: Sendable>(
        needing needs: Needs,
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        let deadline = deadline
        return try await withCheckedThrowingContinuation { continuation in
            let kept = Mutex<Result<Answer, any Error>?>(nil)
            let member = GroupMember(
                needs: needs,
                run: { transaction in
                    let result = Result { try body(transaction) }
                    kept.withLock { $0 = result }
                    return (try? result.get()) != nil
                },
                answer: { failure in
                    let result = kept.withLock { $0 }
                    // Who was told no has changed nothing, whatever became of the group.
                    if case .failure(let refusal) = result {
                        continuation.resume(throwing: refusal)
                    } else if let failure {
                        continuation.resume(throwing: failure)
                    } else if let result {
                        continuation.resume(with: result)
                    }
                }
            )
            let alone = PoolWork(
                lane: .writing,
                deadline: deadline,
                run: { session in
                    let result = Result {
                        try self.journaled { keep in
                            try session.write(until: deadline) { connection in
                                let draft = self.journal.map { _ in JournalDraft() }
                                let answer = try self.alone(connection, needs, draft, body)
                                keep(draft?.entries ?? [])
                                return answer
                            }
                        }
                    }
                    continuation.resume(with: result)
                },
                refuse: { continuation.resume(throwing: $0) }
            )
            pool.submit(needs.isAboutFew ? shared(Companion(member: member, alone: alone)) : alone)
        }
    }

    private func shared(_ companion: Companion) -> PoolWork {
        PoolWork(
            lane: .grouped,
            deadline: companion.alone.deadline,
            run: { session in self.runGroup(companion, on: session) },
            refuse: companion.alone.refuse,
            companion: companion
        )
    }

    /// Commits, and answers once the journal has what was stopped.
    private func journaled<Answer>(
        _ commit: (_ keep: ([JournalEntry]) -> Void) throws -> Answer
    ) throws -> Answer {
        // While the journal cannot be written nothing more is committed either.
        if journal?.isBehind == true { try journal?.settle([]) }
        var entries: [JournalEntry] = []
        let answer: Answer
        do {
            answer = try commit { entries = $0 }
        } catch let error as StoreError where error.code == .unknown {
            // Done or not, nobody knows: the journal gets it, marked so.
            try? journal?.settle(entries, isCertain: false)
            throw error
        }
        if let failure = journal?.failure(settling: entries) { throw failure }
        return answer
    }

    private func alone<Answer>(
        _ connection: PostgresConnection,
        _ needs: Needs,
        _ draft: JournalDraft?,
        _ body: (Transaction) throws -> Answer
    ) throws -> Answer {
        let first = try first(on: connection, .writing)
        let foresight = try first.foresee([needs], .wait)[0]
        return try body(first.next(foresight ?? Foresight(), draft))
    }

    /// Runs a piece of work, and with it those that wait and may share its transaction.
    private func runGroup(_ first: Companion, on session: Session) {
        let all = [first] + pool.takeCompanions(atMost: GroupWrite.membersMaximum - 1)
        defer { pool.groupEnded(all.count) }
        guard all.count > 1 else { return first.alone.run(session) }
        if journal?.isBehind == true {
            for companion in all { companion.alone.run(session) }
            return
        }
        let group = GroupWrite(members: all.map(\.member), journal: journal) {
            connection throws(StoreError) in try self.first(on: connection, .writing)
        }
        for index in group.run(on: session, until: first.alone.deadline) {
            let work = all[index].alone
            if work.deadline > .now() {
                pool.submit(work)
            } else {
                // It has waited for a lock as long as its caller waits.
                work.refuse(StoreError(.busy, "PostgreSQL: a lock was held for the time to wait"))
            }
        }
    }

    /// The first view on a session of a transaction, with the keys as they are now: where the last
    /// transaction of this session failed for old ones they are read again.
    private func first(
        on connection: PostgresConnection,
        _ mode: Transaction.Mode
    ) throws(StoreError) -> Transaction {
        var keys = vault.withLock { $0 }
        if connection.hadOldKeys {
            // Its turn before the next change: those come one after the other, and would overtake
            // it each time.
            if case .writing = mode { try connection.keepKeys() }
            keys = try keys.current(on: connection)
            let current = keys
            vault.withLock { $0 = current }
        }
        try connection.requireKeys(keys.lookupEpoch, mode)
        return Transaction(
            connection: connection,
            mode: mode,
            surroundings: surroundings,
            vault: keys
        )
    }

    /// Ends all sessions when they are done with what they have; what waits is refused.
    public func close() { pool.close() }
}
