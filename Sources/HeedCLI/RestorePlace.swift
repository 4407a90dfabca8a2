// The place of an embedded database, into which a backup comes whole or not at all.

import Foundation
import HeedConsent
import HeedSQLite
import HeedStore

/// Puts a backup's file into the configured place.
struct RestorePlace {
    /// The files SQLite keeps beside a database; those of another one must not be read with it.
    private static let companions = ["", "-wal", "-shm", "-journal"]

    private let settings: Settings
    private let file: String
    private let path: String
    private let replace: Bool

    /// Refuses a place on a server, a file that is no whole database of Heed's, and a place that
    /// is taken.
    init(_ settings: Settings, file: String, replace: Bool) throws {
        guard case .sqlite(let path) = settings.database.place else {
            throw CommandError(
                "a PostgreSQL server is put back by its own tools; then heed restore --in-place"
            )
        }
        guard FileManager.default.fileExists(atPath: file) else {
            throw CommandError("file: there is no backup at \(file)")
        }
        try SQLiteDatabase.checkCopy(at: file)
        self.settings = settings
        self.file = file
        self.path = path
        self.replace = replace
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard replace else {
            throw CommandError(
                "there is a database at \(path); --replace sets it aside and puts the backup there"
            )
        }
        try SQLiteDatabase.checkUnused(path)
    }

    /// Copies the backup beside its place, has it marked, and only then gives it its name.
    ///
    /// At no moment is there a database in the place that would be served without its stops.
    func put(marking mark: (Settings) async throws -> Void) async throws {
        let part = path + ".restoring"
        try Installation.makeFolder(settings.database.folder)
        try remove(part)
        do {
            try FileManager.default.copyItem(atPath: file, toPath: part)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: part)
            try await mark(settings.with(database: part))
        } catch {
            try? remove(part)
            throw error
        }
        guard !FileManager.default.fileExists(atPath: part + "-wal") else {
            throw CommandError("the backup's copy at \(part) is still in use")
        }
        try flush(part)
        try setAside()
        try FileManager.default.moveItem(atPath: part, toPath: path)
        try flush(settings.database.folder)
    }

    private func remove(_ path: String) throws {
        for ending in RestorePlace.companions
        where FileManager.default.fileExists(atPath: path + ending) {
            try FileManager.default.removeItem(atPath: path + ending)
        }
    }

    private func setAside() throws {
        let stamp = String(Installation.now.microseconds)
        for ending in RestorePlace.companions
        where FileManager.default.fileExists(atPath: path + ending) {
            let name = "\(path).replaced-\(stamp)\(ending)"
            try FileManager.default.moveItem(atPath: path + ending, toPath: name)
            if ending.isEmpty {
                Terminal.note("The database that was there is \(name) now; delete it when done.")
            }
        }
    }
}
