// Paths of tiles both ways, and every other spelling refused.

import HeedLedger
import Testing

@Suite struct TilePathTests {
    @Test(arguments: [
        ("tile/0/x001/x234/067", 0, 1_234_067, 256), ("tile/0/000", 0, 0, 256),
        ("tile/0/273.p/112", 0, 273, 112), ("tile/1/001.p/17", 1, 1, 17),
        ("tile/2/000.p/1", 2, 0, 1), ("tile/63/999.p/255", 63, 999, 255),
        ("tile/0/x001/000", 0, 1000, 256), ("tile/3/x001/x000/000.p/9", 3, 1_000_000, 9),
    ])
    func hashes(path: String, level: Int, index: Int, width: Int) throws {
        let tile = try Tile(level: level, index: index, width: width)
        #expect(tile.path == path)
        #expect(try TilePath(path) == .hashes(tile))
    }

    @Test(arguments: [
        ("tile/entries/000", 0, 256), ("tile/entries/x273/001.p/112", 273_001, 112),
    ])
    func entries(path: String, index: Int, width: Int) throws {
        let tile = try Tile(level: 0, index: index, width: width)
        #expect(TilePath.entries(tile).text == path)
        #expect(try TilePath(path) == .entries(tile))
        #expect(try EntryBundle.path(index: index, width: width) == path)
    }

    @Test(arguments: [
        "", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000",
        "/tile/0/000", "tile/0/000/", "tile//000", "tile/00/000", "tile/-1/000", "tile/+1/000",
        "tile/0/x000/001", "tile/0/x001", "tile/0/001/002", "tile/0/x001/x002", "tile/0/00a",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p",
        "tile/0/000.p/1/2", "tile/0/.p/1", "tile/0/000.q/1", "tile/entries", "tile/entries/0",
        "tile/Entries/000", "tile/0/000.p/1.p/1", "tile/0/x00/000", "tile/0/٠٠٠", "tile/0/000\n",
        "tile/0/000.p/99999999999999999999", "tile/0/../../etc",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ])
    func otherPathsAreRefused(path: String) {
        #expect(throws: LedgerError.self) { try TilePath(path) }
    }

    @Test func levelsOutsideTheFormatAreRefused() {
        #expect(refusal { _ = try TilePath("tile/64/000") } == .outOfRange)
    }
}
