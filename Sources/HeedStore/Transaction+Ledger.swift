// The log over the audit events in the database: leaves, full tiles, and signed checkpoints.

package import HeedConsent
package import HeedLedger

/// What the log is called and which key signs it.
package struct LedgerIdentity: Hashable, Sendable {
    /// The first line of every checkpoint.
    package let origin: String
    /// The public key in its text form (vkey).
    package let verifier: String
    /// The largest size signed under this name; nil while it is the present one.
    package private(set) var lastSize: Int?

    /// Takes both.
    package init(origin: String, verifier: String) {
        self.origin = origin
        self.verifier = verifier
    }

    /// The same, up to a size.
    func signing(through size: Int64?) -> LedgerIdentity {
        var identity = self
        identity.lastSize = size.map { Int($0) }
        return identity
    }
}

/// An audit event's place in the log.
package struct StoredLeaf: Hashable, Sendable {
    /// The index in the tree, from 0.
    package let index: Int
    /// The event's position.
    package let position: Int64
    /// The event.
    package let event: EventID
    /// The hash of its canonical bytes (RFC 9162 §2.1.1).
    package let hash: Hash

    /// Makes a leaf.
    package init(index: Int, position: Int64, event: EventID, hash: Hash) {
        self.index = index
        self.position = position
        self.event = event
        self.hash = hash
    }
}

/// A signed head of the log.
package struct StoredCheckpoint: Hashable, Sendable {
    /// The leaves under it.
    package let size: Int
    /// The root.
    package let root: Hash
    /// When it was signed.
    package let signedAt: Timestamp
    /// The signed note.
    package let note: [UInt8]

    /// Makes a checkpoint.
    package init(size: Int, root: Hash, signedAt: Timestamp, note: [UInt8]) {
        self.size = size
        self.root = root
        self.signedAt = signedAt
        self.note = note
    }
}

/// An event that is to become a leaf.
package struct UnsequencedEvent: Hashable, Sendable {
    /// The event.
    package let id: EventID
    /// Its position.
    package let position: Int64
    /// Its canonical bytes.
    package let body: [UInt8]
}

extension Transaction {
    /// The present name and key of the log; nil before its first checkpoint.
    package func ledgerIdentity() throws(StoreError) -> LedgerIdentity? {
        try ledgerIdentities().last
    }

    /// The name and key the log began with.
    func firstLedgerIdentity() throws(StoreError) -> LedgerIdentity? {
        guard let row = try row("SELECT origin, verifier FROM ledger_identity") else { return nil }
        return LedgerIdentity(origin: try row.text(0), verifier: try row.text(1))
    }

    /// Fixes the name and key of the log for good.
    package func establish(_ identity: LedgerIdentity) throws(StoreError) {
        try execute(
            "INSERT INTO ledger_identity (id, origin, verifier, created_at) "
                + "VALUES (1, $1, $2, $3)",
            .text(identity.origin),
            .text(identity.verifier),
            .time(now)
        )
    }

    /// The last leaf of the log.
    package func lastLeaf() throws(StoreError) -> StoredLeaf? {
        try leaf(
            row(
                "SELECT leaf_index, position, event_id, hash FROM ledger_leaves "
                    + "ORDER BY leaf_index DESC LIMIT 1"
            )
        )
    }

    /// How many events wait to be taken into the log.
    package func unsequencedCount() throws(StoreError) -> Int {
        let row = try row(
            "SELECT count(*) FROM audit_events WHERE position > $1",
            .integer(try lastLeaf()?.position ?? 0)
        )
        return Int(try row?.integer(0) ?? 0)
    }

    /// The leaf of an event, also of one that has been purged.
    package func leaf(of event: EventID) throws(StoreError) -> StoredLeaf? {
        try leaf(
            row(
                "SELECT leaf_index, position, event_id, hash FROM ledger_leaves "
                    + "WHERE event_id = $1",
                .id(event)
            )
        )
    }

