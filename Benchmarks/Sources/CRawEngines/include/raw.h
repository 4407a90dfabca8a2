// Raw engines, in C, that measurements are held against; none of them knows Heed.

#ifndef HEED_RAW_H
#define HEED_RAW_H

#include <stdint.h>

// Every function answers a negative number when it failed, and says why on standard error.

// SQLite: a table of 16-byte keys without row ids, as large as it is asked to be.
typedef struct raw_lookup raw_lookup;
raw_lookup *raw_lookup_make(const char *path, long rows);
// Prepared lookups a second in one read transaction, each of them a hit.
double raw_lookup_rate(raw_lookup *, long lookups);
void raw_lookup_close(raw_lookup *);
// Seconds to open the file, read all keys and put eight bytes of each into a hash table.
double raw_lookup_cold_start(const char *path);

// SQLite: opt-outs acknowledged a second by one writer that commits for waiting threads, durable,
// three rows each (state, audit line, job).
double raw_group_rate(const char *path, int clients, long each);

// SQLite: contacts imported a second, in the order they come: contact, consent and audit line,
// 10,000 a commit, durable.
double raw_import_rate(const char *path, long contacts);

// Redis: members asked about a second, a thousand a command, over a socket in the file system.
int raw_redis_fill(const char *socket, long members);
double raw_redis_rate(const char *socket, long asked, long members);

// How often this process has had a file flushed to the disk; 0 where that cannot be counted.
long raw_flushes(void);

// The 16 bytes that stand for a number, spread as hashes are.
void raw_key(uint64_t number, uint8_t bytes[16]);

// HTTP/1.1 over loopback. `requests` has whole requests one behind the other, `ends` where each
// ends. Each connection sends one, waits for its answer, and takes the next. Answers requests a
// second; any answer but a 2xx is a failure.
double raw_http_rate(int port, int connections, const char *requests, const long *ends, long count);

// What became of a stream.
typedef struct {
    double seconds;
    long lines;
    // The last line, cut to what fits.
    char last[512];
} raw_stream_result;
// Posts `lines` addresses in chunks, made as they go, and counts the lines of the answer. The
// addresses are person.N@mailM.example with N from 0 on.
int raw_http_stream(int port, const char *head, long lines, raw_stream_result *);

#endif
