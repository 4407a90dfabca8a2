// The guard for many addresses from memory, proven fresh before each answer.

import HeedConsent
import HeedStore
import Synchronization

/// An index of what the guard reads, which answers only as of a snapshot that was taken after the
/// question.
///
/// Each question asks the database what has happened since the last one, has the people it is about
/// read again in the same snapshot, and is answered then. So nobody has to tell the index
/// anything: it sees what any process has committed. Where that would take too long it does not
/// answer, and the SQL guard does; somebody else calls `maintain` meanwhile.
///
/// One question at a time holds the lock, from before its snapshot to its answer: an older snapshot
/// can never overwrite what a newer one has brought.
public final class GuardIndex: Sendable {
    /// What it has done so far.
    public struct Figures: Hashable, Sendable {
        /// Questions it answered.
        public fileprivate(set) var answered = 0
        /// Questions it left to the SQL guard.
        public fileprivate(set) var passed = 0
        /// People that were read again.
        public fileprivate(set) var reloaded = 0
        /// How often everything was read.
        public fileprivate(set) var built = 0
        /// Addresses in it; 0 while it cannot answer.
        public fileprivate(set) var addresses = 0
        /// Bytes it takes for people and blocks.
        public fileprivate(set) var bytes = 0
    }

    /// How much is too much.
    package struct Limits: Sendable {
        /// Events that a question may have to wait for.
        package var changes = 5000
        /// Events after which everything is read again.
        package var backlog = 50_000
        /// Rows that are read at a time.
        package var page = 5000

        /// The usual ones.
        package init() {}
    }

    /// Thrown where the index cannot prove that it is fresh; the SQL guard can be asked.
    struct Unproven: Error {
        let cause: any Error
    }

    private struct State: Sendable {
        /// Nil while it has not been read, or is being brought up to date.
        var table: GuardTable?
        /// Why the table cannot answer; nil while it can.
        var gap: GuardGap? = .everything
        /// What the table was last proven fresh by; nil where the database shows no moments.
        var proof: Proof?
        var isMaintained = false
        var isAsked = false
        var figures = Figures()

        /// The proof of the table, where it holds at a moment.
        func proof(at moment: Moment) -> Proof? {
            guard gap == nil, let proof, proof.mark == moment.mark else { return nil }
            return proof
        }
    }

    /// That the table is as of a mark, or later.
    ///
    /// A class: it is passed on with each answer, and a vault has many parts.
    final class Proof: Sendable {
        let mark: Moment.Mark
        /// The keys of the same snapshot.
        let vault: Vault
        let position: Int64

        init(mark: Moment.Mark, vault: Vault, position: Int64) {
            self.mark = mark
            self.vault = vault
            self.position = position
        }
    }

    private let state = Mutex(State())
    /// Questions answered without a transaction, counted beside the lock and once each.
    private let provenAnswers = Atomic<Int>(0)
    private let limits: Limits
    /// Rung when there is something to maintain.
    public let wanted = Doorbell()

    /// Makes an index that knows nothing yet.
    public init() { limits = Limits() }

    /// The same with other limits; for tests.
    package init(_ limits: Limits) { self.limits = limits }

    /// What it has done so far.
    public var figures: Figures {
        state.withLock { state in
            var figures = state.figures
            figures.answered += provenAnswers.load(ordering: .relaxed)
            if state.gap == nil, let table = state.table {
                figures.addresses = table.addresses.count
                figures.bytes = table.byteCount
            }
            return figures
        }
    }

    /// True while it can answer.
    package var isReady: Bool { state.withLock { $0.gap == nil && $0.table != nil } }

    /// The answers of one snapshot.
    struct Answers: Sendable {
        var verdicts: [FactVerdicts.Verdict]
        let position: Int64
        var validUntil: Timestamp
    }

