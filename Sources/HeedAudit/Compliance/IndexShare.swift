// Holds the indexes of the live schema against those of the migrations, each in one check.

import HeedConsent
import HeedStore

/// Whose business an index is: each is one check's, so one fault fails one check.
enum IndexShare: CaseIterable {
    /// What finds the work that is to be done next.
    case queue
    /// What finds everything else.
    case lookups

    /// The check of a table's indexes.
    static func of(_ table: String) -> IndexShare { table == "jobs" ? .queue : .lookups }
}

extension Transaction {
    /// The indexes with a name of their own that searches can use; not those of keys.
    func liveIndexes() throws(StoreError) -> [MigratedSchema.Index] {
        let statement: SQL =
            switch engine {
            case .sqlite:
                "SELECT tbl_name, name, sql FROM sqlite_master "
                    + "WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
            case .postgres:
                // One that could not be built to its end is there, and no search uses it.
                "SELECT t.relname::text, c.relname::text, pg_get_indexdef(c.oid) FROM pg_index i "
                    + "JOIN pg_class c ON c.oid = i.indexrelid "
                    + "JOIN pg_class t ON t.oid = i.indrelid "
                    + "WHERE t.relnamespace = 'heed'::regnamespace AND i.indisvalid "
                    + "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid "
                    + "AND k.contype IN ('p', 'u')) ORDER BY 2"
            }
        var indexes: [MigratedSchema.Index] = []
        for row in try rows(statement) {
            let index = MigratedSchema.Index(
                table: try row.text(0),
                name: try row.text(1),
                definition: SQLWords.index(try row.text(2))
            )
            indexes.append(index)
        }
        return indexes
    }
}

extension Inspection {
    /// Names each index of a share that is gone or another one; more than there were are welcome.
    mutating func expectIndexes(_ share: IndexShare, in transaction: Transaction) throws {
        let made = MigratedSchema.of(transaction.engine).indexes.values
            .filter { IndexShare.of($0.table) == share }.sorted { $0.name < $1.name }
        var live: [String: MigratedSchema.Index] = [:]
        for found in try transaction.liveIndexes() { live[found.name] = found }
        for index in made {
            let what = "the index \(index.name) of \(index.table)"
            guard let found = live[index.name] else {
                fault("\(what) is gone")
                continue
            }
            require(found == index, else: "\(what) is not the one of the migrations")
        }
        note("\(made.count) indexes looked for, with the text that the migrations have")
    }
}
