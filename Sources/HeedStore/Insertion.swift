// Rows for one table: one at a time where that costs nothing, many in one statement where a server
// is asked.

/// How rows come into one table.
///
/// An engine may keep rows and write them together before the next statement (`SQLConnection`), so
/// a row says how deep its foreign keys go, and which of its values another row may collide with.
///
/// There is one object a table, by which its rows are told from others.
package final class Insertion: Sendable {
    /// What a column holds.
    package enum Column: Sendable {
        /// Ids, hashes, sealed data.
        case bytes
        /// Text.
        case text
        /// 64 bits; times are microseconds.
        case integer
    }

    /// Inserts one row; its values are `$1`, `$2`, ….
    package let one: SQL
    /// Inserts many rows; each parameter is an array of a column's values (PostgreSQL).
    package let many: SQL
    /// Loads many rows in binary form (PostgreSQL); nil where a row may meet one that is there.
    package let copy: SQL?
    /// The columns, in order.
    package let columns: [Column]
    /// How many tables must have their rows first: 1 for what refers to people, and so on.
    package let depth: Int
    /// The columns by which a row finds the one it replaces; one statement may meet each only once.
    package let key: [Int]

    /// Names the table and its columns.
    convenience init(
        into table: SQL,
        _ columns: KeyValuePairs<SQL, Column>,
        depth: Int
    ) { self.init(into: table, columns, depth: depth, key: [], onConflict: nil) }

    /// The same for rows that replace others, found by the first `keyCount` columns.
    convenience init(
        into table: SQL,
        _ columns: KeyValuePairs<SQL, Column>,
        depth: Int,
        keyCount: Int,
        onConflict: SQL
    ) {
        self.init(
            into: table,
            columns,
            depth: depth,
            key: Array(0..<keyCount),
            onConflict: onConflict
        )
    }

    private init(
        into table: SQL,
        _ columns: KeyValuePairs<SQL, Column>,
        depth: Int,
        key: [Int],
        onConflict: SQL?
    ) {
        self.columns = columns.map(\.value)
        self.depth = depth
        self.key = key
        let names = columns.dropFirst().reduce(columns.first?.key ?? "") { $0 + ", " + $1.key }
        let target = table + " (" + names + ")"
        let start: SQL = "INSERT INTO " + target
        let end: SQL = onConflict.map { " " + $0 } ?? ""
        one = start + " VALUES (" + .parameters(columns.count) + ")" + end
        let arrays = self.columns.enumerated().map { SQL.parameter($0 + 1) + $1.arrayCast }
        let joined = arrays.dropFirst().reduce(arrays.first ?? "") { $0 + ", " + $1 }
        // A function's rows come in the order of the arrays, and are inserted in it.
        many = start + " SELECT * FROM unnest(" + joined + ")" + end
        copy = onConflict == nil ? "COPY " + target + " FROM STDIN (FORMAT binary)" : nil
    }
}

extension Insertion.Column {
    fileprivate var arrayCast: SQL {
        switch self {
        case .bytes: "::bytea[]"
        case .text: "::text[]"
        case .integer: "::bigint[]"
        }
    }
}
