// SQLite by hand: prepared statements, one session, nothing else in the way.

#include "include/raw.h"
#include "tools.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(sqlite3 *db, const char *what) {
    fprintf(stderr, "raw engine: %s: %s\n", what, db ? sqlite3_errmsg(db) : "no session");
    return -1;
}

static void remove_database(const char *path) {
    const char *ends[] = {"", "-wal", "-shm"};
    char name[1024];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static sqlite3 *open_new(const char *path, const char *pragmas) {
    sqlite3 *db = NULL;
    remove_database(path);
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, pragmas, 0, 0, 0) != SQLITE_OK) {
        failed(db, "open");
        sqlite3_close(db);
        return NULL;
    }
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, 0) != SQLITE_OK) failed(db, sql);
    return statement;
}

static int step(sqlite3 *db, sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? 0 : failed(db, "step");
}

void raw_key(uint64_t number, uint8_t bytes[16]) {
    uint64_t high = raw_mix(number * 2 + 1), low = raw_mix(high ^ number);
    memcpy(bytes, &high, 8);
    memcpy(bytes + 8, &low, 8);
}

// MARK: - Lookups

struct raw_lookup {
    sqlite3 *db;
    sqlite3_stmt *select;
    long rows;
};

raw_lookup *raw_lookup_make(const char *path, long rows) {
    sqlite3 *db = open_new(
        path, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-262144;"
              "PRAGMA mmap_size=1073741824;"
              "CREATE TABLE s (k BLOB PRIMARY KEY, scope INT, seq INT) WITHOUT ROWID; BEGIN");
    if (!db) return NULL;
    sqlite3_stmt *insert = prepare(db, "INSERT INTO s VALUES (?1, ?2, ?3)");
    uint8_t bytes[16];
    for (long i = 0; i < rows; i++) {
        raw_key(i, bytes);
        sqlite3_bind_blob(insert, 1, bytes, 16, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 2, i & 7);
        sqlite3_bind_int64(insert, 3, i);
        if (step(db, insert) < 0) return NULL;
    }
    sqlite3_finalize(insert);
    sqlite3_exec(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", 0, 0, 0);
    raw_lookup *lookup = malloc(sizeof *lookup);
    *lookup = (raw_lookup){db, prepare(db, "SELECT scope, seq FROM s WHERE k = ?1"), rows};
    return lookup;
}

double raw_lookup_rate(raw_lookup *lookup, long lookups) {
    static uint64_t seed = 1;
    volatile int64_t sum = 0;
    uint8_t bytes[16];
    sqlite3_exec(lookup->db, "BEGIN", 0, 0, 0);
    double start = raw_now();
    for (long i = 0; i < lookups; i++) {
        raw_key(raw_mix(seed++) % lookup->rows, bytes);
        sqlite3_bind_blob(lookup->select, 1, bytes, 16, SQLITE_STATIC);
        if (sqlite3_step(lookup->select) != SQLITE_ROW) return failed(lookup->db, "no hit");
        sum += sqlite3_column_int64(lookup->select, 1);
        sqlite3_reset(lookup->select);
    }
    double seconds = raw_now() - start;
    sqlite3_exec(lookup->db, "COMMIT", 0, 0, 0);
    return lookups / seconds;
}

void raw_lookup_close(raw_lookup *lookup) {
    sqlite3_finalize(lookup->select);
    sqlite3_close(lookup->db);
    free(lookup);
}

double raw_lookup_cold_start(const char *path) {
    double start = raw_now();
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, 0) != SQLITE_OK) return failed(db, path);
    sqlite3_stmt *select = prepare(db, "SELECT k, scope, seq FROM s");
    size_t slots = 1 << 10, count = 0;
    uint64_t *table = calloc(slots, 8);
    while (sqlite3_step(select) == SQLITE_ROW) {
        uint64_t word;
        memcpy(&word, sqlite3_column_blob(select, 0), 8);
        word |= 1;
        if (++count * 2 > slots) {
            uint64_t *larger = calloc(slots * 2, 8);
            for (size_t i = 0; i < slots; i++) {
                if (!table[i]) continue;
                size_t slot = table[i] & (slots * 2 - 1);
                while (larger[slot]) slot = (slot + 1) & (slots * 2 - 1);
                larger[slot] = table[i];
            }
            free(table);
            table = larger;
            slots *= 2;
        }
        size_t slot = word & (slots - 1);
        while (table[slot]) slot = (slot + 1) & (slots - 1);
        table[slot] = word;
    }
    sqlite3_finalize(select);
    sqlite3_close(db);
    double seconds = raw_now() - start;
    free(table);
    return count ? seconds : -1;
}