    /// Answers from memory as of the snapshot of a transaction that has read nothing yet.
    ///
    /// - Parameters:
    ///   - many: The keyed hashes asked about.
    ///   - scope: What is to be sent.
    ///   - transaction: The snapshot.
    ///   - mark: What the database looked like before that snapshot was taken.
    /// - Returns: nil where the SQL guard has to answer: there is no such scope, or the index is
    ///   not ready.
    /// - Throws: `Unproven` where the database did not say what has happened.
    func decide(
        _ many: [LookupWords],
        _ scope: ScopeName,
        in transaction: Transaction,
        after mark: Moment.Mark?
    ) throws -> Answers? {
        // Hashes move every moment now; once they have come to rest everything is read again.
        guard !transaction.vault.isChangingLookupKey else {
            state.withLock { $0.figures.passed += 1 }
            return nil
        }
        let (answers, isWanted) = try state.withLock { state in
            let asked = GuardTable.Asked(many: many, scope: scope, now: transaction.now)
            let answers = try answer(asked, in: transaction, after: mark, &state)
            if answers == nil {
                state.figures.passed += 1
            } else {
                state.figures.answered += 1
            }
            let isWanted = state.gap != nil && !state.isAsked && !state.isMaintained
            if isWanted { state.isAsked = true }
            return (answers, isWanted)
        }
        if isWanted { wanted.ring() }
        return answers
    }

    private func answer(
        _ asked: GuardTable.Asked,
        in transaction: Transaction,
        after mark: Moment.Mark?,
        _ state: inout State
    ) throws -> Answers? {
        guard state.gap == nil, state.table != nil else { return nil }
        let position: Int64
        do {
            // In place: a copy would be one of everything.
            switch try state.table?.refresh(in: transaction, limit: limits.changes) {
            case .fresh(let place, let reloaded):
                position = place
                state.figures.reloaded += reloaded
                if let mark {
                    state.proof = Proof(mark: mark, vault: transaction.vault, position: place)
                }
            case .behind(let gap):
                state.gap = gap
                return nil
            case nil: return nil
            }
        } catch {
            throw Unproven(cause: error)
        }
        return state.table?.answers(asked, position)
    }

    /// What proves the table fresh at a moment; nil where a snapshot is needed.
    func proof(at moment: Moment) -> Proof? { state.withLock { $0.proof(at: moment) } }

    /// Answers as of a moment, without a transaction.
    ///
    /// - Parameters:
    ///   - many: The keyed hashes asked about, by the keys of the proof.
    ///   - scope: What is to be sent.
    ///   - proof: That the table was fresh after the question was asked.
    ///   - now: The present.
    /// - Returns: nil where a snapshot is needed.
    func decide(
        _ many: [LookupWords],
        _ scope: ScopeName,
        by proof: Proof,
        at now: Timestamp
    ) -> Answers? {
        let asked = GuardTable.Asked(many: many, scope: scope, now: now)
        return state.withLock { state in
            // Whatever the table has become since is newer, unless addresses have other hashes now.
            guard state.gap == nil,
                state.proof === proof || state.proof?.vault.lookupEpoch == proof.vault.lookupEpoch,
                let answers = state.table?.answers(asked, proof.position)
            else { return nil }
            return answers
        }
    }

    /// Counts a question that was answered without a transaction, in one part or in many.
    func countProvenAnswer() { provenAnswers.wrappingAdd(1, ordering: .relaxed) }
}

/// The index, and what the database looked like before a question was begun; nil where that is of
/// no use, or cannot be seen.
public struct GuardMemory: Sendable {
    let index: GuardIndex
    let moment: Moment?

    func decide(
        _ many: [LookupWords],
        _ scope: ScopeName,
        in transaction: Transaction
    ) throws -> GuardIndex.Answers? {
        try index.decide(many, scope, in: transaction, after: moment?.mark)
    }
}

// MARK: - Reading everything

extension GuardIndex {
    /// A table that is being worked on, and that nobody asks.
    private final class Workpiece: Sendable {
        let table: Mutex<GuardTable?>

