// Redis and HTTP by hand: one thread, plain sockets, no library.

#include "include/raw.h"
#include "tools.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int failed(const char *what) {
    fprintf(stderr, "raw engine: %s: %s\n", what, strerror(errno));
    return -1;
}

static int write_all(int file, const char *bytes, size_t count) {
    while (count) {
        ssize_t sent = write(file, bytes, count);
        if (sent < 0) return failed("write");
        bytes += sent;
        count -= sent;
    }
    return 0;
}

// MARK: - Redis

static int redis_open(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(file, (struct sockaddr *)&address, sizeof address) < 0) {
        failed(path);
        close(file);
        return -1;
    }
    return file;
}

// A command with a thousand members, each the 16 bytes that its number gives.
static size_t redis_command(char *out, const char *name, long first, long members, int isRandom) {
    char *p = out + sprintf(out, "*1002\r\n$%zu\r\n%s\r\n$3\r\nsup\r\n", strlen(name), name);
    for (long i = first; i < first + 1000; i++) {
        uint64_t number = isRandom ? raw_mix(i) % (members * 10) : (uint64_t)i;
        memcpy(p, "$16\r\n", 5);
        raw_key(number, (uint8_t *)p + 5);
        memcpy(p + 21, "\r\n", 2);
        p += 23;
    }
    return p - out;
}

// Reads an answer that has so many lines.
static int redis_answer(int file, long lines) {
    char buffer[1 << 16];
    while (lines > 0) {
        ssize_t count = read(file, buffer, sizeof buffer);
        if (count <= 0) return failed("redis");
        if (buffer[0] == '-') return failed("redis refused");
        for (ssize_t i = 0; i < count; i++) lines -= buffer[i] == '\n';
    }
    return 0;
}

int raw_redis_fill(const char *socket, long members) {
    int file = redis_open(socket);
    if (file < 0) return -1;
    char *command = malloc(1 << 16);
    int result = 0;
    for (long first = 0; first < members && !result; first += 1000) {
        size_t count = redis_command(command, "SADD", first, members, 0);
        result = write_all(file, command, count) < 0 || redis_answer(file, 1) < 0 ? -1 : 0;
    }
    free(command);
    close(file);
    return result;
}

double raw_redis_rate(const char *socket, long asked, long members) {
    int file = redis_open(socket);
    if (file < 0) return -1;
    // Made beforehand: the keys are given to Redis for nothing.
    long calls = asked / 1000;
    char *commands = malloc(calls * (size_t)(1 << 15));
    size_t *lengths = malloc(calls * sizeof *lengths);
    for (long i = 0; i < calls; i++) {
        lengths[i] = redis_command(
            commands + i * (size_t)(1 << 15), "SMISMEMBER", i * 1000, members, 1);
    }
    double start = raw_now(), seconds = -1;
    for (long i = 0; i < calls; i++) {
        if (write_all(file, commands + i * (size_t)(1 << 15), lengths[i]) < 0) goto end;
        if (redis_answer(file, 1001) < 0) goto end;
    }
    seconds = raw_now() - start;
end:
    free(commands);
    free(lengths);
    close(file);
    return seconds < 0 ? -1 : calls * 1000 / seconds;
}

// MARK: - HTTP

static int http_open(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(file, (struct sockaddr *)&address, sizeof address) < 0) {
        failed("connect");
        close(file);
        return -1;
    }
    return file;
}

typedef struct {
    char bytes[16384];
    size_t count;
} answer;

// The length of a whole answer at the beginning; 0 when it is not whole, -1 when it is not a 2xx.
static long whole_answer(answer *a) {
    a->bytes[a->count] = 0;
    char *end = strstr(a->bytes, "\r\n\r\n");
    if (!end) return 0;
    if (strncmp(a->bytes, "HTTP/1.1 2", 10)) {
        fprintf(stderr, "raw engine: %.200s\n", a->bytes);
        return -1;
    }
    char *length = strcasestr(a->bytes, "\r\ncontent-length:");
    long whole = end + 4 - a->bytes + (length && length < end ? atol(length + 17) : 0);
    return (size_t)whole <= a->count ? whole : 0;
}

