// Proof that an entry is in the log at an index (RFC 9162 §2.1.3).

/// The path from a leaf to the root: proof that a tree of `size` holds the leaf at `index`.
public struct InclusionProof: Hashable, Sendable {
    /// The position of the leaf, from zero.
    public let index: Int
    /// The number of leaves of the tree.
    public let size: Int
    /// The sibling hashes from the leaf's up to the root's child.
    public let path: [Hash]

    /// Takes a proof as it was received; nothing is checked before `verify`.
    public init(index: Int, size: Int, path: [Hash]) {
        self.index = index
        self.size = size
        self.path = path
    }

    /// Makes the proof from the hashes of `subtrees(index:size:)`, in that order.
    public init(index: Int, size: Int, hashes: [Hash]) throws(LedgerError) {
        let path = try Self.plan(index: index, size: size).fold(hashes)
        self.init(index: index, size: size, path: path)
    }

    /// Makes the proof, reading the hashes it needs in one call.
    public static func make(
        index: Int,
        size: Int,
        reading read: ([Subtree]) throws(LedgerError) -> [Hash]
    ) throws(LedgerError) -> InclusionProof {
        let hashes = try read(subtrees(index: index, size: size))
        return try InclusionProof(index: index, size: size, hashes: hashes)
    }

    /// The perfect subtrees whose hashes make the proof.
    public static func subtrees(index: Int, size: Int) throws(LedgerError) -> [Subtree] {
        try plan(index: index, size: size).subtrees
    }

    /// PATH(m, D[n]) of RFC 9162 §2.1.3.1, walked from the root and then turned around.
    private static func plan(index: Int, size: Int) throws(LedgerError) -> SubtreePlan {
        try check(index: index, size: size)
        var siblings: [Range<Int>] = []
        var (start, end) = (0, size)
        while end - start > 1 {
            let middle = start + Subtree.split(end - start)
            if index < middle {
                siblings.append(middle..<end)
                end = middle
            } else {
                siblings.append(start..<middle)
                start = middle
            }
        }
        return SubtreePlan(ranges: siblings.reversed())
    }

    private static func check(index: Int, size: Int) throws(LedgerError) {
        guard index >= 0, index < size else {
            throw LedgerError(.outOfRange, "index \(index) is not in a tree of \(size) leaves")
        }
    }
}

// MARK: - Verifying

extension InclusionProof {
    /// Checks that the tree with this root holds this leaf at the proof's index.
    ///
    /// - Throws: `proofMismatch` where it does not, `outOfRange` where no tree of this size could.
    public func verify(leaf: Hash, root: Hash) throws(LedgerError) {
        guard try self.root(from: leaf) == root else {
            throw LedgerError(.proofMismatch, "the path does not lead to the root")
        }
    }

    /// The root this path leads to from a leaf (RFC 9162 §2.1.3.2: fn, sn, r).
    public func root(from leaf: Hash) throws(LedgerError) -> Hash {
        try Self.check(index: index, size: size)
        var (node, last, hash) = (index, size - 1, leaf)
        for sibling in path {
            guard last != 0 else { throw Self.length }
            if node & 1 == 1 || node == last {
                hash = .node(sibling, hash)
                // A node without a right sibling moves up unchanged until it is a right child.
                let skip = node.trailingZeroBitCount
                node >>= skip
                last >>= skip
            } else {
                hash = .node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw Self.length }
        return hash
    }

    private static let length = LedgerError(
        .proofMismatch,
        "the path has not the length that its index and size ask for"
    )
}