// MARK: - Group commit

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    uint64_t asked, answered;
    int ended;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *state, *line, *job;
    uint64_t seed;
    char body[220];
} group;

static void opt_out(group *g) {
    uint64_t words[4];
    for (int i = 0; i < 4; i++) words[i] = raw_mix(g->seed++);
    sqlite3_bind_blob(g->state, 1, words, 16, SQLITE_STATIC);
    sqlite3_bind_int(g->state, 2, words[3] & 3);
    sqlite3_bind_int64(g->state, 3, words[2] >> 1);
    step(g->db, g->state);
    sqlite3_bind_blob(g->line, 1, words, 32, SQLITE_STATIC);
    sqlite3_bind_blob(g->line, 2, g->body, 220, SQLITE_STATIC);
    step(g->db, g->line);
    sqlite3_bind_int(g->job, 1, words[2] & 1);
    sqlite3_bind_int64(g->job, 2, words[1] >> 1);
    sqlite3_bind_blob(g->job, 3, g->body, 60, SQLITE_STATIC);
    step(g->db, g->job);
}

static void *write_groups(void *context) {
    group *g = context;
    pthread_mutex_lock(&g->lock);
    for (;;) {
        while (g->asked == g->answered && !g->ended) pthread_cond_wait(&g->work, &g->lock);
        if (g->asked == g->answered) break;
        uint64_t count = g->asked - g->answered;
        pthread_mutex_unlock(&g->lock);
        step(g->db, g->begin);
        for (uint64_t i = 0; i < count; i++) opt_out(g);
        step(g->db, g->commit);
        pthread_mutex_lock(&g->lock);
        g->answered += count;
        pthread_cond_broadcast(&g->done);
    }
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

typedef struct {
    group *group;
    long each;
} client;

static void *ask(void *context) {
    client *c = context;
    group *g = c->group;
    for (long i = 0; i < c->each; i++) {
        pthread_mutex_lock(&g->lock);
        uint64_t mine = ++g->asked;
        pthread_cond_signal(&g->work);
        while (g->answered < mine) pthread_cond_wait(&g->done, &g->lock);
        pthread_mutex_unlock(&g->lock);
    }
    return NULL;
}

double raw_group_rate(const char *path, int clients, long each) {
    static uint64_t seed = 1 << 20;
    group g = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .work = PTHREAD_COND_INITIALIZER,
               .done = PTHREAD_COND_INITIALIZER};
    memset(g.body, 'b', sizeof g.body);
    g.seed = seed;
    seed += 1u << 28;
    g.db = open_new(
        path,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
        "PRAGMA wal_autocheckpoint=4000;"
        "CREATE TABLE state (contact BLOB, scope INT, status INT, ver INT, at INT,"
        " PRIMARY KEY (contact, scope)) WITHOUT ROWID;"
        "CREATE TABLE audit (seq INTEGER PRIMARY KEY, leaf BLOB, body BLOB);"
        "CREATE TABLE job (id INTEGER PRIMARY KEY, prio INT, run_at INT, st INT, body BLOB);"
        "CREATE INDEX job_ready ON job (prio, run_at, id) WHERE st = 0");
    if (!g.db) return -1;
    g.begin = prepare(g.db, "BEGIN IMMEDIATE");
    g.commit = prepare(g.db, "COMMIT");
    g.state = prepare(g.db, "INSERT INTO state VALUES (?1, ?2, 1, 1, ?3) ON CONFLICT DO UPDATE "
                            "SET status = 1, ver = ver + 1, at = excluded.at");
    g.line = prepare(g.db, "INSERT INTO audit (leaf, body) VALUES (?1, ?2)");
    g.job = prepare(g.db, "INSERT INTO job (prio, run_at, st, body) VALUES (?1, ?2, 0, ?3)");
    // Warm: a log whose blocks are there already is written over.
    for (int i = 0; i < 4; i++) {
        step(g.db, g.begin);
        for (int j = 0; j < 2500; j++) opt_out(&g);
        step(g.db, g.commit);
    }
    sqlite3_wal_checkpoint_v2(g.db, 0, SQLITE_CHECKPOINT_RESTART, 0, 0);
    pthread_t writer, *threads = malloc(clients * sizeof *threads);
    client shared = {&g, each};
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_create(&writer, 0, write_groups, &g);
    double start = raw_now();
    for (int i = 0; i < clients; i++) pthread_create(&threads[i], &small, ask, &shared);
    for (int i = 0; i < clients; i++) pthread_join(threads[i], 0);
    double seconds = raw_now() - start;
    pthread_mutex_lock(&g.lock);
    g.ended = 1;
    pthread_cond_signal(&g.work);
    pthread_mutex_unlock(&g.lock);
    pthread_join(writer, 0);
    free(threads);
    sqlite3_stmt *all[] = {g.begin, g.commit, g.state, g.line, g.job};
    for (int i = 0; i < 5; i++) sqlite3_finalize(all[i]);
    sqlite3_close(g.db);
    remove_database(path);
    return clients * each / seconds;
}

