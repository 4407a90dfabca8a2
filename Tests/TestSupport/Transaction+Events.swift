// The audit log as tests read it.

package import HeedStore

extension Transaction {
    /// Events after a position, oldest first, at most `limit`.
    package func events(after position: Int64, limit: Int64) throws(StoreError) -> [StoredEvent] {
        try events(where: "position > $1", [.integer(position)], limit: limit)
    }
}
