// Perfect subtrees: the hashes that, once computed, never change, and so are what a log keeps.

/// A perfect subtree: leaves `index · 2^level` up to `(index + 1) · 2^level`.
///
/// Each hash an RFC 9162 proof needs is the hash of one of these or is folded from a few of them.
public struct Subtree: Hashable, Sendable {
    /// The height above the leaves.
    public let level: Int
    /// The position among the subtrees of its level, from the left.
    public let index: Int

    /// Names a subtree.
    public init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }

    /// The subtrees that make up leaves `range`, from left to right, each smaller than the last.
    ///
    /// The split of RFC 9162 §2.1.1 only ever yields ranges that begin at a multiple of a power
    /// of two no smaller than their length; other ranges have no hash in the tree.
    package static func covering(_ range: Range<Int>) -> [Subtree] {
        var subtrees: [Subtree] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let level = floorLog2(range.upperBound - start)
            subtrees.append(Subtree(level: level, index: start >> level))
            start += 1 << level
        }
        return subtrees
    }

    /// The largest `l` with 2^l ≤ `number`, for a number above zero.
    static func floorLog2(_ number: Int) -> Int {
        Int.bitWidth - 1 - number.leadingZeroBitCount
    }

    /// The largest power of two strictly below `size`, for a size above one (RFC 9162 §2.1.1: k).
    static func split(_ size: Int) -> Int {
        1 << floorLog2(size - 1)
    }
}

/// Ranges of leaves whose hashes form a proof, and their joining from perfect subtrees.
struct SubtreePlan {
    /// The ranges in the order of the proof.
    let ranges: [Range<Int>]

    /// The subtrees to read for all ranges, in order.
    var subtrees: [Subtree] { ranges.flatMap(Subtree.covering) }

    /// The hash of each range, given the hashes of `subtrees`.
    func fold(_ hashes: [Hash]) throws(LedgerError) -> [Hash] {
        var rest = hashes[...]
        var folded: [Hash] = []
        for range in ranges {
            let count = Subtree.covering(range).count
            guard rest.count >= count else {
                throw LedgerError(.unavailable, "fewer hashes were read than a proof needs")
            }
            folded.append(Hash.joining(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        guard rest.isEmpty else {
            throw LedgerError(.unavailable, "more hashes were read than a proof needs")
        }
        return folded
    }
}

extension Hash {
    /// The root over perfect subtrees that shrink from left to right, folded from the right.
    ///
    /// Of none it is the empty tree's (RFC 9162 §2.1.1).
    static func joining(_ hashes: some BidirectionalCollection<Hash>) -> Hash {
        guard let last = hashes.last else { return .emptyTree }
        return hashes.dropLast().reversed().reduce(last) { .node($1, $0) }
    }
}
