// Asks SQLite whether its file is whole: a page that a disk brought back from the past shows
// nowhere else, when an index has it.

import HeedEngine
import HeedStore

/// What SQLite finds wrong with its file; nothing on PostgreSQL, which has `amcheck` for that.
struct StorageFaults: Query {
    /// SQLite's words, which name tables, indexes and pages; the first twenty.
    func answer(in transaction: Transaction) throws -> [String] {
        guard transaction.engine == .sqlite else { return [] }
        return try transaction.rows("PRAGMA integrity_check(20)")
            .map { try $0.text(0) }
            .filter { $0 != "ok" }
    }
}