    private func leaf(_ row: Row?) throws(StoreError) -> StoredLeaf? {
        guard let row else { return nil }
        return StoredLeaf(
            index: Int(try row.integer(0)),
            position: try row.integer(1),
            event: try row.id(2),
            hash: try row.hash(3)
        )
    }

    /// Events that are not in the log yet, in the order in which they must go in.
    ///
    /// The order is that of commits, so an event never comes before one that is in the log.
    package func eventsToSequence(
        after leaf: StoredLeaf?,
        limit: Int64
    ) throws(StoreError) -> [UnsequencedEvent] {
        let rows = try rows(
            "SELECT id, position, body FROM audit_events WHERE position > $1 AND "
                + connection.dialect.settled + " ORDER BY position LIMIT $2",
            .integer(leaf?.position ?? 0),
            .integer(limit)
        )
        var events: [UnsequencedEvent] = []
        events.reserveCapacity(rows.count)
        for row in rows {
            events.append(
                UnsequencedEvent(
                    id: try row.id(0),
                    position: try row.integer(1),
                    body: try row.blob(2)
                )
            )
        }
        return events
    }

    /// Adds a leaf.
    package func insert(_ leaf: StoredLeaf) throws(StoreError) {
        try execute(
            "INSERT INTO ledger_leaves (leaf_index, position, event_id, hash) "
                + "VALUES ($1, $2, $3, $4)",
            .integer(Int64(leaf.index)),
            .integer(leaf.position),
            .id(leaf.event),
            .blob(leaf.hash.bytes)
        )
    }

    /// Adds a full tile with the hash of the subtree it is.
    package func insert(_ tile: Tile, root: Hash, data: [UInt8]) throws(StoreError) {
        try execute(
            "INSERT INTO ledger_tiles (level, tile_index, root, data) VALUES ($1, $2, $3, $4)",
            .integer(Int64(tile.level)),
            .integer(Int64(tile.index)),
            .blob(root.bytes),
            .blob(data)
        )
    }

    /// The bytes of a tile, full or partial; shorter than asked for, or empty, where the log has
    /// not grown so far.
    ///
    /// Full tiles are stored. A partial tile of level 0 is made of leaves, one of a higher level of
    /// the roots of the tiles below it.
    package func data(of tile: Tile) throws(StoreError) -> [UInt8] {
        if tile.isFull {
            let row = try row(
                "SELECT data FROM ledger_tiles WHERE level = $1 AND tile_index = $2",
                .integer(Int64(tile.level)),
                .integer(Int64(tile.index))
            )
            return try row?.blob(0) ?? []
        }
        let first = Int64(tile.index) * Int64(Tile.fullWidth)
        let last = first + Int64(tile.width) - 1
        let hashes =
            tile.level == 0
            ? try rows(
                "SELECT hash FROM ledger_leaves WHERE leaf_index BETWEEN $1 AND $2 "
                    + "ORDER BY leaf_index",
                .integer(first),
                .integer(last)
            )
            : try rows(
                "SELECT root FROM ledger_tiles WHERE level = $1 "
                    + "AND tile_index BETWEEN $2 AND $3 ORDER BY tile_index",
                .integer(Int64(tile.level - 1)),
                .integer(first),
                .integer(last)
            )
        var data: [UInt8] = []
        data.reserveCapacity(tile.byteCount)
        for row in hashes { data += try row.blob(0) }
        return data
    }

    /// The canonical bytes of the events below a tile of level 0, in order; nil for one that was
    /// purged.
    package func entries(below tile: Tile) throws(StoreError) -> [[UInt8]?] {
        let first = Int64(tile.index) * Int64(Tile.fullWidth)
        let rows = try rows(
            "SELECT e.body FROM ledger_leaves l LEFT JOIN audit_events e "
                + "ON e.position = l.position AND e.id = l.event_id "
                + "WHERE l.leaf_index BETWEEN $1 AND $2 ORDER BY l.leaf_index",
            .integer(first),
            .integer(first + Int64(tile.width) - 1)
        )
        var entries: [[UInt8]?] = []
        for row in rows { entries.append(try row.optionalBlob(0)) }
        return entries
    }
}

