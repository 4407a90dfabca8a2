// The one setting of the system's SQLite that Swift cannot reach: sqlite3_config is variadic.

#ifndef HEED_CSQLITE_H
#define HEED_CSQLITE_H

#include <sqlite3.h>

static inline int heed_keep_statement_journals_small(void) {
    // Below zero: in pieces of 1 KiB instead of 64 KiB, and never in a file.
    return sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
}

#endif
