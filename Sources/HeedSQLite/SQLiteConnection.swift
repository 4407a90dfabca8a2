// One open SQLite session: binds, steps and reads through the statement handle itself.

import GRDB
import GRDBSQLite
import HeedConsent
import HeedStore
import Synchronization

/// Runs statements on a GRDB connection.
///
/// GRDB prepares and caches the statements; they are stepped by hand because a guard answers from
/// one row and GRDB's row type would cost more than the lookup. Lives only as long as the access.
final class SQLiteConnection: SQLConnection {
    private let database: GRDB.Database

    init(_ database: GRDB.Database) { self.database = database }

    func run(_ sql: HeedStore.SQL, _ arguments: [SQLValue]) throws(StoreError) -> [HeedStore.Row] {
        let statement: Statement
        do {
            statement = try database.cachedStatement(sql: numbered(sql))
        } catch {
            throw StoreError(error)
        }
        let handle = unsafe statement.sqliteStatement
        defer {
            unsafe sqlite3_reset(handle)
            unsafe sqlite3_clear_bindings(handle)
        }
        for (index, argument) in arguments.enumerated() {
            let code = unsafe bind(argument, at: Int32(index + 1), of: handle)
            guard code == SQLITE_OK else { throw failure(code) }
        }
        var rows: [HeedStore.Row] = []
        while true {
            let code = unsafe sqlite3_step(handle)
            switch code {
            case SQLITE_ROW: rows.append(unsafe row(of: handle))
            case SQLITE_DONE: return rows
            default: throw failure(code)
            }
        }
    }

    func runScript(_ script: String) throws(StoreError) {
        do {
            try database.execute(sql: script)
        } catch {
            throw StoreError(error)
        }
    }

    /// True when SQLite has rolled the transaction back by itself, as it does on a full disk.
    var isOutsideTransaction: Bool {
        unsafe database.sqliteConnection.map { unsafe sqlite3_get_autocommit($0) != 0 } ?? true
    }

    private func failure(_ code: CInt) -> StoreError {
        let extended = unsafe database.sqliteConnection.map { unsafe sqlite3_extended_errcode($0) }
        let message = unsafe database.sqliteConnection.flatMap { connection in
            unsafe sqlite3_errmsg(connection).map { unsafe String(cString: $0) }
        }
        return StoreError(sqlite: extended ?? code, message: message ?? "unknown failure")
    }
}

private func bind(_ value: SQLValue, at index: Int32, of handle: OpaquePointer) -> CInt {
    // SQLite copies the bytes before the call returns.
    let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch value {
    case .null: return unsafe sqlite3_bind_null(handle, index)
    case .integer(let number): return unsafe sqlite3_bind_int64(handle, index, number)
    case .text(var text):
        return text.withUTF8 { bytes in
            let start = unsafe UnsafeRawPointer(bytes.baseAddress)?
                .assumingMemoryBound(to: CChar.self)
            // An empty string has no address, and a null pointer would bind NULL.
            guard let start = unsafe start else {
                return unsafe sqlite3_bind_text(handle, index, "", 0, copied)
            }
            return unsafe sqlite3_bind_text(handle, index, start, Int32(bytes.count), copied)
        }
    case .blob(let bytes):
        guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), copied)
        }
    }
}

private func row(of handle: OpaquePointer) -> HeedStore.Row {
    let count = unsafe sqlite3_column_count(handle)
    var values: [SQLValue] = []
    values.reserveCapacity(Int(count))
    for column in 0..<count { values.append(unsafe value(of: handle, at: column)) }
    return HeedStore.Row(values)
}

private func value(of handle: OpaquePointer, at column: Int32) -> SQLValue {
    switch unsafe sqlite3_column_type(handle, column) {
    case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(handle, column))
    case SQLITE_TEXT:
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard let start = unsafe sqlite3_column_text(handle, column) else { return .text("") }
        let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
        return .text(unsafe String(decoding: bytes, as: UTF8.self))
    case SQLITE_BLOB:
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return .blob([]) }
        return .blob(unsafe Array(UnsafeRawBufferPointer(start: start, count: count)))
    default: return .null
    }
}

/// Statements with `$n` rewritten to `?n`, which is how SQLite numbers parameters.
private let numberedStatements = Mutex<[HeedStore.SQL: String]>([:])

private func numbered(_ sql: HeedStore.SQL) -> String {
    numberedStatements.withLock { cache in
        if let text = cache[sql] { return text }
        let text = String(sql.text.map { $0 == "$" ? "?" : $0 })
        cache[sql] = text
        return text
    }
}
