// Proofs out of tiles, reading no tile twice and counting what was read.

/// A reader of one tree through its tiles.
///
/// A proof touches at most the tiles above its leaf and those of the right edge: of each level
/// two, of the top level one, so at most 2 · log256(size) + 2 in all. What a reader returns is not
/// trusted further than the proof: check the proof against a signed root.
public struct TileReader {
    /// The number of leaves of the tree that is read.
    public let size: Int
    /// How many tiles have been asked for so far.
    public private(set) var readCount = 0

    private let read: (Tile) throws(LedgerError) -> [UInt8]
    private var kept: [Tile: [UInt8]] = [:]

    /// Reads the tree of `size` leaves.
    ///
    /// - Parameters:
    ///   - size: The size of a checkpoint, so that the partial tiles exist.
    ///   - read: Returns a tile's data; it may return more than asked, as a wider version begins
    ///     with the same hashes. It throws `unavailable` where it has none.
    public init(size: Int, read: @escaping (Tile) throws(LedgerError) -> [UInt8]) {
        self.size = size
        self.read = read
    }

    /// The hashes of perfect subtrees, in the order asked for.
    public mutating func hashes(of subtrees: [Subtree]) throws(LedgerError) -> [Hash] {
        var hashes: [Hash] = []
        hashes.reserveCapacity(subtrees.count)
        for subtree in subtrees {
            let location = try Tile.location(of: subtree, inTreeOf: size)
            let data = try data(of: location.tile)
            var tree = Tree()
            for position in location.hashes {
                tree.append(Hash(in: data, at: position * Hash.byteCount))
            }
            hashes.append(tree.root)
        }
        return hashes
    }

    /// The proof that the leaf at `index` is in the tree.
    public mutating func inclusionProof(index: Int) throws(LedgerError) -> InclusionProof {
        let subtrees = try InclusionProof.subtrees(index: index, size: size)
        let hashes = try hashes(of: subtrees)
        return try InclusionProof(index: index, size: size, hashes: hashes)
    }

    /// The proof that the tree extends its first `oldSize` leaves.
    public mutating func consistencyProof(
        from oldSize: Int
    ) throws(LedgerError) -> ConsistencyProof {
        let subtrees = try ConsistencyProof.subtrees(oldSize: oldSize, newSize: size)
        let hashes = try hashes(of: subtrees)
        return try ConsistencyProof(oldSize: oldSize, newSize: size, hashes: hashes)
    }

    /// The root of the tree when it had `earlier` leaves.
    public mutating func root(ofSize earlier: Int) throws(LedgerError) -> Hash {
        let frontier = try hashes(of: Tree.frontier(ofSize: earlier))
        return try Tree(size: earlier, frontier: frontier).root
    }

    private mutating func data(of tile: Tile) throws(LedgerError) -> [UInt8] {
        if let data = kept[tile] { return data }
        readCount += 1
        let data = try read(tile)
        guard data.count >= tile.byteCount, data.count <= Tile.fullWidth * Hash.byteCount else {
            throw LedgerError(.unavailable, "tile \(tile.path) has \(data.count) bytes")
        }
        kept[tile] = data
        return data
    }
}
