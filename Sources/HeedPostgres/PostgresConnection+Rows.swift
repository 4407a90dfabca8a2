// Writes the rows that wait: one as a statement, some as arrays, many by COPY.

import HeedStore

extension PostgresConnection {
    /// Keeps a row until the next statement of any other kind.
    func insert(_ row: [SQLValue], with insertion: Insertion) throws(StoreError) {
        changes += 1
        if pendingRows.add(row, insertion) { return }
        try writeRows()
        _ = pendingRows.add(row, insertion)
    }

    /// Sends the rows that wait.
    func writeRows() throws(StoreError) {
        guard !pendingRows.isEmpty else { return }
        for (insertion, rows) in pendingRows.takeAll() {
            if rows.count >= PendingRows.copyMinimum, let copy = insertion.copy {
                try pipeline.copy(copy, rows)
            } else if rows.count == 1 {
                try pipeline.send(insertion.one, rows[0])
            } else {
                try pipeline.send(insertion, rows)
            }
            if pipeline.isFull { _ = try pipeline.settle() }
        }
    }
}
