// The system's zlib, with the calls that are macros as functions that Swift can see.

#ifndef HEED_CZLIB_H
#define HEED_CZLIB_H

#include <zlib.h>

static inline int heed_inflate_start(z_stream *stream) {
    // Without a header: the archive has its own (RFC 1951).
    return inflateInit2(stream, -MAX_WBITS);
}

static inline int heed_gunzip_start(z_stream *stream) {
    // With header and checksum of gzip (RFC 1952), which inflate checks.
    return inflateInit2(stream, 16 + MAX_WBITS);
}

static inline int heed_deflate_start(z_stream *stream) {
    return deflateInit2(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY
    );
}

#endif
