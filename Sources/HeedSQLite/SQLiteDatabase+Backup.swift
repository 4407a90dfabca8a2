// A consistent copy of the file while others read and write it, and a look at a copy's health.

import Foundation
import GRDB
public import HeedStore

extension SQLiteDatabase {
    /// Writes a copy of everything committed so far to a new file.
    ///
    /// Nobody waits: the copy is one read transaction. It holds rows only, so nothing that was
    /// deleted before is in its pages. A file of that name is there with its whole content or not
    /// at all.
    ///
    /// - Throws: `StoreError`: `refused` when the file is there, `full`, `unavailable`.
    public func backUp(to target: String) async throws {
        guard !FileManager.default.fileExists(atPath: target) else {
            throw StoreError(.refused, "there is a file at \(target) already")
        }
        let part = target + ".part"
        do {
            try? FileManager.default.removeItem(atPath: part)
            let session = try DatabaseQueue(path: path)
            try await session.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM INTO ?", arguments: [part])
            }
            try session.close()
            try SQLiteDatabase.checkCopy(at: part)
            try flush(part)
            // Fails where a file has appeared meanwhile, unlike a rename.
            guard unsafe link(part, target) == 0 else {
                throw StoreError(.unavailable, "the file \(target) cannot be made")
            }
            try FileManager.default.removeItem(atPath: part)
            try flush(folderOf: target)
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw (error as? StoreError) ?? (error as? DatabaseError).map { StoreError($0) }
                ?? StoreError(.unavailable, "the copy cannot be written beside \(target)")
        }
    }

    /// Looks whether a file is a database of Heed's, with every page in order.
    public static func checkCopy(at path: String) throws(StoreError) {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let session = try DatabaseQueue(path: path, configuration: configuration)
            let (mark, health) = try session.read { database in
                (
                    try Int64.fetchOne(database, sql: "PRAGMA application_id"),
                    try String.fetchOne(database, sql: "PRAGMA integrity_check(1)")
                )
            }
            try session.close()
            guard mark == 0x4845_4544 else {
                throw StoreError(.corrupt, "\(path) is not one of Heed's databases")
            }
            guard health == "ok" else {
                throw StoreError(.corrupt, "\(path) is damaged: \(health ?? "not readable")")
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.corrupt, "\(path) cannot be read as a database")
        }
    }

    /// Fails while another process has the file open, so that nobody writes into what is set aside.
    public static func checkUnused(_ path: String) throws(StoreError) {
        do {
            let session = try DatabaseQueue(path: path)
            // Leaving the log mode needs the file for itself alone.
            let mode = try session.writeWithoutTransaction { database in
                try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
            }
            try session.close()
            guard mode == "delete" else {
                throw StoreError(.busy, "another process has \(path) open; stop it first")
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw StoreError(.busy, "another process has \(path) open; stop it first")
        } catch let error as StoreError {
            throw error
        } catch {
            // What cannot be opened is what the backup is for.
        }
    }
}
