// What is asked of a journal and its database when they are opened, and what makes them whole.

import HeedConsent
package import HeedStore

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
            // Another node, a journal that is wanted from now on, or the wrong folder: nothing in
            // the database tells which.
            if case .serving = options.opening, try transaction.newestEventTime() != nil {
                journal.noteLateBeginning()
            }
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
