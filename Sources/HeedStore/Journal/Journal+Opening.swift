// What is asked of a journal and its database when they are opened, and what makes them whole.

import HeedConsent

/// How a database is opened beside its journal.
public struct JournalOptions: Sendable {
    /// What the database is opened for.
    public enum Opening: Sendable {
        /// Work: a database that is older than its journal, or not put back wholly, is refused.
        case serving
        /// The return to a backup itself.
        case restoring
    }

    /// The folder of the journal.
    public let path: String
    /// For how long a file is kept after its last line; 0 for ever.
    public let keptSeconds: Int64
    /// What for.
    public let opening: Opening

    /// Takes all three.
    public init(path: String, keptSeconds: Int64, opening: Opening) {
        self.path = path
        self.keptSeconds = keptSeconds
        self.opening = opening
    }

    /// A file is of a size that is read in a moment.
    private static let fileBytesMaximum = 16 << 20

    /// The folder.
    package var folder: JournalFolder {
        JournalFolder(
            path: path,
            fileBytesMaximum: JournalOptions.fileBytesMaximum,
            keptSeconds: keptSeconds
        )
    }
}

extension Journal {
    /// Opens the journal of a database; for drivers.
    ///
    /// - Throws: `StoreError.restoring` for a database that a backup was put back into and that has
    ///   not been brought up to its journal.
    package static func open(
        _ options: JournalOptions,
        on connection: any SQLConnection,
        vault: Vault,
        in surroundings: Surroundings
    ) throws(StoreError) -> Journal {
        let transaction = Transaction(
            connection: connection,
            mode: .reading,
            surroundings: surroundings,
            vault: vault
        )
        let restore = try transaction.restores().last
        let journal = Journal(
            options.folder,
            vault: vault,
            epoch: restore?.number ?? 0,
            now: surroundings.now
        )
        if case .serving = options.opening {
            guard restore.map({ $0.finishedAt != nil }) ?? true else {
                throw StoreError(
                    .restoring,
                    "a backup was put back and what was stopped after it is not stopped again "
                        + "yet; `heed restore --in-place` goes on"
                )
            }
            try journal.checkAge(in: transaction, epoch: restore?.number ?? 0)
        }
        if try options.folder.numbers().isEmpty {
            try options.folder.make()
            try journal.settle(completeTo: try transaction.position())
        }
        return journal
    }

    /// Refuses a database that does not know what its journal says was committed.
    ///
    /// What was written down before the last return to a backup has been done again under other
    /// names.
    private func checkAge(in transaction: Transaction, epoch: Int64) throws(StoreError) {
        let newest = try newest()
        if newest.epoch <= epoch {
            guard let entry = newest.entry, newest.entryEpoch == epoch else { return }
            if try transaction.isKnown(entry.event.id) { return }
        }
        throw StoreError(
            .restoring,
            "the database is older than its journal in \(folder.path): a backup was put back; "
                + "`heed restore --in-place` stops again what was stopped after it"
        )
    }

    /// Writes what was committed and is not in the journal, because a process ended in between.
    ///
    /// - Returns: how many entries were missing.
    @discardableResult
    package func complete(from database: any Database) async throws -> Int {
        let tail = try tail()
        let known = tail?.events ?? []
        let (missing, position) = try await database.read { transaction in
            let restore = try transaction.restores().last
            var start = tail?.position ?? 0
            // Positions begin again where the backup ended.
            if let restore, tail?.epoch != restore.number { start = restore.sincePosition }
            let position = try transaction.position()
            let entries = try transaction.journalEntries(
                after: start,
                through: position,
                except: known
            )
            return (entries, position)
        }
        try settle(missing)
        try settle(completeTo: position)
        return missing.count
    }
}

extension Transaction {
    /// What the journal would have of the events in a range, made from what is stored.
    func journalEntries(
        after start: Int64,
        through end: Int64,
        except known: Set<EventID>
    ) throws(StoreError) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for row in try rows(
            "SELECT body FROM audit_events WHERE position > $1 AND position <= $2 "
                + "AND (kind IN ('suppression.added', 'consent.withdrawn', 'consent.denied', "
                + "'erasure.local-cascade-completed') OR kind LIKE 'request.%') ORDER BY position",
            .integer(start),
            .integer(end)
        ) {
            guard let event = AuditEvent(canonical: try row.blob(0)), !known.contains(event.id),
                JournalEntry.isKept(event)
            else { continue }
            entries.append(
                JournalEntry(event, keys: try keys(of: event), token: try token(of: event))
            )
        }
        return entries
    }

    /// The rows that a block's event has put; perhaps those of another with the very same time.
    private func keys(of event: AuditEvent) throws(StoreError) -> [SuppressedKey] {
        guard event.kind == "suppression.added", let reason = event.facts["reason"],
            let since = event.facts["since"].flatMap({ Timestamp(text: $0) })
        else { return [] }
        var keys: [SuppressedKey] = []
        for row in try rows(
            "SELECT match_key, widened FROM suppressions "
                + "WHERE since = $1 AND reason = $2 AND scope = $3",
            .time(since),
            .text(reason),
            .text(event.scope ?? "")
        ) { keys.append(SuppressedKey(key: try row.blob(0), isWidened: try row.flag(1))) }
        return keys
    }

    private func token(of event: AuditEvent) throws(StoreError) -> [UInt8] {
        guard event.kind == "request.received", let id = event.subject else { return [] }
        return try row("SELECT token_sealed FROM requests WHERE id = $1", .blob(id))?.blob(0) ?? []
    }
}
