// An import of contacts with consent against a bare load of the same rows, and the memory it took.

import CRawEngines
import Foundation
import GRDBSQLite
import HeedStore

/// Measures `heed import` as it is run: the built program, a CSV file, a database of its own.
///
/// The reference copies the rows that the import made into the same tables with the same indexes
/// and triggers of another file, by prepared statements, ten thousand rows a commit, as durable as
/// Heed commits. It reads no CSV, and hashes, seals, looks up and logs nothing.
///
/// `BENCH_CONTACTS` sets how many contacts (default one million), `BENCH_HEED` which program.
struct ImportBench {
    private static let memoryMaximum = 300 << 20
    private static let tables = [
        "scopes", "policies", "contacts", "addresses", "contact_keys", "consent_records",
        "permissions", "imports", "audit_events",
    ]

    let folder: URL

    func run() throws -> [Comparison] {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["BENCH_CONTACTS"].flatMap { Int($0) } ?? 1_000_000
        let list = try BigList(
            preparing: count,
            in: folder.appending(path: "import")
        )
        let imported = try seconds { try list.fill() }
        let memory = childMemory()
        progress("import: \(Int(Double(count) / imported)) rows/s, \(memory >> 20) MB at most")
        guard memory <= ImportBench.memoryMaximum else {
            throw StoreError(.full, "the import took \(memory >> 20) MB of memory, over 300 MB")
        }
        let copy = try BareLoad(from: list.path, to: folder.appending(path: "bare.sqlite").path)
        let loaded = try seconds { for table in ImportBench.tables { try copy.load(table) } }
        let raw = raw_import_rate(folder.appending(path: "raw-import.sqlite").path, count)
        let references = [
            ("the same rows into the same tables, bare SQLite", Double(count) / loaded),
            ("SQLite in C, contact, consent and audit line, in the order they come", raw),
        ]
        return references.map { name, rate in
            Comparison(
                name: "import of \(count) contacts with consent, \(memory >> 20) MB",
                reference: name,
                rates: [Double(count) / imported],
                referenceRates: [rate],
                goal: 0.3
            )
        }
    }

    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// The most memory that one of our programs has had, in bytes.
    private func childMemory() -> Int {
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_CHILDREN, &usage)
        return usage.ru_maxrss
        #else
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return usage.ru_maxrss * 1024
        #endif
    }
}

/// Copies tables by hand, row by row.
private final class BareLoad {
    private var connection: OpaquePointer?

    /// Opens a new file with the schema of another one.
    init(from source: String, to target: String) throws {
        guard sqlite3_open(target, &connection) == SQLITE_OK else {
            throw StoreError(.unavailable, "the reference cannot make its file")
        }
        try run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")
        try run("ATTACH '\(source)' AS old")
        for type in ["table", "index", "trigger"] {
            let found = try texts(
                "SELECT sql FROM old.sqlite_schema WHERE type = '\(type)' AND sql IS NOT NULL "
                    + "AND name NOT LIKE 'sqlite%'"
            )
            for sql in found { try run(sql) }
        }
        try run("PRAGMA foreign_keys = ON")
    }

    deinit { sqlite3_close(connection) }

    func load(_ table: String) throws {
        var select: OpaquePointer?
        var insert: OpaquePointer?
        let names = try texts("SELECT name FROM pragma_table_info('\(table)', 'old')")
        let places = names.map { _ in "?" }.joined(separator: ",")
        sqlite3_prepare_v2(connection, "SELECT * FROM old.\(table)", -1, &select, nil)
        sqlite3_prepare_v2(
            connection,
            "INSERT INTO main.\(table) VALUES (\(places))",
            -1,
            &insert,
            nil
        )
        defer {
            sqlite3_finalize(select)
            sqlite3_finalize(insert)
        }
        var count = 0
        try run("BEGIN")
        while sqlite3_step(select) == SQLITE_ROW {
            for column in 0..<Int32(names.count) {
                sqlite3_bind_value(insert, column + 1, sqlite3_column_value(select, column))
            }
            guard sqlite3_step(insert) == SQLITE_DONE else {
                throw StoreError(.statement, String(cString: sqlite3_errmsg(connection)))
            }
            sqlite3_reset(insert)
            count += 1
            if count.isMultiple(of: 10_000) { try run("COMMIT; BEGIN") }
        }
        try run("COMMIT")
    }

    private func run(_ sql: String) throws {
        guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
            throw StoreError(.statement, String(cString: sqlite3_errmsg(connection)))
        }
    }

    private func texts(_ sql: String) throws -> [String] {
        var statement: OpaquePointer?
        sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
        defer { sqlite3_finalize(statement) }
        var texts: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            if let text = sqlite3_column_text(statement, 0) { texts.append(String(cString: text)) }
        }
        return texts
    }
}
