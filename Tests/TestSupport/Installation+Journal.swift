// Installations beside a journal, and copies of them as a backup has them.

package import Foundation
package import HeedEngine
package import HeedJournal
import HeedPostgres
import HeedSQLite
import HeedStore

/// A database that was opened beside its journal, as a program does.
package struct Journaled: Sendable {
    /// The installation on that database.
    package let installation: Installation
    /// The journal.
    package let journal: Journal

    /// The door.
    package var engine: Engine { installation.engine }
}

extension Installation {
    /// The folder of the journal that belongs to this installation's folder.
    package var journalPath: String { folder.appending(path: "journal").path }

    /// Opens the database once more, beside a journal.
    package func journaled(
        _ opening: JournalOptions.Opening = .serving,
        journal path: String? = nil,
        seed: UInt64 = 77,
        asOwner: Bool = false
    ) throws -> Journaled {
        let options = JournalOptions(
            path: path ?? journalPath,
            keptSeconds: 0,
            opening: opening
        )
        let surroundings = Surroundings.seeded(seed, clock: clock)
        let database =
            asOwner
            ? try backend.openAsOwner(of: self, surroundings: surroundings, journal: options)
            : try backend.open(
                in: folder,
                masterKey: masterKey,
                surroundings: surroundings,
                journal: options
            )
        let journal =
            (database as? SQLiteDatabase)?.journal ?? (database as? PostgresDatabase)?.journal
        guard let journal else { throw StoreError(.unavailable, "there is no journal") }
        let opened = try Installation(
            backend,
            opened: database,
            in: folder,
            seed: 1,
            clock: clock
        )
        return Journaled(installation: opened, journal: journal)
    }

    /// Copies the database, as it is now, to where `body` finds it as an installation of its own.
    ///
    /// On a server it is a copy of the files, so transactions go on being counted from there.
    package func withBackup<Answer>(
        _ body: (_ folder: URL) async throws -> Answer
    ) async throws -> Answer {
        try await withTemporaryFolder { copy in
            switch backend {
            case .sqlite:
                let file = copy.appending(path: Backend.fileName).path
                try await (database as? SQLiteDatabase)?.backUp(to: file)
                return try await body(copy)
            case .postgres:
                let name = try Backend.postgresName(in: folder)
                let cluster = try PostgresCluster.shared()
                let other = name + "_copy"
                // A database is copied while nobody is in it; sessions come back by themselves.
                try cluster.run(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                        + "WHERE datname = '\(name)'"
                )
                try cluster.run("CREATE DATABASE \(other) TEMPLATE \(name) OWNER heed_owner")
                try Data(other.utf8).write(to: copy.appending(path: "postgres-database"))
                defer { try? Backend.dropPostgres(in: copy) }
                return try await body(copy)
            }
        }
    }

    /// The installation in another folder, with the same key and time.
    package func moved(to folder: URL, seed: UInt64 = 55) throws -> Installation {
        let database = try backend.open(
            in: folder,
            masterKey: masterKey,
            surroundings: .seeded(seed, clock: clock)
        )
        return try Installation(backend, opened: database, in: folder, seed: 1, clock: clock)
    }
}
