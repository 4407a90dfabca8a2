// The writer's tiles: those of the definition, no more and no fewer, also after resuming.

import HeedLedger
import Testing

@Suite struct TileWriterTests {
    @Test func everyChangeIsHandedOutOnce() throws {
        var reference = Reference(size: 1100)
        var writer = TileWriter()
        var size = 0
        for step in [1, 1, 2, 100, 151, 1, 1, 255, 256, 300, 0, 32] {
            for leaf in reference.leaves[size..<size + step] { writer.append(leaf) }
            let changed = writer.takeChanged()
            #expect(changed.map(\.tile) == (try Tile.changed(from: size, to: size + step)))
            for content in changed {
                #expect(content.data == (try content.tile.data { reference.hashes($0) }))
            }
            size += step
            #expect(writer.tree.root == reference.root(0..<size))
            #expect(writer.takeChanged().isEmpty)
        }
    }

    @Test(arguments: [0, 1, 2, 130, 255, 256, 257, 511, 512, 513, 1024])
    func aResumedWriterIsTheSame(size: Int) throws {
        var reference = Reference(size: 1100)
        var writer = TileWriter()
        for leaf in reference.leaves[..<size] { writer.append(leaf) }
        _ = writer.takeChanged()
        var asked: [Tile] = []
        var resumed = try TileWriter(resuming: size) { (tile) throws(LedgerError) in
            asked.append(tile)
            return try tile.data { reference.hashes($0) }
        }
        #expect(asked == (try Tile.edge(ofTreeOf: size)))
        #expect(resumed.tree.root == writer.tree.root)
        #expect(resumed.takeChanged().isEmpty)
        for leaf in reference.leaves[size..<1100] {
            writer.append(leaf)
            resumed.append(leaf)
        }
        #expect(resumed.takeChanged() == writer.takeChanged())
        #expect(resumed.tree.root == reference.root(0..<1100))
    }

    @Test func shortOrMissingTilesAreRefused() {
        #expect(refusal { _ = try TileWriter(resuming: 3) { _ in [1, 2, 3] } } == .unavailable)
        #expect(refusal { _ = try TileWriter(resuming: -1) { _ in [] } } == .outOfRange)
        let missing = LedgerError(.unavailable, "gone")
        #expect(
            refusal {
                _ = try TileWriter(resuming: 3) { (_) throws(LedgerError) in throw missing }
            } == .unavailable
        )
    }

    @Test func threeLevelsOfTiles() throws {
        var writer = TileWriter()
        for number in 0..<65_537 { writer.append(Hash.leaf([UInt8(number & 0xff)])) }
        let tiles = writer.takeChanged()
        #expect(tiles.map(\.tile) == (try Tile.all(inTreeOf: 65_537)))
        let top = tiles.last
        #expect(top?.tile == (try Tile(level: 2, index: 0, width: 1)))
        #expect(top?.data == writer.tree.frontier.first?.bytes)
    }
}
