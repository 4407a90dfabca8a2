// The system's zlib, with the one call that is a macro as a function that Swift can see.

#ifndef HEED_CZLIB_H
#define HEED_CZLIB_H

#include <zlib.h>

static inline int heed_inflate_start(z_stream *stream) {
    // Without a header: the archive has its own (RFC 1951).
    return inflateInit2(stream, -MAX_WBITS);
}

#endif
