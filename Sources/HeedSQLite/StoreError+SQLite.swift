// SQLite's result codes in Heed's words.

import GRDB
import GRDBSQLite
import HeedStore

extension StoreError {
    /// Translates an extended result code (sqlite.org/rescode.html).
    init(sqlite code: CInt, message: String) {
        let kind: Code
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: kind = .busy
        case SQLITE_FULL: kind = .full
        case SQLITE_CONSTRAINT: kind = .refused
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: kind = .corrupt
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH, SQLITE_NOMEM,
            SQLITE_MISUSE:
            // GRDB answers MISUSE once the database was closed for shutdown.
            kind = .unavailable
        default: kind = .statement
        }
        let advice =
            switch kind {
            case .corrupt:
                "; the file is damaged: stop Heed, keep a copy of it, and restore a backup "
                    + "(docs/operations/faults.md)"
            case .full: "; make room on the disk of the database"
            default: ""
            }
        self.init(kind, "SQLite \(code): \(message)\(advice)")
    }

    /// Translates what GRDB threw.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError:
            self.init(
                sqlite: error.extendedResultCode.rawValue,
                message: error.message ?? "unknown failure"
            )
        default: self.init(.unavailable, "the database cannot be used: \(type(of: error))")
        }
    }
}