// MARK: - Import

double raw_import_rate(const char *path, long contacts) {
    sqlite3 *db = open_new(
        path,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144;"
        "PRAGMA wal_autocheckpoint=20000;"
        "CREATE TABLE contacts (k BLOB PRIMARY KEY, email TEXT, attrs TEXT) WITHOUT ROWID;"
        "CREATE TABLE consent (k BLOB, scope INT, st INT, at INT, PRIMARY KEY (k, scope))"
        " WITHOUT ROWID;"
        "CREATE TABLE audit (seq INTEGER PRIMARY KEY, leaf BLOB, body BLOB)");
    if (!db) return -1;
    sqlite3_stmt *contact = prepare(db, "INSERT INTO contacts VALUES (?1, ?2, ?3)");
    sqlite3_stmt *consent = prepare(db, "INSERT INTO consent VALUES (?1, ?2, 1, ?3)");
    sqlite3_stmt *line = prepare(db, "INSERT INTO audit (leaf, body) VALUES (?1, ?2)");
    char email[64], attributes[128], body[128];
    memset(body, 'b', sizeof body);
    uint8_t bytes[16];
    double start = raw_now();
    for (long i = 0; i < contacts; i++) {
        if (i % 10000 == 0) {
            sqlite3_exec(db, i ? "COMMIT; BEGIN IMMEDIATE" : "BEGIN IMMEDIATE", 0, 0, 0);
        }
        raw_key(i, bytes);
        int length = snprintf(email, sizeof email, "user%ld@example%ld.com", i, i % 1000);
        int more = snprintf(
            attributes, sizeof attributes,
            "{\"first\":\"User\",\"last\":\"N%ld\",\"country\":\"DE\",\"lang\":\"de\"}", i);
        sqlite3_bind_blob(contact, 1, bytes, 16, SQLITE_STATIC);
        sqlite3_bind_text(contact, 2, email, length, SQLITE_STATIC);
        sqlite3_bind_text(contact, 3, attributes, more, SQLITE_STATIC);
        sqlite3_bind_blob(consent, 1, bytes, 16, SQLITE_STATIC);
        sqlite3_bind_int(consent, 2, 1);
        sqlite3_bind_int64(consent, 3, 1700000000 + i);
        sqlite3_bind_blob(line, 1, bytes, 16, SQLITE_STATIC);
        sqlite3_bind_blob(line, 2, body, 120, SQLITE_STATIC);
        if (step(db, contact) < 0 || step(db, consent) < 0 || step(db, line) < 0) return -1;
    }
    sqlite3_exec(db, "COMMIT", 0, 0, 0);
    double seconds = raw_now() - start;
    sqlite3_finalize(contact);
    sqlite3_finalize(consent);
    sqlite3_finalize(line);
    sqlite3_close(db);
    remove_database(path);
    return contacts / seconds;
}
