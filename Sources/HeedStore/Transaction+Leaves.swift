// The leaves of the log together with the events they are of, for proving and checking.

package import HeedConsent

/// A leaf and the event it is of.
package struct StoredEntry: Hashable, Sendable {
    /// The leaf.
    package let leaf: StoredLeaf
    /// The event's canonical bytes; nil for one that was purged.
    package let body: [UInt8]?
}

extension Transaction {
    /// Leaves from an index on, in order, at most `limit`.
    package func entries(from index: Int, limit: Int) throws(StoreError) -> [StoredEntry] {
        let rows = try rows(
            "SELECT l.leaf_index, l.position, l.event_id, l.hash, e.body FROM ledger_leaves l "
                + "LEFT JOIN audit_events e ON e.position = l.position AND e.id = l.event_id "
                + "WHERE l.leaf_index >= $1 ORDER BY l.leaf_index LIMIT $2",
            .integer(Int64(index)),
            .integer(Int64(limit))
        )
        var entries: [StoredEntry] = []
        entries.reserveCapacity(rows.count)
        for row in rows {
            let leaf = StoredLeaf(
                index: Int(try row.integer(0)),
                position: try row.integer(1),
                event: try row.id(2),
                hash: try row.hash(3)
            )
            entries.append(StoredEntry(leaf: leaf, body: try row.optionalBlob(4)))
        }
        return entries
    }

    /// The ids of the events about a person, oldest first; a person has as many as they have.
    package func events(about contact: ContactID) throws(StoreError) -> [EventID] {
        let rows = try rows(
            "SELECT id FROM audit_events WHERE contact_id = $1 ORDER BY position",
            .id(contact)
        )
        var events: [EventID] = []
        for row in rows { events.append(try row.id(0)) }
        return events
    }
}
