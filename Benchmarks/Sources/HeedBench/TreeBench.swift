// Tree building against hashing the same leaves and nodes with swift-crypto and nothing else.

import Crypto
import HeedLedger

/// Measures what the sequencer does with the bodies of events: hash, append, and fill tiles.
///
/// The reference hashes messages of the same number and length, and keeps nothing of them.
struct TreeBench {
    private static let count = 1 << 17

    /// Entries of 200 bytes, about what a canonical event takes.
    private let entries: [[UInt8]] = (0..<TreeBench.count).map { number in
        (0..<200).map { UInt8(truncatingIfNeeded: number >> ($0 % 24) &+ $0) }
    }

    func run() async throws -> Comparison {
        // Of a leaf 0x00 and the data are hashed, of a node 0x01 and two hashes (RFC 9162 §2.1.1).
        let leaves = entries.map { [0x00] + $0 }
        let node = [0x01] + [UInt8](repeating: 0xab, count: 2 * Hash.byteCount)
        return try await Comparison.interleaved(
            Goal(
                name: "leaves into tree and tiles",
                reference: "hashing the same leaves and nodes with swift-crypto",
                ratio: 0.6
            ),
            {
                await rate(TreeBench.count) {
                    var writer = TileWriter()
                    for entry in entries { writer.append(Hash.leaf(entry)) }
                    precondition(writer.takeChanged().count > TreeBench.count / Tile.fullWidth)
                }
            },
            {
                await rate(TreeBench.count) {
                    var last: UInt8 = 0
                    for leaf in leaves { last ^= hash(leaf) }
                    for _ in 1..<TreeBench.count { last ^= hash(node) }
                    // Used, so that no optimiser drops the work.
                    precondition(last <= 255)
                }
            }
        )
    }

    private func hash(_ message: [UInt8]) -> UInt8 {
        var hasher = SHA256()
        message.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize().withUnsafeBytes { $0[0] }
    }
}
