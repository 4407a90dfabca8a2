// A growing Merkle tree that remembers only its right edge (RFC 9162 §2.1.1).

/// An append-only Merkle tree in at most 63 hashes.
///
/// The frontier holds the hashes of the perfect subtrees that make up the tree, one for each 1-bit
/// of the size, largest first. Appending leaf number `i` merges as often as `i` ends in 1-bits,
/// so `n` leaves cost fewer than `n` node hashes and nothing is allocated for a node.
public struct Tree: Sendable {
    /// The number of leaves.
    public private(set) var size: Int
    /// The hashes of the perfect subtrees of the tree, from left to right.
    public private(set) var frontier: [Hash]

    /// The empty tree.
    public init() {
        size = 0
        frontier = []
        frontier.reserveCapacity(Int.bitWidth)
    }

    /// Resumes a tree from what was kept of it.
    ///
    /// - Throws: `outOfRange` unless there is one hash for each 1-bit of the size.
    public init(size: Int, frontier: [Hash]) throws(LedgerError) {
        guard size >= 0, frontier.count == size.nonzeroBitCount else {
            throw LedgerError(.outOfRange, "a tree keeps one hash for each 1-bit of its size")
        }
        self.size = size
        self.frontier = frontier
        self.frontier.reserveCapacity(Int.bitWidth)
    }

    /// The subtrees whose hashes are the frontier of a tree of `size` leaves.
    public static func frontier(ofSize size: Int) throws(LedgerError) -> [Subtree] {
        guard size >= 0 else { throw LedgerError(.outOfRange, "a size is not negative") }
        return Subtree.covering(0..<size)
    }

    /// The root of the tree; of the empty tree SHA-256 of no bytes.
    public var root: Hash { Hash.joining(frontier) }

    /// Appends a leaf by its hash.
    public mutating func append(_ leaf: Hash) {
        append(leaf) { _, _ in }
    }

    /// Appends a leaf and shows each perfect subtree this completes above the leaves.
    @inline(__always)
    mutating func append(_ leaf: Hash, completed: (_ level: Int, _ hash: Hash) -> Void) {
        var hash = leaf
        let merges = (~size).trailingZeroBitCount
        for level in 0..<merges {
            hash = .node(frontier.removeLast(), hash)
            completed(level + 1, hash)
        }
        frontier.append(hash)
        size += 1
    }

    /// Appends an entry by its data (leaf hash of RFC 9162 §2.1.1).
    public mutating func append(data: [UInt8]) {
        append(Hash.leaf(data))
    }

    /// The root over leaf hashes in order.
    public static func root(of leaves: some Sequence<Hash>) -> Hash {
        var tree = Tree()
        for leaf in leaves { tree.append(leaf) }
        return tree.root
    }

    /// The root a tree had when it held `size` leaves, read from kept subtrees.
    public static func root(
        ofSize size: Int,
        reading read: ([Subtree]) throws(LedgerError) -> [Hash]
    ) throws(LedgerError) -> Hash {
        let subtrees = try frontier(ofSize: size)
        let hashes = try read(subtrees)
        return try Tree(size: size, frontier: hashes).root
    }
}