        init(_ table: GuardTable) { self.table = Mutex(table) }

        func change<Answer: Sendable>(
            _ body: (inout GuardTable) throws -> Answer
        ) throws -> Answer {
            try table.withLock { table in
                guard var piece = table else {
                    throw StoreError(.unavailable, "the guard's index is being worked on elsewhere")
                }
                // Given back afterwards; meanwhile there is one of it, so nothing is copied.
                table = nil
                defer { table = piece }
                return try body(&piece)
            }
        }

        func take() -> GuardTable? {
            table.withLock { table in
                defer { table = nil }
                return table
            }
        }
    }

    /// Reads what is missing, page by page, while the SQL guard answers; does nothing where nothing
    /// is missing or somebody is at it.
    ///
    /// - Throws: what the database throws; the index stays as silent as it was.
    func maintain(_ database: any Database) async throws {
        if try await database.read({ try $0.lookupKeyState().isChanging }) {
            state.withLock { $0.isAsked = false }
            return
        }
        let (gap, table) = state.withLock { state -> (GuardGap?, GuardTable?) in
            state.isAsked = false
            guard let gap = state.gap, !state.isMaintained else { return (nil, nil) }
            state.isMaintained = true
            let table = state.table
            state.table = nil
            return (gap, table)
        }
        guard let gap else { return }
        do {
            let (ready, isBuilt) = try await repaired(gap, table, database)
            state.withLock { state in
                state.isMaintained = false
                if isBuilt { state.figures.built += 1 }
                state.table = ready
                state.gap = nil
            }
        } catch {
            state.withLock { state in
                state.isMaintained = false
                state.gap = .everything
            }
            throw error
        }
    }

    private func repaired(
        _ gap: GuardGap,
        _ table: GuardTable?,
        _ database: any Database
    ) async throws -> (GuardTable, isBuilt: Bool) {
        if let table {
            let work = Workpiece(table)
            let isDone =
                switch gap {
                case .changes: try await catchUp(work, database)
                case .blocks: try await renewBlocks(of: work, database)
                case .everything: false
                }
            if isDone, let table = work.take() { return (table, false) }
        }
        let work = Workpiece(try await database.read { try GuardTable(in: $0) })
        let page = limits.page
        var last: KeyWords?
        repeat {
            let after = last
            let rows = try await database.read {
                try $0.guardAddresses(after: after, limit: page)
            }
            try work.change { try $0.put(rows) }
            last = rows.last?.match
            await Task.yield()
        } while last != nil
        try await readBlocks(of: work, database)
        _ = try await catchUp(work, database)
        guard let table = work.take() else {
            throw StoreError(.unavailable, "the guard's index was taken away")
        }
        return (table, true)
    }

    /// True when the table is as of a moment ago.
    private func catchUp(_ work: Workpiece, _ database: any Database) async throws -> Bool {
        let limit = limits.backlog
        return try await database.read { transaction in
            let refreshed = try work.change { try $0.refresh(in: transaction, limit: limit) }
            if case .fresh = refreshed { return true }
            return false
        }
    }

    private func renewBlocks(of work: Workpiece, _ database: any Database) async throws -> Bool {
        let limit = limits.backlog
        let refreshed = try await database.read { transaction in
            try work.change { try $0.refresh(in: transaction, limit: limit, leavingBlocks: true) }
        }
        guard case .fresh = refreshed else { return false }
        // Read later than the mark: whatever came in between is in the next news as well.
        try work.change { $0.blocks = BlockTable(capacity: $0.blocks.count) }
        try await readBlocks(of: work, database)
        return true
    }

    private func readBlocks(of work: Workpiece, _ database: any Database) async throws {
        let page = limits.page
        var last: GuardBlock?
        repeat {
            let after = last
            let rows = try await database.read { try $0.guardBlocks(after: after, limit: page) }
            try work.change { $0.put(rows) }
            last = rows.last
            await Task.yield()
        } while last != nil
    }
}
