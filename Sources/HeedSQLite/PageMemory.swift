// How SQLite takes memory for the pages of its tables, the short-lived ones above all.

import CSQLite

/// SQLite's memory for pages.
enum PageMemory {
    /// Has it taken page by page, for the whole process; false when SQLite was in use before.
    ///
    /// A search for several keys and an upsert of a table without row ids each make a table that
    /// lives as long as the statement. SQLite takes 80 KiB in advance for its first twenty pages,
    /// of which it needs one, and gives them back with the statement.
    static let isTakenOneByOne = heed_take_pages_one_by_one() == SQLITE_OK
}
