// Gzip files for tests, packed by the same zlib that the archives are.

import HeedLists

/// Packs bytes as `gzip` does.
package enum Gzip {
    /// A member with its header, checksum and length (RFC 1952 §2.3).
    package static func pack(_ bytes: [UInt8]) throws -> [UInt8] {
        let deflater = try Deflater()
        let packed = try deflater.pack(bytes) + deflater.finish()
        let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
        return header + packed + number(UInt32(deflater.checksum)) + number(UInt32(bytes.count))
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
