// Counts flushes to the disk by whoever asks in this process, so that a rate can be held against
// them.

#include "include/raw.h"
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long flushes;

long raw_flushes(void) { return atomic_load(&flushes); }

#ifdef __linux__
// Found before the C library's own, also by the libraries of the engines.
int fdatasync(int file) {
    atomic_fetch_add(&flushes, 1);
    return syscall(SYS_fdatasync, file);
}

int fsync(int file) {
    atomic_fetch_add(&flushes, 1);
    return syscall(SYS_fsync, file);
}
#endif
