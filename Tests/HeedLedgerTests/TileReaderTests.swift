// Proofs through tiles: the same as from hashes, within the bound on reads.

import HeedLedger
import Testing

@Suite struct TileReaderTests {
    @Test func everyProofThroughTilesVerifies() throws {
        var reference = Reference(size: 130)
        for size in 1...130 {
            let tiles = try store(of: size, &reference)
            let root = reference.root(0..<size)
            for index in 0..<size {
                var reader = TileReader(size: size, read: tiles)
                let proof = try reader.inclusionProof(index: index)
                try proof.verify(leaf: reference.leaves[index], root: root)
                #expect(reader.readCount <= Self.bound(size))
            }
            var reader = TileReader(size: size, read: tiles)
            for old in 0...size {
                let proof = try reader.consistencyProof(from: old)
                try proof.verifyGrowth(oldRoot: reference.root(0..<old), newRoot: root)
                #expect(try reader.root(ofSize: old) == reference.root(0..<old))
            }
        }
    }

    @Test(arguments: [255, 256, 257, 65_535, 65_536, 65_537, 70_000, 66_047])
    func readsStayWithinTheBound(size: Int) throws {
        var writer = TileWriter()
        var tiles: [Tile: [UInt8]] = [:]
        for number in 0..<size { writer.append(Self.leaf(number)) }
        for content in writer.takeChanged() { tiles[content.tile] = content.data }
        let (stored, root) = (tiles, writer.tree.root)
        let step = size / 97
        for index in Array(stride(from: 0, to: size, by: step)) + [size - 1] {
            var reader = TileReader(size: size) { (tile) throws(LedgerError) in
                guard let data = stored[tile] else {
                    throw LedgerError(.unavailable, tile.path)
                }
                return data
            }
            let proof = try reader.inclusionProof(index: index)
            try proof.verify(leaf: Self.leaf(index), root: root)
            #expect(reader.readCount <= Self.bound(size))
            let old = try reader.root(ofSize: index)
            try reader.consistencyProof(from: index).verifyGrowth(oldRoot: old, newRoot: root)
        }
    }

    /// In a log of a million leaves a proof reads six tiles at most; 2 · log256(n) + 2 is 6.98.
    @Test func aMillionLeavesNeedSixTiles() throws {
        let size = 1_000_000
        for index in stride(from: 0, to: size, by: 9_973) {
            let subtrees = try InclusionProof.subtrees(index: index, size: size)
            #expect(try Tile.holding(subtrees, inTreeOf: size).count <= Self.bound(size))
        }
        #expect(Self.bound(size) == 6)
        #expect(Self.bound(256) == 4)
    }

    @Test func theBoundHoldsAtEverySize() throws {
        for size in Array(1...3000) + [16_777_215, 16_777_216, 16_777_217, 1 << 40, Int.max] {
            for index in [0, size / 3, size / 2, size - 1] {
                let subtrees = try InclusionProof.subtrees(index: index, size: size)
                let tiles = try Tile.holding(subtrees, inTreeOf: size)
                #expect(tiles.count <= Self.bound(size), "\(index) of \(size)")
            }
        }
    }

    @Test func noTileIsReadTwice() throws {
        var reference = Reference(size: 130)
        var reader = TileReader(size: 130, read: try store(of: 130, &reference))
        for index in 0..<130 { _ = try reader.inclusionProof(index: index) }
        #expect(reader.readCount == 1)
    }

    @Test func widerTilesServeAndShortOnesDoNot() throws {
        var reference = Reference(size: 130)
        let wide = try Tile(level: 0, index: 0, width: 130).data { reference.hashes($0) }
        var reader = TileReader(size: 100) { _ in wide }
        let proof = try reader.inclusionProof(index: 7)
        try proof.verify(leaf: reference.leaves[7], root: reference.root(0..<100))
        for data in [[], Array(wide.dropLast()), [UInt8](repeating: 0, count: 8193)] {
            var reader = TileReader(size: 130) { _ in data }
            #expect(refusal { _ = try reader.inclusionProof(index: 7) } == .unavailable)
        }
    }

    @Test func otherHashesThanTheTreesMakeNoProof() throws {
        var reference = Reference(size: 130)
        var data = try Tile(level: 0, index: 0, width: 130).data { reference.hashes($0) }
        data[40 * 32] ^= 1
        let spoiled = data
        var reader = TileReader(size: 130) { _ in spoiled }
        let proof = try reader.inclusionProof(index: 7)
        let root = reference.root(0..<130)
        #expect(
            refusal { try proof.verify(leaf: reference.leaves[7], root: root) } == .proofMismatch
        )
    }

    /// The largest whole number not above 2 · log256(size) + 2.
    private static func bound(_ size: Int) -> Int {
        var (reads, power) = (2, 1)
        while true {
            // Each read more is worth a factor of 16 = 256^(1/2).
            let (next, overflow) = power.multipliedReportingOverflow(by: 16)
            guard !overflow, next <= size else { return reads }
            (reads, power) = (reads + 1, next)
        }
    }

    private static func leaf(_ number: Int) -> Hash {
        Hash.leaf(Array("\(number)".utf8))
    }

    private func store(
        of size: Int,
        _ reference: inout Reference
    ) throws -> (Tile) throws(LedgerError) -> [UInt8] {
        var tiles: [Tile: [UInt8]] = [:]
        for tile in try Tile.all(inTreeOf: size) {
            tiles[tile] = try tile.data { reference.hashes($0) }
        }
        let stored = tiles
        return { (tile) throws(LedgerError) in
            guard let data = stored[tile] else { throw LedgerError(.unavailable, tile.path) }
            return data
        }
    }
}
