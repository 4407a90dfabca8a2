// HMAC-SHA-256 with the work on the key done beforehand, for hashes by the million.

import Crypto
import HeedConsent

/// HMAC (RFC 2104) over the library's SHA-256.
///
/// The library's own `HMAC` takes its input through a generic sequence of regions, which costs more
/// than the hashing of something as short as an address (decision 39).
struct PreparedHMAC: Sendable {
    private let inner: SHA256
    private let outer: SHA256

    /// Takes a key, and what every message begins with.
    init(key: SymmetricKey, prefix: [UInt8]) {
        var key = unsafe key.withUnsafeBytes { unsafe Array($0) }
        if key.count > SHA256.blockByteCount { key = Array(SHA256.hash(data: key)) }
        let padded = key + [UInt8](repeating: 0, count: SHA256.blockByteCount - key.count)
        var inner = SHA256()
        inner.update(data: padded.map { $0 ^ 0x36 } + prefix)
        var outer = SHA256()
        outer.update(data: padded.map { $0 ^ 0x5C })
        (self.inner, self.outer) = (inner, outer)
    }

    /// The first 16 bytes of the code over a message, as words.
    func words(over bytes: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64) {
        var inner = inner
        unsafe inner.update(bufferPointer: bytes)
        var outer = outer
        unsafe inner.finalize().withUnsafeBytes { unsafe outer.update(bufferPointer: $0) }
        return unsafe outer.finalize().withUnsafeBytes { bytes in
            (
                UInt64(bigEndian: unsafe bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}
