// One open SQLite session: binds, steps and reads through the statement handle itself.

import GRDBSQLite
import HeedConsent
import HeedStore

/// Runs statements on a SQLite session, and keeps each prepared for the next time.
///
/// Statements are stepped by hand, because a guard answers from one row and a row object of a
/// library costs more than the lookup. The set of statements is finite: `SQL` comes from literals
/// only.
///
/// Unchecked: whoever holds the session keeps it behind a lock, so that one thread uses it at a
/// time.
@safe
final class SQLiteConnection: SQLConnection, @unchecked Sendable {
    private let session: OpaquePointer
    private var statements: [HeedStore.SQL: OpaquePointer] = unsafe [:]
    /// The epoch of lookup keys that the open snapshot must have, until a statement has seen it.
    private var requiredKeys: Int64?
    /// How many statements have run that may change something; SQLite's own count of changes leaves
    /// tables that are made or dropped out.
    private(set) var writeCount = 0
    /// True when the open snapshot has other lookup keys; it answers nothing then.
    private(set) var hadOldKeys = false

    /// Takes an open session; it must outlive this object.
    init(_ session: OpaquePointer) { unsafe self.session = session }

    deinit {
        while let statement = unsafe statements.popFirst()?.value {
            unsafe sqlite3_finalize(statement)
        }
    }

    /// Has the next statement, which opens the snapshot, look first whether these lookup keys are
    /// its own.
    ///
    /// Not at once: the guard's index takes its snapshot under its own lock, because others would
    /// overtake one from before that.
    func requireKeys(_ epoch: Int64) {
        requiredKeys = epoch
        hadOldKeys = false
    }

    /// Ends what `requireKeys` began.
    func forgetKeys() {
        requiredKeys = nil
        hadOldKeys = false
    }

    func run(_ sql: HeedStore.SQL, _ arguments: [SQLValue]) throws(StoreError) -> [HeedStore.Row] {
        if let epoch = requiredKeys {
            let row = try step("SELECT epoch FROM lookup_state", []).first
            hadOldKeys = try row?.integer(0) != epoch
            guard !hadOldKeys else {
                throw StoreError(.busy, "the keys by which addresses are found have changed")
            }
            requiredKeys = nil
        }
        return try step(sql, arguments)
    }

    private func step(
        _ sql: HeedStore.SQL,
        _ arguments: [SQLValue]
    ) throws(StoreError) -> [HeedStore.Row] {
        let statement = unsafe try prepared(sql)
        if unsafe sqlite3_stmt_readonly(statement) == 0 { writeCount += 1 }
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        var index: Int32 = 1
        for argument in arguments {
            // PostgreSQL's text cannot hold one, and both engines keep the same values.
            if case .text(let text) = argument, text.utf8.contains(0) {
                throw StoreError(.refused, "SQLite: text cannot hold a zero byte")
            }
            let code = unsafe bind(argument, at: index, of: statement)
            guard code == SQLITE_OK else { throw failure(code) }
            index += 1
        }
        var rows: [HeedStore.Row] = []
        while true {
            let code = unsafe sqlite3_step(statement)
            switch code {
            case SQLITE_ROW: rows.append(unsafe row(of: statement))
            case SQLITE_DONE: return rows
            default: throw failure(code)
            }
        }
    }

    var dialect: Dialect { .sqlite }

    func post(_ sql: HeedStore.SQL, _ arguments: [SQLValue]) throws(StoreError) {
        _ = try run(sql, arguments)
    }

    /// Preparing is done once, and a step costs no round trip: rows go in one at a time.
    func insert(_ row: [SQLValue], with insertion: Insertion) throws(StoreError) {
        _ = try run(insertion.one, row)
    }

    func runAll(
        _ statements: [HeedStore.Statement]
    ) throws(StoreError) -> [[HeedStore.Row]] {
        var answers: [[HeedStore.Row]] = []
        answers.reserveCapacity(statements.count)
        for statement in statements {
            answers.append(try run(statement.sql, statement.arguments))
        }
        return answers
    }

    func runScript(_ script: String) throws(StoreError) {
        writeCount += 1
        let code = unsafe sqlite3_exec(session, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// True when SQLite has rolled the transaction back by itself, as it does on a full disk.
    var isOutsideTransaction: Bool { unsafe sqlite3_get_autocommit(session) != 0 }

    private func prepared(_ sql: HeedStore.SQL) throws(StoreError) -> OpaquePointer {
        if let statement = unsafe statements[sql] { return unsafe statement }
        // SQLite numbers parameters with `?n`; the one SQL text has `$n`.
        let text = String(sql.text.map { $0 == "$" ? "?" : $0 })
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = unsafe sqlite3_prepare_v3(session, text, -1, flags, &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else { throw failure(code) }
        unsafe statements[sql] = statement
        return unsafe statement
    }

    private func failure(_ code: CInt) -> StoreError {
        let message = unsafe sqlite3_errmsg(session).map { unsafe String(cString: $0) }
        return StoreError(
            sqlite: unsafe sqlite3_extended_errcode(session),
            message: message ?? "unknown failure \(code)"
        )
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
    // Only `Insertion.many` has them, which is PostgreSQL's.
    case .column: return SQLITE_MISUSE
    case .keys(let keys): return unsafe bind(.blob(keys.flatMap(\.self)), at: index, of: handle)
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
