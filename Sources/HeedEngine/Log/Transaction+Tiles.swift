// Reads the log's tree out of the database, tile by tile.

package import HeedLedger
package import HeedStore

extension Transaction {
    /// A reader of the log as it was with `size` leaves; it must not outlive the transaction.
    package func tileReader(ofSize size: Int) -> TileReader {
        TileReader(size: size) { tile throws(LedgerError) in try bytes(of: tile) }
    }

    /// A tile's bytes as the ledger asks for them.
    package func bytes(of tile: Tile) throws(LedgerError) -> [UInt8] {
        do throws(StoreError) {
            return try data(of: tile)
        } catch {
            throw LedgerError(.unavailable, "tile \(tile.path): \(error.message)")
        }
    }
}