double raw_http_rate(
    int port, int connections, const char *requests, const long *ends, long count
) {
    struct pollfd *files = calloc(connections, sizeof *files);
    answer *answers = calloc(connections, sizeof *answers);
    long next = 0, done = 0;
    double seconds = -1;
    for (int i = 0; i < connections; i++) {
        files[i] = (struct pollfd){.fd = http_open(port), .events = POLLIN};
        if (files[i].fd < 0) goto end;
    }
    double start = raw_now();
    for (int i = 0; i < connections && next < count; i++, next++) {
        long from = next ? ends[next - 1] : 0;
        if (write_all(files[i].fd, requests + from, ends[next] - from) < 0) goto end;
    }
    while (done < count) {
        if (poll(files, connections, 10000) <= 0) {
            failed("no answer for 10 seconds");
            goto end;
        }
        for (int i = 0; i < connections; i++) {
            if (!files[i].revents) continue;
            answer *a = &answers[i];
            ssize_t got = read(files[i].fd, a->bytes + a->count, sizeof a->bytes - 1 - a->count);
            if (got <= 0) {
                failed("a connection ended");
                goto end;
            }
            a->count += got;
            long whole = whole_answer(a);
            if (whole < 0) goto end;
            if (!whole) continue;
            a->count -= whole;
            memmove(a->bytes, a->bytes + whole, a->count);
            done++;
            if (next == count) continue;
            long from = next ? ends[next - 1] : 0;
            if (write_all(files[i].fd, requests + from, ends[next] - from) < 0) goto end;
            next++;
        }
    }
    seconds = raw_now() - start;
end:
    for (int i = 0; i < connections; i++) {
        if (files[i].fd > 0) close(files[i].fd);
    }
    free(files);
    free(answers);
    return seconds < 0 ? -1 : count / seconds;
}

// Fills a chunk with whole lines; answers how many bytes it has, with its head and its end.
static size_t next_chunk(char *out, size_t room, long *line, long lines) {
    char *body = out + 8, *p = body;
    while (*line < lines && p - body < (long)room - 128) {
        p += sprintf(p, "person.%ld@mail%ld.example\n", *line, *line % 97);
        ++*line;
    }
    char head[32];
    snprintf(head, sizeof head, "%06lx\r\n", (long)(p - body));
    memcpy(out, head, 8);
    memcpy(p, "\r\n", 2);
    p += 2;
    if (*line == lines) {
        memcpy(p, "0\r\n\r\n", 5);
        p += 5;
    }
    return p - out;
}

int raw_http_stream(int port, const char *head, long lines, raw_stream_result *result) {
    enum { room = 1 << 16 };
    char *out = malloc(room + 64), *in = malloc(1 << 18), tail[1024], before = 0;
    size_t ready = 0, sent = 0, kept = 0;
    long line = 0, newlines = 0;
    int code = -1, file = http_open(port), ended = 0;
    if (file < 0) goto end;
    double start = raw_now();
    if (write_all(file, head, strlen(head)) < 0) goto end;
    fcntl(file, F_SETFL, O_NONBLOCK);
    while (!ended) {
        if (sent == ready && line < lines) {
            ready = next_chunk(out, room, &line, lines);
            sent = 0;
        }
        struct pollfd ready_for = {.fd = file, .events = POLLIN | (sent < ready ? POLLOUT : 0)};
        if (poll(&ready_for, 1, 60000) <= 0) {
            failed("no answer for a minute");
            goto end;
        }
        if (ready_for.revents & POLLIN) {
            ssize_t got = read(file, in, 1 << 18);
            if (got <= 0) {
                failed("the stream ended early");
                goto end;
            }
            // Chunks have line ends of their own, behind a carriage return.
            for (char *p = in; (p = memchr(p, '\n', in + got - p)); p++) {
                newlines += (p > in ? p[-1] : before) != '\r';
            }
            before = in[got - 1];
            size_t keep = got < (ssize_t)sizeof tail ? (size_t)got : sizeof tail;
            if (kept + keep > sizeof tail) {
                size_t drop = kept + keep - sizeof tail;
                memmove(tail, tail + drop, kept - drop);
                kept -= drop;
            }
            memcpy(tail + kept, in + got - keep, keep);
            kept += keep;
            ended = kept >= 7 && !memcmp(tail + kept - 7, "\r\n0\r\n\r\n", 7);
        }
        if (ready_for.revents & POLLOUT) {
            ssize_t count = write(file, out + sent, ready - sent);
            if (count < 0 && errno != EAGAIN) {
                failed("write");
                goto end;
            }
            if (count > 0) sent += count;
        }
    }
    result->seconds = raw_now() - start;
    result->lines = newlines;
    tail[kept < sizeof tail ? kept : sizeof tail - 1] = 0;
    char *last = strstr(tail, "{\"counts\"");
    snprintf(result->last, sizeof result->last, "%s", last ? last : "");
    code = 0;
end:
    if (file > 0) close(file);
    free(out);
    free(in);
    return code;
}
