// How many tiles a proof reads in a log of one million leaves: a count, not a time.

import Foundation
import HeedLedger

/// Counts the reads of the worst of many proofs, each by a reader of its own.
struct ProofBench {
    private static let size = 1_000_000

    func run() throws -> Comparison {
        var writer = TileWriter()
        for number in 0..<ProofBench.size {
            writer.append(Hash.leaf(Array(String(number).utf8)))
        }
        let root = writer.tree.root
        let tiles = Dictionary(
            uniqueKeysWithValues: writer.takeChanged().map { ($0.tile, $0.data) }
        )
        var most = 0
        for index in indices {
            var reader = TileReader(size: ProofBench.size) { tile throws(LedgerError) in
                guard let data = tiles[tile] else {
                    throw LedgerError(.unavailable, "there is no tile \(tile)")
                }
                return data
            }
            let proof = try reader.inclusionProof(index: index)
            try proof.verify(leaf: Hash.leaf(Array(String(index).utf8)), root: root)
            most = max(most, reader.readCount)
        }
        let allowed = 2 * log(Double(ProofBench.size)) / log(Double(Tile.fullWidth)) + 2
        return Comparison(
            name: "tiles a proof may read in 1,000,000 leaves (a count)",
            reference: "the most that one of \(indices.count) proofs read",
            rates: [allowed],
            referenceRates: [Double(most)],
            goal: 1
        )
    }

    /// Both ends, the borders of tiles, and a spread over everything between.
    private var indices: [Int] {
        let borders = [0, 255, 256, 65_535, 65_536, 983_039, 983_040, 999_935, 999_936, 999_999]
        return borders + (0..<5000).map { $0 * 7919 * 97 % ProofBench.size }
    }
}
