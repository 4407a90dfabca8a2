// Every inclusion proof of every tree up to 130 leaves, and every way of spoiling one.

import HeedLedger
import Testing

@Suite struct InclusionProofTests {
    @Test func everyProofIsThatOfTheDefinitionAndVerifies() throws {
        var reference = Reference(size: 130)
        for size in 1...130 {
            let root = reference.root(0..<size)
            for index in 0..<size {
                let proof = try InclusionProof.make(index: index, size: size) {
                    reference.hashes($0)
                }
                #expect(proof.path == reference.path(index, in: 0..<size).map(\.hash))
                #expect(throws: Never.self) {
                    try proof.verify(leaf: reference.leaves[index], root: root)
                }
            }
        }
    }

    @Test func everySpoiledProofIsRefused() throws {
        var reference = Reference(size: 130)
        for size in 1...130 {
            let root = reference.root(0..<size)
            for index in 0..<size {
                let leaf = reference.leaves[index]
                let path = reference.path(index, in: 0..<size).map(\.hash)
                let proof = InclusionProof(index: index, size: size, path: path)
                let bit = (index * 31 + size) % 256
                let (badLeaf, badRoot) = try (leaf.flipping(bit: bit), root.flipping(bit: bit))
                #expect(!isGood(proof, badLeaf, root))
                #expect(!isGood(proof, leaf, badRoot))
                #expect(!isGood(proof, root, leaf) || size == 1)
                let accepted = try spoiledPaths(path, bit: bit, leaf: leaf, root: root).filter {
                    isGood(InclusionProof(index: index, size: size, path: $0), leaf, root)
                }
                #expect(accepted.isEmpty, "\(index) of \(size)")
            }
        }
    }

    @Test func everyWrongIndexIsRefused() throws {
        var reference = Reference(size: 130)
        for size in 1...130 {
            let root = reference.root(0..<size)
            for index in 0..<size {
                let path = reference.path(index, in: 0..<size).map(\.hash)
                let others =
                    (0..<8).map { index ^ 1 << $0 }
                    + [-1, -index - 1, size, index + size, Int.max, Int.min]
                let accepted = others.filter {
                    isGood(
                        InclusionProof(index: $0, size: size, path: path),
                        reference.leaves[index],
                        root
                    )
                }
                #expect(accepted.isEmpty, "\(index) of \(size)")
            }
        }
    }

    // A root does not bind the size: the same path proves the leaf in two sizes exactly where
    // both put the same sides together. Signed checkpoints bind size to root.
    @Test func aWrongSizeIsRefusedUnlessItsPathHasTheSameSides() throws {
        var reference = Reference(size: 130)
        let roots = (0...130).map { reference.root(0..<$0) }
        for size in 1...130 {
            let root = roots[size]
            for index in 0..<size {
                let path = reference.path(index, in: 0..<size).map(\.hash)
                let sides = Reference.sides(index, in: 0..<size)
                let flipped = (0..<8).map { size ^ 1 << $0 }
                let others = (flipped + [0, -1, size - 1, size + 1, 2 * size]).filter { $0 != size }
                let leaf = reference.leaves[index]
                let surprising = others.filter { other in
                    let proof = InclusionProof(index: index, size: other, path: path)
                    let isSame = other > 0 && Reference.sides(index, in: 0..<other) == sides
                    if isGood(proof, leaf, root) != isSame { return true }
                    return 0...130 ~= other && isGood(proof, leaf, roots[other])
                }
                #expect(surprising.isEmpty, "\(index) of \(size)")
            }
        }
    }

    @Test func proofsOutsideTheTreeAreRefused() {
        for (index, size) in [(0, 0), (1, 1), (-1, 1), (5, 5), (0, -1), (Int.max, Int.max)] {
            #expect(
                refusal { _ = try InclusionProof.subtrees(index: index, size: size) }
                    == .outOfRange
            )
        }
    }

    @Test func theLargestTreeIsWithinBounds() throws {
        for index in [0, 1, Int.max / 2, Int.max - 1] {
            let subtrees = try InclusionProof.subtrees(index: index, size: Int.max)
            let hashes = subtrees.map { Hash.leaf([UInt8($0.level)]) }
            let proof = try InclusionProof(index: index, size: Int.max, hashes: hashes)
            #expect(proof.path.count <= 63)
            #expect(throws: Never.self) { try proof.root(from: .emptyTree) }
        }
    }

    @Test func readersThatReturnTheWrongNumberAreNamed() {
        for hashes in [[], [Hash](repeating: .emptyTree, count: 9)] {
            #expect(
                refusal { _ = try InclusionProof.make(index: 1, size: 4) { _ in hashes } }
                    == .unavailable
            )
        }
    }

    private func isGood(_ proof: InclusionProof, _ leaf: Hash, _ root: Hash) -> Bool {
        refusal { try proof.verify(leaf: leaf, root: root) } == nil
    }
}

/// A path with each class of fault: a bit turned, a hash lost, one too many, order changed.
func spoiledPaths(_ path: [Hash], bit: Int, leaf: Hash, root: Hash) throws -> [[Hash]] {
    var spoiled: [[Hash]] = []
    for (position, hash) in path.enumerated() {
        var turned = path
        turned[position] = try hash.flipping(bit: bit)
        var shorter = path
        shorter.remove(at: position)
        var doubled = path
        doubled.insert(hash, at: position)
        spoiled += [turned, shorter, doubled]
    }
    for extra in [leaf, root, Hash.emptyTree] {
        spoiled += [[extra] + path, path + [extra]]
    }
    if path.count > 1 { spoiled += [path.reversed(), []] }
    return spoiled
}