// MARK: - Checkpoints

extension Transaction {
    /// Adds a checkpoint.
    package func insert(_ checkpoint: StoredCheckpoint) throws(StoreError) {
        try execute(
            "INSERT INTO checkpoints (size, root, signed_at, note) VALUES ($1, $2, $3, $4)",
            .integer(Int64(checkpoint.size)),
            .blob(checkpoint.root.bytes),
            .time(checkpoint.signedAt),
            .blob(checkpoint.note)
        )
    }

    /// The newest checkpoint.
    package func latestCheckpoint() throws(StoreError) -> StoredCheckpoint? {
        try checkpoints(
            rows("SELECT size, root, signed_at, note FROM checkpoints ORDER BY size DESC LIMIT 1")
        ).first
    }

    /// Checkpoints larger than `size`, smallest first, at most `limit`.
    package func checkpoints(
        above size: Int,
        limit: Int64
    ) throws(StoreError) -> [StoredCheckpoint] {
        try checkpoints(
            rows(
                "SELECT size, root, signed_at, note FROM checkpoints WHERE size > $1 "
                    + "ORDER BY size LIMIT $2",
                .integer(Int64(size)),
                .integer(limit)
            )
        )
    }

    private func checkpoints(_ rows: [Row]) throws(StoreError) -> [StoredCheckpoint] {
        var checkpoints: [StoredCheckpoint] = []
        for row in rows {
            checkpoints.append(
                StoredCheckpoint(
                    size: Int(try row.integer(0)),
                    root: try row.hash(1),
                    signedAt: try row.time(2),
                    note: try row.blob(3)
                )
            )
        }
        return checkpoints
    }

    /// Keeps what a witness said about a checkpoint; a second word of the same witness is dropped.
    package func insertCosignature(
        ofSize size: Int,
        witness: String,
        line: String
    ) throws(StoreError) {
        try execute(
            "INSERT INTO checkpoint_cosignatures (size, witness, line, cosigned_at) "
                + "SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM checkpoint_cosignatures "
                + "WHERE size = $1 AND witness = $2)",
            .integer(Int64(size)),
            .text(witness),
            .text(line),
            .time(now)
        )
    }

    /// The signature lines of witnesses on a checkpoint, by witness.
    package func cosignatures(ofSize size: Int) throws(StoreError) -> [String] {
        var lines: [String] = []
        for row in try rows(
            "SELECT line FROM checkpoint_cosignatures WHERE size = $1 ORDER BY witness",
            .integer(Int64(size))
        ) { lines.append(try row.text(0)) }
        return lines
    }

    /// The newest checkpoint that at least `count` witnesses have signed.
    package func latestCheckpoint(cosignedBy count: Int) throws(StoreError) -> StoredCheckpoint? {
        try checkpoints(
            rows(
                "SELECT size, root, signed_at, note FROM checkpoints WHERE size = ("
                    + "SELECT size FROM checkpoint_cosignatures GROUP BY size "
                    + "HAVING count(*) >= $1 ORDER BY size DESC LIMIT 1)",
                .integer(Int64(count))
            )
        ).first
    }

    /// The size of the newest checkpoint a witness has signed; 0 for none.
    package func sizeCosigned(by witness: String) throws(StoreError) -> Int {
        let row = try row(
            "SELECT size FROM checkpoint_cosignatures WHERE witness = $1 "
                + "ORDER BY size DESC LIMIT 1",
            .text(witness)
        )
        return Int(try row?.integer(0) ?? 0)
    }
}

extension Row {
    /// A hash of 32 bytes.
    package func hash(_ column: Int) throws(StoreError) -> Hash {
        let bytes = try blob(column)
        do throws(LedgerError) {
            return try Hash(bytes: bytes)
        } catch {
            throw StoreError(.corrupt, "column \(column) of an answer is no hash")
        }
    }
}
