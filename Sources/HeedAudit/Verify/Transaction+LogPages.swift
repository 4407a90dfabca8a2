// The audit log page by page, as a verifier reads it: leaves beside what the tables hold for them.

package import HeedConsent
import HeedLedger
package import HeedStore

/// How far the log and the tables reach at one moment.
package struct LogExtent: Sendable {
    /// The leaves.
    package let size: Int
    /// The position of the last leaf's event; 0 for none.
    package let position: Int64
    /// The newest checkpoint.
    package let head: StoredCheckpoint?
    /// The log's names and keys, the present one last.
    package let identities: [LedgerIdentity]
    /// Events written before this may have been purged.
    package let auditBefore: Timestamp
    /// Consent records written before this may have been purged.
    package let consentBefore: Timestamp
    /// How many people there are.
    package let contacts: Int
    /// The largest contact id that any table holds; empty for none.
    package let lastContact: [UInt8]
    /// How many blocks there are.
    package let blocks: Int

    /// The log's present name and key.
    package var identity: LedgerIdentity? { identities.last }
}

/// The columns of an audit event beside its name and place.
package struct EventColumns: Hashable, Sendable {
    /// When it was written.
    package let at: Timestamp
    /// What happened.
    package let kind: String
    /// The person.
    package let contact: ContactID?
    /// The thing it is about.
    package let subject: [UInt8]?
    /// The canonical bytes.
    package let body: [UInt8]
}

/// A leaf with the event at its position under its name, and the record that event is about.
package struct LeafEntry: Sendable {
    /// The leaf.
    package let leaf: StoredLeaf
    /// The event; nil where there is none at this position under this name.
    package let event: EventColumns?
    /// Where an event of this name is instead.
    package let elsewhere: Int64?
    /// The record of a consent event, column by column as `ConsentColumns` names them.
    package let record: [SQLValue]?
}

/// The columns of `consent_records` in the order in which a page reads them.
package enum ConsentColumns {
    /// Their names.
    package static let names = [
        "id", "contact_id", "scope", "decision", "basis", "source", "policy_version",
        "policy_sha256", "locale", "given_at", "recorded_at", "expires_at", "opt_out_id", "actor",
        "actor_type", "import_id", "evidence",
    ]
    fileprivate static let list: SQL =
        "r.id, r.contact_id, r.scope, r.decision, r.basis, r.source, r.policy_version, "
        + "r.policy_sha256, r.locale, r.given_at, r.recorded_at, r.expires_at, r.opt_out_id, "
        + "r.actor, r.actor_type, r.import_id, r.evidence"
}

extension Transaction {
    /// How far everything reaches now.
    package func logExtent() throws(StoreError) -> LogExtent {
        let last = try lastLeaf()
        let row = try row(
            "SELECT (SELECT audit_before FROM retention WHERE id = 1), "
                + "(SELECT consent_before FROM retention WHERE id = 1), "
                + "(SELECT count(*) FROM contacts), (SELECT count(*) FROM suppressions)"
        )
        // Rows of nobody, which foreign keys rule out, are within the range all the same.
        var ends: [[UInt8]] = []
        for row in try rows(
            "SELECT id FROM (SELECT id FROM contacts ORDER BY id DESC LIMIT 1) a "
                + "UNION ALL SELECT contact_id FROM (SELECT contact_id FROM consent_records "
                + "ORDER BY contact_id DESC LIMIT 1) b "
                + "UNION ALL SELECT contact_id FROM (SELECT contact_id FROM permissions "
                + "ORDER BY contact_id DESC LIMIT 1) c "
                + "UNION ALL SELECT contact_id FROM (SELECT contact_id FROM opt_outs "
                + "ORDER BY contact_id DESC LIMIT 1) d "
        ) { ends.append(try row.blob(0)) }
        return LogExtent(
            size: last.map { $0.index + 1 } ?? 0,
            position: last?.position ?? 0,
            head: try latestCheckpoint(),
            identities: try ledgerIdentities(),
            auditBefore: try row?.optionalTime(0) ?? Timestamp(seconds: 0),
            consentBefore: try row?.optionalTime(1) ?? Timestamp(seconds: 0),
            contacts: Int(try row?.integer(2) ?? 0),
            lastContact: ends.max { $0.lexicographicallyPrecedes($1) } ?? [],
            blocks: Int(try row?.integer(3) ?? 0)
        )
    }

