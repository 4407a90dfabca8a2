// Every consistency proof between sizes up to 130, and every way of spoiling one.

import HeedLedger
import Testing

@Suite struct ConsistencyProofTests {
    @Test func everyProofIsThatOfTheDefinitionAndVerifies() throws {
        var reference = Reference(size: 130)
        for new in 0...130 {
            for old in 0...new {
                let proof = try ConsistencyProof.make(oldSize: old, newSize: new) {
                    reference.hashes($0)
                }
                let (oldRoot, newRoot) = (reference.root(0..<old), reference.root(0..<new))
                if old > 0 {
                    let expected = reference.subproof(old, in: 0..<new, isWhole: true)
                    #expect(proof.path == expected)
                    #expect(isGood(proof, oldRoot, newRoot))
                } else {
                    #expect(proof.path.isEmpty)
                    #expect(isGood(proof, oldRoot, newRoot) == (new == 0))
                }
                #expect(isGrowth(proof, oldRoot, newRoot))
            }
        }
    }

    @Test func everySpoiledProofIsRefused() throws {
        var reference = Reference(size: 130)
        for new in 1...130 {
            let newRoot = reference.root(0..<new)
            for old in 1...new {
                let oldRoot = reference.root(0..<old)
                let path =
                    old == new ? [] : reference.subproof(old, in: 0..<new, isWhole: true)
                let proof = ConsistencyProof(oldSize: old, newSize: new, path: path)
                let bit = (old * 31 + new) % 256
                let (badOld, badNew) = try (
                    oldRoot.flipping(bit: bit), newRoot.flipping(bit: bit)
                )
                #expect(!isGood(proof, badOld, newRoot))
                #expect(!isGood(proof, oldRoot, badNew))
                #expect(isGood(proof, newRoot, oldRoot) == (old == new))
                let spoiled = try spoiledPaths(path, bit: bit, leaf: oldRoot, root: newRoot)
                let accepted = spoiled.filter {
                    let proof = ConsistencyProof(oldSize: old, newSize: new, path: $0)
                    return isGood(proof, oldRoot, newRoot)
                }
                #expect(accepted.isEmpty, "\(old) to \(new)")
            }
        }
    }

    /// With the roots of the sizes it names, no proof made for other sizes passes.
    @Test func everyWrongSizeIsRefused() throws {
        var reference = Reference(size: 130)
        let roots = (0...130).map { reference.root(0..<$0) }
        for new in 2...130 {
            for old in 1..<new {
                let path = reference.subproof(old, in: 0..<new, isWhole: true)
                let wrong = (0..<8).flatMap {
                    [(old: old ^ 1 << $0, new: new), (old: old, new: new ^ 1 << $0)]
                }
                let accepted = wrong.filter { max($0.old, $0.new) <= 130 }.filter {
                    let proof = ConsistencyProof(oldSize: $0.old, newSize: $0.new, path: path)
                    return isGrowth(proof, roots[$0.old], roots[$0.new])
                }
                #expect(accepted.isEmpty, "\(old) to \(new)")
            }
        }
    }

    @Test func publishedProof() throws {
        let leaves = PublicVectors.leaves.prefix(7).map(Hash.leaf)
        let path = try PublicVectors.consistency.map { try Hash(base64: $0.utf8) }
        let proof = ConsistencyProof(oldSize: 3, newSize: 7, path: path)
        #expect(isGood(proof, Tree.root(of: leaves.prefix(3)), Tree.root(of: leaves)))
    }

    @Test func nothingIsProvedFromTheEmptyTreeByTheRFC() {
        let root = Hash.leaf([])
        let empty = ConsistencyProof(oldSize: 0, newSize: 1, path: [])
        #expect(refusal { try empty.verify(oldRoot: .emptyTree, newRoot: root) } == .outOfRange)
        #expect(isGrowth(empty, .emptyTree, root))
        #expect(!isGrowth(empty, root, root))
        let full = ConsistencyProof(oldSize: 0, newSize: 1, path: [root])
        #expect(!isGrowth(full, .emptyTree, root))
        let none = ConsistencyProof(oldSize: 0, newSize: 0, path: [])
        #expect(isGood(none, .emptyTree, .emptyTree))
        #expect(isGrowth(none, .emptyTree, .emptyTree))
        #expect(!isGrowth(none, .emptyTree, root))
    }

    @Test func sizesOutOfOrderAreRefused() {
        let root = Hash.leaf([])
        for (old, new) in [(2, 1), (-1, 1), (-2, -1), (0, -1), (Int.max, 0)] {
            let proof = ConsistencyProof(oldSize: old, newSize: new, path: [])
            #expect(refusal { try proof.verify(oldRoot: root, newRoot: root) } == .outOfRange)
            #expect(!isGrowth(proof, old == 0 ? .emptyTree : root, root))
            #expect(
                refusal { _ = try ConsistencyProof.subtrees(oldSize: old, newSize: new) }
                    == .outOfRange
            )
        }
    }

    @Test func theLargestTreeIsWithinBounds() throws {
        for old in [1, 1 << 62, Int.max / 3, Int.max - 1] {
            let subtrees = try ConsistencyProof.subtrees(oldSize: old, newSize: Int.max)
            let hashes = subtrees.map { Hash.leaf([UInt8($0.level)]) }
            let proof = try ConsistencyProof(oldSize: old, newSize: Int.max, hashes: hashes)
            #expect(proof.path.count <= 64)
            #expect(!isGood(proof, .emptyTree, .emptyTree))
        }
    }

    private func isGood(_ proof: ConsistencyProof, _ old: Hash, _ new: Hash) -> Bool {
        refusal { try proof.verify(oldRoot: old, newRoot: new) } == nil
    }

    private func isGrowth(_ proof: ConsistencyProof, _ old: Hash, _ new: Hash) -> Bool {
        refusal { try proof.verifyGrowth(oldRoot: old, newRoot: new) } == nil
    }
}
