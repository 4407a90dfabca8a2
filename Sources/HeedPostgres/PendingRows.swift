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

    /// A handful, in the order of their first rows.
    private var tables: [Table] = []
    private var count = 0

    /// True when nothing waits.
    var isEmpty: Bool { count == 0 }

    /// Takes a row, unless there is no room, or a row that it would have to replace waits, too.
    mutating func add(_ row: [SQLValue], _ insertion: Insertion) -> Bool {
        guard count < PendingRows.countMaximum else { return false }
        let place = place(of: insertion)
        if !insertion.key.isEmpty {
            let key = insertion.key.map { row[$0] }
            guard tables[place].keys.insert(key).inserted else { return false }
        }
        tables[place].rows.append(row)
        count += 1
        return true
    }

    private mutating func place(of insertion: Insertion) -> Int {
        if let place = tables.firstIndex(where: { $0.insertion === insertion }) { return place }
        tables.append(Table(insertion: insertion))
        return tables.count - 1
    }

    /// Hands everything out; tables that others refer to come first.
    mutating func takeAll() -> [(insertion: Insertion, rows: [[SQLValue]])] {
        defer { self = PendingRows() }
        // Of equal depth in one order, so that two transactions do not wait for each other.
        let order = { (table: Table) in (table.insertion.depth, table.insertion.one.text) }
        return tables.sorted { order($0) < order($1) }.map { ($0.insertion, $0.rows) }
    }
}
