// What is written down about an import beside its events: rows not taken, dry runs, how it failed.

package import HeedConsent

/// Rows of an import that were not taken, some at a time.
package struct StoredRejections: Sendable {
    /// The place they were written at: the file, from 0, and the row in it.
    package let place: (file: Int64, row: Int64)
    /// Lines of CSV, each with its line break.
    package let lines: String
}

extension Transaction {
    /// Makes the change that a note stands for.
    func apply(_ note: ImportNote, to id: ImportID) throws(StoreError) {
        switch note {
        case .dryRun(let format, let scope, let policyVersion):
            try insertImport(id, format: format, scope: scope, policyVersion: policyVersion)
            try execute("UPDATE imports SET is_dry_run = 1 WHERE id = $1", .id(id))
        case .dryRunBegunAnew:
            try execute("DELETE FROM import_rejections WHERE import_id = $1", .id(id))
        case .dryRunEnded(let counts): try finishImport(id, counts: counts)
        case .rejected(let file, let row, let lines):
            try execute(
                "INSERT INTO import_rejections (import_id, file_number, row_number, lines) "
                    + "VALUES ($1, $2, $3, $4)",
                .id(id),
                .integer(Int64(file)),
                .integer(Int64(row)),
                .text(lines)
            )
        case .failed(let reason):
            try execute("UPDATE imports SET failure = $2 WHERE id = $1", .id(id), .text(reason))
        case .undoRequested(let actor):
            try execute(
                "UPDATE imports SET undo_requested_at = $2, undo_requested_by = $3 "
                    + "WHERE id = $1 AND undo_requested_at IS NULL",
                .id(id),
                .time(now),
                .text("\(actor.kind.rawValue)/\(actor.id)")
            )
        }
    }

    /// Rows of an import that were not taken, in the order of its files, after one place.
    package func importRejections(
        of id: ImportID,
        after last: (file: Int64, row: Int64),
        limit: Int64
    ) throws(StoreError) -> [StoredRejections] {
        var rejections: [StoredRejections] = []
        for row in try rows(
            "SELECT file_number, row_number, lines FROM import_rejections WHERE import_id = $1 "
                + "AND (file_number, row_number) > ($2, $3) "
                + "ORDER BY file_number, row_number LIMIT $4",
            .id(id),
            .integer(last.file),
            .integer(last.row),
            .integer(limit)
        ) {
            let place = (file: try row.integer(0), row: try row.integer(1))
            rejections.append(StoredRejections(place: place, lines: try row.text(2)))
        }
        return rejections
    }
}
