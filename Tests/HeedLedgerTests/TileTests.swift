// Tile coordinates and data against the specification's own examples and the definition.

import HeedLedger
import Testing

@Suite struct TileTests {
    /// The example of tlog-tiles: a tree of 70,000 leaves.
    @Test func theSpecificationsTree() throws {
        let tiles = try Tile.all(inTreeOf: 70_000)
        #expect(tiles.filter { $0.level == 0 && $0.isFull }.count == 273)
        let rest = tiles.filter { $0.level > 0 || !$0.isFull }
        #expect(
            try rest == [
                Tile(level: 0, index: 273, width: 112), Tile(level: 1, index: 0),
                Tile(level: 1, index: 1, width: 17), Tile(level: 2, index: 0, width: 1),
            ]
        )
        #expect(try Tile.edge(ofTreeOf: 70_000) == rest.filter { !$0.isFull })
    }

    /// The other example of tlog-tiles: 256 leaves are a full tile and one of width 1 above.
    @Test func aTreeOfOneFullTile() throws {
        let expected = try [Tile(level: 0, index: 0), Tile(level: 1, index: 0, width: 1)]
        #expect(try Tile.all(inTreeOf: 256) == expected)
        #expect(try Tile.all(inTreeOf: 0).isEmpty)
        #expect(try Tile.edge(ofTreeOf: 0).isEmpty)
    }

    @Test func growthChangesWhatIsNewOrWider() throws {
        for (old, new) in [(0, 1), (1, 2), (255, 256), (256, 257), (65_535, 65_537), (300, 300)] {
            let before = Set(try Tile.all(inTreeOf: old))
            let after = try Tile.all(inTreeOf: new)
            #expect(try Tile.changed(from: old, to: new) == after.filter { !before.contains($0) })
        }
        for old in stride(from: 0, through: 1200, by: 37) {
            let before = Set(try Tile.all(inTreeOf: old))
            for new in stride(from: old, through: 1200, by: 41) {
                let after = try Tile.all(inTreeOf: new)
                let changed = try Tile.changed(from: old, to: new)
                #expect(changed == after.filter { !before.contains($0) })
            }
        }
        #expect(refusal { _ = try Tile.changed(from: 2, to: 1) } == .outOfRange)
        #expect(refusal { _ = try Tile.changed(from: -1, to: 1) } == .outOfRange)
        #expect(refusal { _ = try Tile.edge(ofTreeOf: -1) } == .outOfRange)
    }

    @Test func dataIsThatOfTheDefinition() throws {
        var reference = Reference(size: 600)
        for tile in try Tile.all(inTreeOf: 600) {
            let data = try tile.data { reference.hashes($0) }
            #expect(data.count == tile.byteCount)
            let span = tile.level == 0 ? 1 : 256
            for position in 0..<tile.width {
                let start = (tile.index * 256 + position) * span
                let hash = Array(data[position * 32..<position * 32 + 32])
                #expect(hash == reference.root(start..<start + span).bytes)
            }
        }
        let tile = try Tile(level: 0, index: 0, width: 2)
        #expect(refusal { _ = try tile.data { _ in [] } } == .unavailable)
    }

    @Test func existenceFollowsTheSize() throws {
        #expect(try Tile(level: 0, index: 273, width: 112).exists(inTreeOf: 70_000))
        #expect(try !Tile(level: 0, index: 273, width: 113).exists(inTreeOf: 70_000))
        #expect(try Tile(level: 2, index: 0, width: 1).exists(inTreeOf: 65_536))
        #expect(try !Tile(level: 2, index: 0, width: 1).exists(inTreeOf: 65_535))
        #expect(try !Tile(level: 63, index: 0, width: 1).exists(inTreeOf: Int.max))
        #expect(try !Tile(level: 0, index: 0, width: 1).exists(inTreeOf: -1))
    }

    @Test func subtreesAreFoundInTheirTiles() throws {
        let subtrees = [Subtree(level: 3, index: 1), Subtree(level: 8, index: 1)]
        let tiles = try Tile.holding(subtrees + subtrees, inTreeOf: 70_000)
        #expect(
            try tiles == [Tile(level: 0, index: 0), Tile(level: 1, index: 0)]
        )
        for (level, index) in [(0, 70_000), (17, 0), (-1, 0), (0, -1), (64, 0)] {
            let subtree = Subtree(level: level, index: index)
            #expect(refusal { _ = try Tile.holding([subtree], inTreeOf: 70_000) } == .outOfRange)
        }
    }

    @Test func otherCoordinatesAreRefused() {
        for (level, index, width) in [
            (-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257), (0, Int.max, 1),
        ] {
            #expect(
                refusal { _ = try Tile(level: level, index: index, width: width) } == .outOfRange
            )
        }
        #expect(refusal { _ = try Tile(level: 8, index: 0).subtrees() } == .outOfRange)
    }

    @Test func theLargestTreeHasTiles() throws {
        #expect(try Tile.edge(ofTreeOf: Int.max).count == 8)
        #expect(try Tile.changed(from: Int.max - 1, to: Int.max).count == 1)
    }
}
