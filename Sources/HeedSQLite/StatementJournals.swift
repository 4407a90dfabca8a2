// How SQLite keeps what it needs to take back one statement that fails in the middle.

import CSQLite

/// SQLite's journals of statements, of which an opt-out writes several.
enum StatementJournals {
    /// Makes them small, for the whole process; false when SQLite was in use before.
    ///
    /// An upsert under foreign keys has one, however little it changes, and SQLite takes 64 KiB of
    /// memory for it that are given back with the statement: a third of what an opt-out costs.
    static let areSmall = heed_keep_statement_journals_small() == SQLITE_OK
}