    /// The leaves of a range that there are, with what the tables hold for each.
    package func leafEntries(_ range: Range<Int>) throws(StoreError) -> [LeafEntry] {
        let statement: SQL =
            "SELECT l.leaf_index, l.position, l.event_id, l.hash, e.at, e.kind, e.contact_id, "
            + "e.subject, e.body, " + ConsentColumns.list
            + " FROM ledger_leaves l "
            + "LEFT JOIN audit_events e ON e.position = l.position AND e.id = l.event_id "
            + "LEFT JOIN consent_records r ON r.id = e.subject "
            + "AND e.kind IN ('consent.granted', 'consent.denied', 'consent.withdrawn', "
            + "'consent.requested') "
            + "WHERE l.leaf_index >= $1 AND l.leaf_index < $2 ORDER BY l.leaf_index"
        let rows = try rows(
            statement,
            .integer(Int64(range.lowerBound)),
            .integer(Int64(range.upperBound))
        )
        var entries: [LeafEntry] = []
        entries.reserveCapacity(rows.count)
        for row in rows { entries.append(try leafEntry(row)) }
        return entries
    }

    private func leafEntry(_ row: Row) throws(StoreError) -> LeafEntry {
        let leaf = StoredLeaf(
            index: Int(try row.integer(0)),
            position: try row.integer(1),
            event: try row.id(2),
            hash: try row.hash(3)
        )
        guard !row.isNull(5) else {
            let other = try self.row(
                "SELECT position FROM audit_events WHERE id = $1",
                .id(leaf.event)
            )
            let elsewhere = try other?.integer(0)
            return LeafEntry(leaf: leaf, event: nil, elsewhere: elsewhere, record: nil)
        }
        let event = EventColumns(
            at: try row.time(4),
            kind: try row.text(5),
            contact: try row.optionalID(6),
            subject: try row.optionalBlob(7),
            body: try row.blob(8)
        )
        let record = row.isNull(9) ? nil : ConsentColumns.names.indices.map { row[9 + $0] }
        return LeafEntry(leaf: leaf, event: event, elsewhere: nil, record: record)
    }

    /// Events between two positions, the second one among them, that are in no leaf.
    package func eventsOutsideTheLog(
        after position: Int64,
        through last: Int64,
        limit: Int64
    ) throws(StoreError) -> [(position: Int64, id: EventID)] {
        var events: [(position: Int64, id: EventID)] = []
        for row in try rows(
            "SELECT e.position, e.id FROM audit_events e "
                + "LEFT JOIN ledger_leaves l ON l.event_id = e.id "
                + "WHERE e.position > $1 AND e.position <= $2 AND l.event_id IS NULL "
                + "ORDER BY e.position LIMIT $3",
            .integer(position),
            .integer(last),
            .integer(limit)
        ) { events.append((try row.integer(0), try row.id(1))) }
        return events
    }

    /// A stored full tile with its root column; nil where there is none.
    package func storedTile(
        level: Int,
        index: Int
    ) throws(StoreError) -> (root: [UInt8], data: [UInt8])? {
        let row = try row(
            "SELECT root, data FROM ledger_tiles WHERE level = $1 AND tile_index = $2",
            .integer(Int64(level)),
            .integer(Int64(index))
        )
        return try row.map { row throws(StoreError) in (try row.blob(0), try row.blob(1)) }
    }

    /// The first stored tile of a level at or after an index.
    package func firstTile(level: Int, from index: Int) throws(StoreError) -> Int? {
        let row = try row(
            "SELECT tile_index FROM ledger_tiles WHERE level = $1 AND tile_index >= $2 "
                + "ORDER BY tile_index LIMIT 1",
            .integer(Int64(level)),
            .integer(Int64(index))
        )
        return try row.map { row throws(StoreError) in Int(try row.integer(0)) }
    }
}
