// The tiles a log is served in: up to 256 consecutive hashes of one height (C2SP tlog-tiles).

/// The coordinates of a tile.
///
/// Hash `i` of tile `n` at level `l` is MTH(D[(256n + i) · 256^l : (256n + i + 1) · 256^l]).
public struct Tile: Hashable, Sendable {
    /// The hashes in a full tile.
    public static let fullWidth = 256
    /// The highest level of the format.
    public static let maximumLevel = 63
    /// The largest index that keeps every leaf number below 2^63.
    static let maximumIndex = Int.max >> 9

    /// The height in steps of eight tree levels.
    public let level: Int
    /// The position within the level, from the left.
    public let index: Int
    /// The number of hashes; 256 in a full tile, 1–255 in a partial one.
    public let width: Int

    /// Names a tile.
    ///
    /// - Throws: `outOfRange` where the format has no such tile.
    public init(level: Int, index: Int, width: Int = Tile.fullWidth) throws(LedgerError) {
        guard 0...Self.maximumLevel ~= level, 0...Self.maximumIndex ~= index,
            1...Self.fullWidth ~= width
        else {
            throw LedgerError(.outOfRange, "no tile has level \(level), index \(index)")
        }
        self.init(unchecked: level, index, width)
    }

    /// Names a tile that arithmetic within a tree has already kept in range.
    init(unchecked level: Int, _ index: Int, _ width: Int) {
        self.level = level
        self.index = index
        self.width = width
    }

    /// Whether the tile holds all 256 hashes and so is final.
    public var isFull: Bool { width == Self.fullWidth }

    /// The length of its data in bytes.
    public var byteCount: Int { width * Hash.byteCount }

    /// The subtrees whose hashes the tile holds, from left to right.
    ///
    /// - Throws: `outOfRange` above the levels that a tree of fewer than 2^63 leaves has.
    public func subtrees() throws(LedgerError) -> [Subtree] {
        guard level < 8 else { throw LedgerError(.outOfRange, "no tree reaches level \(level)") }
        let first = index * Self.fullWidth
        return (first..<first + width).map { Subtree(level: level * 8, index: $0) }
    }

    /// Whether a tree of this size has all the tile's hashes.
    public func exists(inTreeOf size: Int) -> Bool {
        size >= 0 && index * Self.fullWidth + width <= size >> (level * 8)
    }
}

// MARK: - The tiles of a tree

extension Tile {
    /// All tiles of a tree, level by level from the left; the last of a level may be partial.
    public static func all(inTreeOf size: Int) throws(LedgerError) -> [Tile] {
        try changed(from: 0, to: size)
    }

    /// The tiles to write when a tree grows: those that are new, and those that became wider.
    ///
    /// Width of the last one of level `l`: floor(size / 256^l) mod 256, or full. Empty tiles do
    /// not exist.
    public static func changed(from old: Int, to new: Int) throws(LedgerError) -> [Tile] {
        guard old >= 0, old <= new else {
            throw LedgerError(.outOfRange, "a tree grows from a size to one not smaller")
        }
        var tiles: [Tile] = []
        var (oldCount, newCount) = (old, new)
        for level in 0..<8 where oldCount < newCount {
            for index in oldCount / fullWidth...(newCount - 1) / fullWidth {
                let width = min(fullWidth, newCount - index * fullWidth)
                tiles.append(Tile(unchecked: level, index, width))
            }
            oldCount /= fullWidth
            newCount /= fullWidth
        }
        return tiles
    }

    /// The unfinished tiles at the right edge of a tree, one for each level that has one.
    public static func edge(ofTreeOf size: Int) throws(LedgerError) -> [Tile] {
        guard size >= 0 else { throw LedgerError(.outOfRange, "a size is not negative") }
        return (0..<8).compactMap { level in
            let count = size >> (level * 8)
            let width = count % fullWidth
            return width == 0 ? nil : Tile(unchecked: level, count / fullWidth, width)
        }
    }

    /// The tile data from a source of subtree hashes.
    public func data(
        reading read: ([Subtree]) throws(LedgerError) -> [Hash]
    ) throws(LedgerError) -> [UInt8] {
        let hashes = try read(subtrees())
        guard hashes.count == width else {
            throw LedgerError(.unavailable, "\(hashes.count) hashes were read for \(width)")
        }
        var data: [UInt8] = []
        data.reserveCapacity(byteCount)
        for hash in hashes { hash.append(to: &data) }
        return data
    }
}

// MARK: - Finding a subtree

extension Tile {
    /// Where in a tile a subtree's hash can be found or built.
    struct Location {
        /// The tile, as wide as the tree has it.
        let tile: Tile
        /// The hashes of the tile below the subtree.
        let hashes: Range<Int>
    }

    /// Finds the tile of a subtree within a tree of `size` leaves.
    static func location(of subtree: Subtree, inTreeOf size: Int) throws(LedgerError) -> Location {
        guard 0..<Int.bitWidth - 1 ~= subtree.level, subtree.index >= 0,
            subtree.index < size >> subtree.level
        else {
            throw LedgerError(.outOfRange, "the tree of \(size) leaves has not this subtree")
        }
        let (level, height) = subtree.level.quotientAndRemainder(dividingBy: 8)
        let first = subtree.index << height
        let index = first / fullWidth
        let width = min(fullWidth, size >> (level * 8) - index * fullWidth)
        let offset = first % fullWidth
        return Location(
            tile: Tile(unchecked: level, index, width),
            hashes: offset..<offset + 1 << height
        )
    }

    /// The tiles that hold the hashes of subtrees, each once, in the order of first need.
    public static func holding(
        _ subtrees: [Subtree],
        inTreeOf size: Int
    ) throws(LedgerError) -> [Tile] {
        var seen: Set<Tile> = []
        var tiles: [Tile] = []
        for subtree in subtrees {
            let tile = try location(of: subtree, inTreeOf: size).tile
            if seen.insert(tile).inserted { tiles.append(tile) }
        }
        return tiles
    }
}
