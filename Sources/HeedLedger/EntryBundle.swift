// The entries themselves as they are served: tile/entries/<N> of C2SP tlog-tiles.

/// The coding of up to 256 consecutive entries: each a big-endian uint16 length and its bytes.
///
/// Entry `i` of bundle `n` hashes (RFC 9162 §2.1.1) to hash `i` of tile `n` at level 0.
public enum EntryBundle {
    /// The longest entry a bundle can hold, as its length is a uint16.
    public static let maximumEntryByteCount = 65_535

    /// Writes entries one behind the other.
    ///
    /// - Throws: `tooLarge` for an entry over 65,535 bytes or more than 256 entries.
    public static func encode(_ entries: [[UInt8]]) throws(LedgerError) -> [UInt8] {
        guard entries.count <= Tile.fullWidth else { throw tooMany }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + 2 + $1.count })
        for entry in entries {
            guard entry.count <= maximumEntryByteCount else {
                throw LedgerError(.tooLarge, "an entry has at most 65535 bytes")
            }
            bytes.append(UInt8(entry.count >> 8))
            bytes.append(UInt8(entry.count & 0xff))
            bytes.append(contentsOf: entry)
        }
        return bytes
    }

    /// Reads entries until the bytes end.
    ///
    /// - Throws: `malformed` where they end within an entry, `tooLarge` after 256 entries.
    public static func decode(_ bytes: [UInt8]) throws(LedgerError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var rest = bytes[...]
        while let high = rest.popFirst() {
            guard entries.count < Tile.fullWidth else { throw tooMany }
            guard let low = rest.popFirst() else { throw cut }
            let count = Int(high) << 8 | Int(low)
            guard rest.count >= count else { throw cut }
            entries.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return entries
    }

    /// The path of the bundle below a tile of level 0.
    public static func path(index: Int, width: Int) throws(LedgerError) -> String {
        TilePath.entries(try Tile(level: 0, index: index, width: width)).text
    }

    private static let cut = LedgerError(.malformed, "the bundle ends within an entry")
    private static let tooMany = LedgerError(.tooLarge, "a bundle has at most 256 entries")
}
