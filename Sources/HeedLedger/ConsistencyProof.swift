// Proof that a later log extends an earlier one and changed nothing in it (RFC 9162 §2.1.4).

/// Proof that the first `oldSize` leaves of the tree of `newSize` are the whole of the older tree.
public struct ConsistencyProof: Hashable, Sendable {
    /// The number of leaves of the older tree.
    public let oldSize: Int
    /// The number of leaves of the newer tree.
    public let newSize: Int
    /// The hashes, from the lowest up.
    public let path: [Hash]

    /// Takes a proof as it was received; nothing is checked before `verify`.
    public init(oldSize: Int, newSize: Int, path: [Hash]) {
        self.oldSize = oldSize
        self.newSize = newSize
        self.path = path
    }

    /// Makes the proof from the hashes of `subtrees(oldSize:newSize:)`, in that order.
    public init(oldSize: Int, newSize: Int, hashes: [Hash]) throws(LedgerError) {
        let path = try Self.plan(oldSize: oldSize, newSize: newSize).fold(hashes)
        self.init(oldSize: oldSize, newSize: newSize, path: path)
    }

    /// Makes the proof, reading the hashes it needs in one call; from size 0 it is empty.
    public static func make(
        oldSize: Int,
        newSize: Int,
        reading read: ([Subtree]) throws(LedgerError) -> [Hash]
    ) throws(LedgerError) -> ConsistencyProof {
        let hashes = try read(subtrees(oldSize: oldSize, newSize: newSize))
        return try ConsistencyProof(oldSize: oldSize, newSize: newSize, hashes: hashes)
    }

    /// The perfect subtrees whose hashes make the proof.
    public static func subtrees(oldSize: Int, newSize: Int) throws(LedgerError) -> [Subtree] {
        try plan(oldSize: oldSize, newSize: newSize).subtrees
    }

    /// SUBPROOF(m, D[n], b) of RFC 9162 §2.1.4.1, walked from the root and then turned around.
    private static func plan(oldSize: Int, newSize: Int) throws(LedgerError) -> SubtreePlan {
        guard oldSize >= 0, oldSize <= newSize else { throw order }
        guard oldSize > 0 else { return SubtreePlan(ranges: []) }
        var ranges: [Range<Int>] = []
        var (start, end) = (0, newSize)
        while oldSize < end {
            let middle = start + Subtree.split(end - start)
            if oldSize <= middle {
                ranges.append(middle..<end)
                end = middle
            } else {
                ranges.append(start..<middle)
                start = middle
            }
        }
        // b is false as soon as the walk has gone right: the verifier then lacks this hash.
        if start > 0 { ranges.append(start..<end) }
        return SubtreePlan(ranges: ranges.reversed())
    }

    private static let order = LedgerError(
        .outOfRange,
        "a consistency proof leads from a size to one not smaller"
    )
}

// MARK: - Verifying

extension ConsistencyProof {
    /// Checks the proof as RFC 9162 §2.1.4.2 and the public test vectors have it.
    ///
    /// The RFC defines nothing from size 0 to a larger one, and the public vectors want an error
    /// there; `verifyGrowth` is the entry point for witnesses.
    ///
    /// - Throws: `proofMismatch` where the newer tree does not extend the older one,
    ///   `outOfRange` where the sizes admit no proof.
    public func verify(oldRoot: Hash, newRoot: Hash) throws(LedgerError) {
        guard oldSize >= 0, oldSize <= newSize else { throw Self.order }
        guard oldSize < newSize else {
            guard path.isEmpty, oldRoot == newRoot else { throw Self.mismatch }
            return
        }
        guard oldSize > 0 else {
            throw LedgerError(.outOfRange, "a proof from the empty tree proves nothing")
        }
        let roots = try self.roots(oldRoot: oldRoot)
        guard roots.old == oldRoot, roots.new == newRoot else { throw Self.mismatch }
    }

    /// Checks the proof as tlog-witness (add-checkpoint) has it: from size 0 the proof is empty.
    ///
    /// The root of a tree of size 0 must then be that of the empty tree.
    public func verifyGrowth(oldRoot: Hash, newRoot: Hash) throws(LedgerError) {
        guard oldSize == 0 else { return try verify(oldRoot: oldRoot, newRoot: newRoot) }
        guard newSize >= 0 else { throw Self.order }
        guard path.isEmpty, oldRoot == .emptyTree, newSize > 0 || newRoot == .emptyTree else {
            throw Self.mismatch
        }
    }

    /// Both roots as the path gives them (RFC 9162 §2.1.4.2: fn, sn, fr, sr).
    private func roots(oldRoot: Hash) throws(LedgerError) -> (old: Hash, new: Hash) {
        // The subtree both trees share whole is the older tree itself where its size is a power
        // of two; the proof then leaves its hash out.
        var rest = path[...]
        let isWhole = oldSize.nonzeroBitCount == 1
        guard let seed = isWhole ? oldRoot : rest.popFirst(), !path.isEmpty else {
            throw Self.length
        }
        let shift = oldSize.trailingZeroBitCount
        var (node, last) = ((oldSize - 1) >> shift, (newSize - 1) >> shift)
        var (old, new) = (seed, seed)
        for hash in rest {
            guard last != 0 else { throw Self.length }
            if node & 1 == 1 || node == last {
                old = .node(hash, old)
                new = .node(hash, new)
                let skip = node.trailingZeroBitCount
                node >>= skip
                last >>= skip
            } else {
                new = .node(new, hash)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw Self.length }
        return (old, new)
    }

    private static let mismatch = LedgerError(
        .proofMismatch,
        "the newer tree is not an extension of the older one"
    )

    private static let length = LedgerError(
        .proofMismatch,
        "the path has not the length that its sizes ask for"
    )
}
