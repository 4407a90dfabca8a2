// The growing tree against the RFC's recursive definition and the published roots.

import HeedLedger
import Testing

@Suite struct TreeTests {
    @Test func publishedRoots() {
        var tree = Tree()
        #expect(tree.root.hex == PublicVectors.roots[0])
        for (leaf, root) in zip(PublicVectors.leaves, PublicVectors.roots.dropFirst()) {
            tree.append(data: leaf)
            #expect(tree.root.hex == root)
        }
    }

    @Test func everySizeHasTheRootOfTheDefinition() throws {
        var reference = Reference(size: 1030)
        var tree = Tree()
        for size in 0...1030 {
            #expect(tree.size == size)
            #expect(tree.root == reference.root(0..<size))
            #expect(tree.frontier == reference.hashes(try Tree.frontier(ofSize: size)))
            if size < 1030 { tree.append(reference.leaves[size]) }
        }
        #expect(Tree.root(of: reference.leaves) == tree.root)
    }

    @Test func aKeptFrontierGrowsOn() throws {
        var reference = Reference(size: 130)
        for size in 0...130 {
            let frontier = reference.hashes(try Tree.frontier(ofSize: size))
            var tree = try Tree(size: size, frontier: frontier)
            for leaf in reference.leaves[size...] { tree.append(leaf) }
            #expect(tree.root == reference.root(0..<130))
        }
    }

    @Test func earlierRootsAreReadFromSubtrees() throws {
        var reference = Reference(size: 130)
        for size in 0...130 {
            let root = try Tree.root(ofSize: size) { reference.hashes($0) }
            #expect(root == reference.root(0..<size))
        }
    }

    @Test func wrongFrontiersAreRefused() {
        let hash = Hash.leaf([])
        #expect(refusal { _ = try Tree(size: 3, frontier: [hash]) } == .outOfRange)
        #expect(refusal { _ = try Tree(size: 0, frontier: [hash]) } == .outOfRange)
        #expect(refusal { _ = try Tree(size: -1, frontier: []) } == .outOfRange)
        #expect(refusal { _ = try Tree.frontier(ofSize: -1) } == .outOfRange)
        #expect(refusal { _ = try Tree.root(ofSize: 3) { _ in [] } } == .outOfRange)
    }
}
