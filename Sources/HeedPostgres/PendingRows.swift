// Rows that wait to be inserted together, by table.

import HeedStore

/// The rows a transaction has inserted since its last other statement.
///
/// A statement for many rows costs little more than one for a single row: what it takes to parse a
/// table's checks and to open its indexes is paid once.
struct PendingRows {
    /// At most so many rows wait, a few megabytes.
    static let countMaximum = 4096
    /// From so many rows of a table on, COPY is worth its two round trips.
    static let copyMinimum = 200

    private struct Table {
        let insertion: Insertion
        var rows: [[SQLValue]] = []
        var keys: Set<[SQLValue]> = []
    }

    private var tables: [SQL: Table] = [:]
    private var count = 0

    /// True when nothing waits.
    var isEmpty: Bool { count == 0 }

    /// Takes a row, unless there is no room, or a row that it would have to replace waits, too.
    mutating func add(_ row: [SQLValue], _ insertion: Insertion) -> Bool {
        guard count < PendingRows.countMaximum else { return false }
        var table = tables[insertion.one] ?? Table(insertion: insertion)
        // Not held twice while it grows.
        tables[insertion.one] = nil
        defer { tables[insertion.one] = table }
        if !insertion.key.isEmpty {
            guard table.keys.insert(insertion.key.map { row[$0] }).inserted else { return false }
        }
        table.rows.append(row)
        count += 1
        return true
    }

    /// Hands everything out; tables that others refer to come first.
    mutating func takeAll() -> [(insertion: Insertion, rows: [[SQLValue]])] {
        defer { self = PendingRows() }
        // Of equal depth in one order, so that two transactions do not wait for each other.
        return tables.values.sorted {
            ($0.insertion.depth, $0.insertion.one.text) < (
                $1.insertion.depth, $1.insertion.one.text
            )
        }.map { ($0.insertion, $0.rows) }
    }
}
