// The waiting writers of one database: drained together into one transaction and one flush.

import HeedConsent
import HeedJournal
import HeedStore
import Synchronization

/// A command waiting for the writer.
struct PendingWrite: Sendable {
    /// Runs the command's body, perhaps twice; what the journal is to have of it, or nil when its
    /// work is not to be kept.
    let run: @Sendable (SQLiteConnection) -> [JournalEntry]?
    /// Answers the caller: nil once the work is durable, or why it is not.
    let answer: @Sendable (StoreError?) -> Void
}

/// A queue with one consumer.
///
/// What arrives while a commit is being flushed waits and shares the next one, so the number of
/// flushes falls as the number of callers grows, and a single caller waits for nobody.
final class GroupCommit: Sendable {
    /// The largest group.
    ///
    /// 256 opt-outs are a few milliseconds of work, which bounds the wait of the first.
    static let sizeMaximum = 256

    private struct State {
        var waiting: [PendingWrite] = []
        var draining = false
    }

    private let state = Mutex(State())
    private let journal: Journal?
    private let place: FilePlace

    /// Takes the journal that has to have a group's stops before anybody is answered, and the file.
    init(journal: Journal?, place: FilePlace) {
        self.journal = journal
        self.place = place
    }

    /// Adds a command; true when the caller has to start the drain.
    func enqueue(_ write: PendingWrite) -> Bool {
        state.withLock { state in
            state.waiting.append(write)
            defer { state.draining = true }
            return !state.draining
        }
    }

    /// Commits groups until nothing waits.
    ///
    /// Called on the writer's own queue only.
    func drain(on connection: SQLiteConnection) {
        while let group = nextGroup() { commit(group, on: connection) }
    }

    /// Answers everybody who waits with the same failure.
    func refuseAll(_ error: StoreError) {
        while let group = nextGroup() { for write in group { write.answer(error) } }
    }

    private func nextGroup() -> [PendingWrite]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.draining = false
                return nil
            }
            let group = Array(state.waiting.prefix(GroupCommit.sizeMaximum))
            state.waiting.removeFirst(group.count)
            return group
        }
    }

    private func commit(_ group: [PendingWrite], on connection: SQLiteConnection) {
        var entries: [JournalEntry] = []
        do throws(StoreError) {
            try place.check()
            // While the journal cannot be written nothing more is committed either.
            if journal?.isBehind == true { try journal?.settle([]) }
            // IMMEDIATE takes the write lock first, so nothing read inside can be stale by commit.
            _ = try connection.run("BEGIN IMMEDIATE", [])
            if let all = try runAll(group, on: connection) {
                entries = all
            } else {
                _ = try connection.run("ROLLBACK", [])
                _ = try connection.run("BEGIN IMMEDIATE", [])
                for write in group { entries += try runInSavepoint(write, on: connection) }
            }
            _ = try connection.run("COMMIT", [])
        } catch {
            if !connection.isOutsideTransaction { _ = try? connection.run("ROLLBACK", []) }
            for write in group { write.answer(error) }
            return
        }
        // The group is durable; its stops have to be in the journal before they are acknowledged.
        let failure = journal?.failure(settling: entries)
        for write in group { write.answer(failure) }
    }

    /// Runs everybody's body without savepoints; nil when one has changed something that is not to
    /// be kept, so that all have to run again.
    ///
    /// A savepoint has SQLite copy every page before its first change, into a file from 64 KiB on,
    /// which is half of the work of an opt-out. Who says no has hardly ever written before.
    private func runAll(
        _ group: [PendingWrite],
        on connection: SQLiteConnection
    ) throws(StoreError) -> [JournalEntry]? {
        var entries: [JournalEntry] = []
        for write in group {
            let before = connection.writeCount
            let kept = write.run(connection)
            try requireTransaction(on: connection)
            guard let kept else {
                guard connection.writeCount == before else { return nil }
                continue
            }
            entries += kept
        }
        return entries
    }

    private func requireTransaction(on connection: SQLiteConnection) throws(StoreError) {
        guard !connection.isOutsideTransaction else {
            throw StoreError(.unavailable, "SQLite rolled the transaction back")
        }
    }

    private func runInSavepoint(
        _ write: PendingWrite,
        on connection: SQLiteConnection
    ) throws(StoreError) -> [JournalEntry] {
        _ = try connection.run("SAVEPOINT command", [])
        let entries = write.run(connection)
        try requireTransaction(on: connection)
        if entries == nil { _ = try connection.run("ROLLBACK TO command", []) }
        _ = try connection.run("RELEASE command", [])
        return entries ?? []
    }
}
