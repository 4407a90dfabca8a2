// Opens the database that the settings name; the only place that knows both engines.

import Foundation
import HeedConsent
import HeedJournal
import HeedSQLite
import HeedStore

#if PostgreSQL
import HeedPostgres
#endif

/// An open database, with what only its engine can do.
struct OpenDatabase: Sendable {
    /// The database.
    let database: any Database
    /// What is written down beside it.
    let journal: Journal?
    /// The schema steps that opening it applied.
    let appliedSteps: [String]
    /// Writes a copy to a new file; nil where there is no file.
    let backUp: (@Sendable (String) async throws -> Void)?
    /// Closes its sessions.
    let close: @Sendable () throws -> Void
    /// Tells other nodes that there is work; nil where all workers are in this process.
    let tellOthers: (@Sendable () async throws -> Void)?
    /// One element for each time that other nodes said there is work.
    let words: (@Sendable () -> AsyncStream<Void>)?
}

extension OpenDatabase {
    /// Opens a SQLite file, making it on first use if it may.
    static func sqlite(
        _ path: String,
        _ settings: Settings,
        opening: Installation.Opening
    ) throws -> OpenDatabase {
        let isNew = !FileManager.default.fileExists(atPath: path)
        if isNew { try refuseJournalOfAnother(path, settings) }
        if isNew, opening != .orNew {
            throw CommandError(
                "there is no database at \(path); `heed serve` or `heed migrate` makes one"
            )
        }
        if isNew { try Installation.makeFolder(settings.database.folder) }
        let database = try SQLiteDatabase(
            path: path,
            creation: opening == .orNew ? .ifMissing : .never,
            masterKey: try Installation.masterKey(settings, make: isNew),
            surroundings: Installation.surroundings,
            journal: Installation.journal(settings, opening)
        )
        return OpenDatabase(
            database: database,
            journal: database.journal,
            appliedSteps: database.applied,
            backUp: { try await database.backUp(to: $0) },
            close: { try database.close() },
            tellOthers: nil,
            words: nil
        )
    }
}

extension OpenDatabase {
    /// Refuses to begin anew beside a journal: its database is lost, and an empty one would know
    /// nobody who said stop.
    private static func refuseJournalOfAnother(_ path: String, _ settings: Settings) throws {
        let folder = Installation.journal(settings, .orNew).folder
        guard try !folder.numbers().isEmpty else { return }
        throw StoreError(
            .restoring,
            "there is no database at \(path), and the journal in \(folder.path) belongs to one; "
                + "`heed restore FILE` puts a backup back; to begin anew move the journal away"
        )
    }

    /// What a connection string names, without its secrets.
    static func name(ofPostgres connection: String) -> String {
        #if PostgreSQL
        PostgresOptions.place(of: connection)
        #else
        "a PostgreSQL database"
        #endif
    }
}

#if PostgreSQL
extension OpenDatabase {
    /// Connects to PostgreSQL; the tables must be there, the keys are made on first use.
    static func postgres(
        _ connection: String,
        _ settings: Settings,
        opening: Installation.Opening
    ) throws -> OpenDatabase {
        let key = try KeyForDatabase(settings, opening: opening)
        let database: PostgresDatabase
        do {
            var options = options(connection, settings)
            options.journal = Installation.journal(settings, opening)
            database = try PostgresDatabase(
                options,
                opening: .existing,
                surroundings: Installation.surroundings
            ) { isNew throws(StoreError) in try key.get(isNew: isNew) }
        } catch {
            throw key.failure ?? error
        }
        return OpenDatabase(
            database: database,
            journal: database.journal,
            appliedSteps: [],
            backUp: nil,
            close: { database.close() },
            tellOthers: { try await database.notifyOthers() },
            words: { database.notifications() }
        )
    }

    /// Makes or updates the tables, as the role that owns them.
    static func migratePostgres(
        _ connection: String,
        _ settings: Settings
    ) throws -> [String] {
        var options = options(connection, settings)
        options.roles = .ownerToo
        return try PostgresDatabase.migrate(options, at: Installation.now)
    }

    private static func options(_ connection: String, _ settings: Settings) -> PostgresOptions {
        PostgresOptions(
            connection: connection,
            roles: settings.database.allowOwner ? .ownerToo : .applicationOnly,
            sessionsMaximum: settings.database.sessions,
            waitMilliseconds: settings.database.waitMilliseconds
        )
    }
}

/// Reads or makes the master key while the database is being opened.
private final class KeyForDatabase {
    private let settings: Settings
    private let opening: Installation.Opening
    /// Why there is no key, in the command line's words.
    private(set) var failure: (any Error)?

    init(_ settings: Settings, opening: Installation.Opening) throws {
        self.settings = settings
        self.opening = opening
    }

    func get(isNew: Bool) throws(StoreError) -> MasterKey {
        do {
            let make = isNew && opening == .orNew
            if make { try Installation.makeFolder(settings.database.folder) }
            return try Installation.masterKey(settings, make: make)
        } catch {
            failure = error
            throw StoreError(.wrongKey, "the master key is missing")
        }
    }
}
#endif
