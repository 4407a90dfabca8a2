// A growing tree that hands out the tiles to store, which is all a sequencer has to write.

/// A tree together with the unfinished tiles at its right edge.
///
/// The node hashes that tiles of higher levels hold fall out of the tree's own merging, so tiles
/// cost copying and no second hashing.
public struct TileWriter: Sendable {
    /// A tile and its bytes.
    public struct Content: Hashable, Sendable {
        /// The coordinates.
        public let tile: Tile
        /// Its hashes, one after the other.
        public let data: [UInt8]
    }

    /// The tree so far.
    public private(set) var tree: Tree
    private var edge: Edge

    /// Starts an empty log.
    public init() {
        tree = Tree()
        edge = Edge()
    }

    /// Resumes a log of `size` leaves from its edge tiles (`Tile.edge(ofTreeOf:)`).
    ///
    /// - Throws: `unavailable` where a tile is too short, and what `read` throws. Compare the root
    ///   with the last checkpoint before appending.
    public init(
        resuming size: Int,
        read: (Tile) throws(LedgerError) -> [UInt8]
    ) throws(LedgerError) {
        edge = Edge()
        var tiles: [Tile: [UInt8]] = [:]
        for tile in try Tile.edge(ofTreeOf: size) {
            let data = try read(tile)
            guard data.count >= tile.byteCount else {
                throw LedgerError(.unavailable, "tile \(tile.path) has \(data.count) bytes")
            }
            tiles[tile] = Array(data.prefix(tile.byteCount))
        }
        for level in 0..<8 where size >> (level * 8) > 0 {
            let index = size >> (level * 8 + 8)
            let data = tiles.first { $0.key.level == level }?.value ?? []
            edge.levels.append(Edge.Level(index: index, data: data))
        }
        var reader = TileReader(size: size) { (tile) throws(LedgerError) in
            guard let data = tiles[tile] else {
                throw LedgerError(.unavailable, "tile \(tile.path) is not at the edge")
            }
            return data
        }
        let frontier = try reader.hashes(of: Tree.frontier(ofSize: size))
        tree = try Tree(size: size, frontier: frontier)
    }

    /// Appends a leaf by its hash.
    public mutating func append(_ leaf: Hash) {
        Self.append(leaf, to: &tree, and: &edge)
    }

    /// Works on both parts side by side, so that neither is copied or moved for a leaf.
    private static func append(_ leaf: Hash, to tree: inout Tree, and edge: inout Edge) {
        edge.add(leaf, toLevel: 0)
        tree.append(leaf) { level, hash in
            if level.isMultiple(of: 8) { edge.add(hash, toLevel: level / 8) }
        }
    }

    /// Takes the tiles that are new or wider than at the last call, level by level.
    ///
    /// They are those of `Tile.changed(from:to:)`: write them before signing the tree's root.
    public mutating func takeChanged() -> [Content] {
        edge.takeChanged()
    }
}

/// The last tile of each level, and the full tiles nobody has taken yet.
private struct Edge: Sendable {
    /// One level's last tile, from which the full ones have been moved away.
    struct Level: Sendable {
        var index = 0
        var data: [UInt8] = []
        var isChanged = false
    }

    var levels: [Level] = []
    private var finished: [TileWriter.Content] = []

    mutating func add(_ hash: Hash, toLevel number: Int) {
        if number == levels.count { levels.append(Level()) }
        hash.append(to: &levels[number].data)
        levels[number].isChanged = true
        guard levels[number].data.count == Tile.fullWidth * Hash.byteCount else { return }
        let tile = Tile(unchecked: number, levels[number].index, Tile.fullWidth)
        finished.append(TileWriter.Content(tile: tile, data: levels[number].data))
        levels[number].index += 1
        levels[number].data = []
    }

    mutating func takeChanged() -> [TileWriter.Content] {
        var changed = finished
        finished = []
        for (number, level) in levels.enumerated() where level.isChanged {
            levels[number].isChanged = false
            let width = level.data.count / Hash.byteCount
            guard width > 0 else { continue }
            let tile = Tile(unchecked: number, level.index, width)
            changed.append(TileWriter.Content(tile: tile, data: level.data))
        }
        return changed.sorted {
            ($0.tile.level, $0.tile.index) < ($1.tile.level, $1.tile.index)
        }
    }
}
