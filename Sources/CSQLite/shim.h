// The one setting of the system's SQLite that Swift cannot reach: sqlite3_config is variadic.

#ifndef HEED_CSQLITE_H
#define HEED_CSQLITE_H

#include <sqlite3.h>

static inline int heed_take_pages_one_by_one(void) {
    // No memory of ours, and none taken in advance (sqlite.org/malloc.html, 3.2).
    return sqlite3_config(SQLITE_CONFIG_PAGECACHE, (void *)0, 0, 0);
}

#endif
