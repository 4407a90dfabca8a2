// Marks a database that was put back from a backup, and takes the mark away at the end.

public import HeedConsent
public import HeedEngine
import HeedLedger
public import HeedStore

/// Marks the database as put back: nothing is served until the mark is gone.
///
/// The log goes on under a new name. What was signed after the backup under the old one is lost
/// here and may be held by others, so the old name is never signed for again.
public struct BeginRestore: Command {
    let origin: String?
    let fallback: String
    let newestEpoch: Int64

    /// Describes the return.
    ///
    /// - Parameters:
    ///   - origin: What the log is to be called; made from its first name when nil.
    ///   - fallback: What a log that had no name yet would have been called.
    ///   - newestEpoch: The newest epoch that a journal speaks of.
    public init(origin: String?, fallback: String, newestEpoch: Int64) {
        self.origin = origin
        self.fallback = fallback
        self.newestEpoch = newestEpoch
    }

    /// The mark; the one that is there, when a return was interrupted.
    ///
    /// Refuses a name the log had before.
    public func decide(in transaction: Transaction) throws -> Decision<Restore> {
        let restores = try transaction.restores()
        if let last = restores.last, last.finishedAt == nil { return Decision(last) }
        let number = max(restores.last?.number ?? 0, newestEpoch) + 1
        let names = try transaction.ledgerIdentities().map(\.origin) + [fallback]
        let name = origin ?? "\(names[0])/restored-\(number)"
        guard NoteKey.isValidName(name) else {
            throw Refusal(
                .invalid,
                field: "logOrigin",
                "a log's name is not empty and holds neither spaces nor +"
            )
        }
        guard !names.contains(name) else {
            throw Refusal(
                .conflict,
                field: "logOrigin",
                "the log was signed under this name before the backup was put back"
            )
        }
        let restore = Restore(
            number: number,
            startedAt: transaction.now,
            origin: name,
            verifier: try transaction.vault.logSigner(origin: name).verifier.text,
            sinceSize: Int64(try transaction.latestCheckpoint()?.size ?? 0),
            sincePosition: try transaction.position()
        )
        return Decision(restore, events: [.restoreBegun(restore)])
    }
}

/// Takes the mark away: everything that was stopped after the backup is stopped again.
public struct FinishRestore: Command {
    let counts: [String: Int]

    /// Takes what was done, by sort.
    public init(counts: [String: Int]) { self.counts = counts }

    /// False when there is no mark.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        guard var restore = try transaction.restores().last, restore.finishedAt == nil else {
            return Decision(false)
        }
        restore.finishedAt = transaction.now
        return Decision(true, events: [.restoreFinished(restore, counts: counts)])
    }
}

/// The returns to backups so far.
public struct Restores: Query {
    /// Asks for them.
    public init() {}

    /// The first first.
    public func answer(in transaction: Transaction) throws -> [Restore] {
        try transaction.restores()
    }
}

/// When the newest event of the database was written; nil without any.
struct NewestEvent: Query {
    func answer(in transaction: Transaction) throws -> Timestamp? {
        try transaction.newestEventTime()
    }
}

/// Whether any of the entries is of an event the database does not know.
struct UnknownEntry: Query {
    let entries: [JournalEntry]

    func answer(in transaction: Transaction) throws -> Bool {
        // The newest first: that is where a backup ends.
        for entry in entries.reversed() where try !transaction.isKnown(entry.event.id) {
            return true
        }
        return false
    }
}
