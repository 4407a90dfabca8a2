// The journal of stops: opt-outs, blocks and erasures, on disk beside the database before anybody
// is told that they are done.

import HeedConsent
package import HeedStore
import Synchronization

/// Keeps what a backup must not take back.
///
/// An engine hands over what a transaction has noted after its commit and before its answer, so
/// - no line says what was not committed, but for those marked so, and
/// - whatever was acknowledged is in it.
///
/// A commit whose lines were not written is answered with `StoreError.unknown`; its lines wait, and
/// nobody is acknowledged anything before they are on disk. If the process ends with lines waiting,
/// `complete` finds them in the database at the next start.
package final class Journal: Sendable {
    private struct Queue {
        var waiting: [String] = []
        /// Lines that are waiting or being written.
        var unsettled = 0
        /// True when the last attempt to write failed.
        var hasFailed = false
    }

    /// Where the files are.
    package let folder: JournalFolder
    private let vault: Vault
    private let now: @Sendable () -> Timestamp
    private let epoch: Mutex<Int64>
    private let queue = Mutex(Queue())
    private let file: Mutex<JournalFile?>
    private let late = Mutex(false)

    /// True when opening it has begun it beside a database that is not new: what a journal in
    /// another place knows was not compared with it.
    package var hasBegunLate: Bool { late.withLock { $0 } }

    init(
        _ folder: JournalFolder,
        vault: Vault,
        epoch: Int64,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.folder = folder
        self.vault = vault
        self.now = now
        self.epoch = Mutex(epoch)
        file = Mutex(nil)
    }

    /// From here on entries belong to this epoch.
    package func enter(epoch: Int64) { self.epoch.withLock { $0 = epoch } }

    /// Notes that it was begun beside a database that is not new.
    func noteLateBeginning() { late.withLock { $0 = true } }

    /// True while lines wait that could not be written.
    package var isBehind: Bool { queue.withLock(\.hasFailed) }

    /// Why nothing can be written at present; nil when it can, or when somebody is just writing.
    ///
    /// What waits is written by it. Otherwise a line without words is, which nobody reads: only a
    /// write tells a full or read-only disk.
    package func fault() -> StoreError? {
        do throws(StoreError) {
            if isBehind {
                try settle([])
            } else if let failure = file.withLockIfAvailable({ probe(&$0) }) ?? nil {
                throw failure
            }
            return nil
        } catch { return error }
    }

    private func probe(_ file: inout JournalFile?) -> StoreError? {
        do throws(StoreError) {
            let open = try opened(file)
            file = open
            try open.appendBreak()
            return nil
        } catch {
            file = nil
            return error
        }
    }

    /// Returns once the entries, and all before them, are on disk.
    ///
    /// Callers that wait at the same time share a flush.
    package func settle(
        _ entries: [JournalEntry],
        isCertain: Bool = true
    ) throws(StoreError) {
        let epoch = epoch.withLock { $0 }
        let lines = entries.map { entry in
            JournalLine.entry(entry, epoch: epoch, isCertain: isCertain).text(vault)
        }
        try settle(lines: lines)
    }

    /// Settles what was committed, and says with which words its callers are told if that failed.
    package func failure(settling entries: [JournalEntry]) -> StoreError? {
        do throws(StoreError) {
            try settle(entries)
            return nil
        } catch {
            return StoreError(.unknown, "\(error.message); the change was made, ask again")
        }
    }

    /// Notes that every event of the present epoch up to a position is above.
    func settle(completeTo position: Int64) throws(StoreError) {
        let epoch = epoch.withLock { $0 }
        try settle(lines: [JournalLine.complete(epoch: epoch, position: position).text(vault)])
    }

    private func settle(lines: [String]) throws(StoreError) {
        let isIdle = queue.withLock { queue in
            queue.waiting += lines
            queue.unsettled += lines.count
            return queue.unsettled == 0
        }
        guard !isIdle else { return }
        try write()
    }

    /// Writes what waits; whoever held the file before may have done it already.
    private func write() throws(StoreError) {
        let failure = file.withLock { file -> StoreError? in
            let lines = queue.withLock { queue in
                defer { queue.waiting = [] }
                return queue.waiting
            }
            guard !lines.isEmpty else { return nil }
            do throws(StoreError) {
                try append(lines, to: &file)
                queue.withLock { queue in
                    queue.unsettled -= lines.count
                    queue.hasFailed = false
                }
                return nil
            } catch {
                file = nil
                queue.withLock { queue in
                    queue.waiting = lines + queue.waiting
                    queue.hasFailed = true
                }
                return error
            }
        }
        if let failure { throw failure }
    }

    private func append(_ lines: [String], to file: inout JournalFile?) throws(StoreError) {
        var open = try opened(file)
        if open.isFull {
            open = try folder.next(after: open, beginning: header)
            try folder.removeOld(at: now())
        }
        file = open
        try open.append(lines)
    }

    private var header: String { JournalLine.began(at: now()).text(vault) }

    /// The file to append to; what was removed or moved away meanwhile would take lines that are
    /// never found again.
    private func opened(_ file: JournalFile?) throws(StoreError) -> JournalFile {
        if let file, file.isInPlace { return file }
        return try folder.newest(beginning: header)
    }

    /// All lines of a folder, oldest first, and how many cannot be read.
    package func lines(
        of folder: JournalFolder
    ) throws(StoreError) -> (lines: [JournalLine], damaged: Int) {
        var lines: [JournalLine] = []
        var damaged = 0
        for number in try folder.numbers() {
            for text in try folder.texts(in: number) {
                if let line = JournalLine(text, vault) {
                    lines.append(line)
                } else {
                    damaged += 1
                }
            }
        }
        return (lines, damaged)
    }

    /// The newest entry whose transaction was committed, and the newest epoch down to it.
    func newest() throws(StoreError) -> (entry: JournalEntry?, entryEpoch: Int64, epoch: Int64) {
        var newest: Int64 = 0
        for number in try folder.numbers().reversed() {
            // The end of a file is enough, nearly always.
            for bytes in [65_536, Int.max] {
                for text in try folder.texts(in: number, last: bytes).reversed() {
                    switch JournalLine(text, vault) {
                    case .complete(let epoch, _), .entry(_, let epoch, false):
                        newest = max(newest, epoch)
                    case .entry(let entry, let epoch, true):
                        return (entry, epoch, max(newest, epoch))
                    case .began, nil: continue
                    }
                }
            }
        }
        return (nil, 0, newest)
    }

    /// The events below the newest line that says all is above, and that line's place.
    func tail() throws(StoreError) -> (events: Set<EventID>, epoch: Int64, position: Int64)? {
        var events: Set<EventID> = []
        for number in try folder.numbers().reversed() {
            for text in try folder.texts(in: number).reversed() {
                switch JournalLine(text, vault) {
                case .complete(let epoch, let position): return (events, epoch, position)
                case .entry(let entry, _, _): events.insert(entry.event.id)
                case .began, nil: continue
                }
            }
        }
        return nil
    }
}
