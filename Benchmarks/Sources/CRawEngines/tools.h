// A clock, and numbers that look random.

#ifndef HEED_RAW_TOOLS_H
#define HEED_RAW_TOOLS_H

#include <stdint.h>
#include <time.h>

// Seconds of a clock that never jumps.
static inline double raw_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

// SplitMix64's finaliser.
static inline uint64_t raw_mix(uint64_t z) {
    z += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

#endif
