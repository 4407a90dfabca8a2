// Backups that were put back: the mark that stops serving, and the names of the log.

package import HeedConsent

extension Transaction {
    /// Marks the database as put back.
    func insert(_ restore: Restore) throws(StoreError) {
        try execute(
            "INSERT INTO restores (number, started_at, origin, verifier, since_size, "
                + "since_position) VALUES ($1, $2, $3, $4, $5, $6)",
            .integer(restore.number),
            .time(restore.startedAt),
            .text(restore.origin),
            .text(restore.verifier),
            .integer(restore.sinceSize),
            .integer(restore.sincePosition)
        )
    }

    /// Takes the mark away.
    func finish(_ restore: Restore) throws(StoreError) {
        try execute(
            "UPDATE restores SET finished_at = $2 WHERE number = $1",
            .integer(restore.number),
            .time(restore.finishedAt)
        )
    }

    /// All returns to backups, the first first.
    package func restores() throws(StoreError) -> [Restore] {
        var restores: [Restore] = []
        for row in try rows(
            "SELECT number, started_at, finished_at, origin, verifier, since_size, "
                + "since_position FROM restores ORDER BY number"
        ) {
            restores.append(
                Restore(
                    number: try row.integer(0),
                    startedAt: try row.time(1),
                    finishedAt: try row.optionalTime(2),
                    origin: try row.text(3),
                    verifier: try row.text(4),
                    sinceSize: try row.integer(5),
                    sincePosition: try row.integer(6)
                )
            )
        }
        return restores
    }

    /// True for an event of this database, also for one that was purged.
    package func isKnown(_ event: EventID) throws(StoreError) -> Bool {
        try row(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM audit_events WHERE id = $1) "
                + "OR EXISTS (SELECT 1 FROM ledger_leaves WHERE event_id = $1)",
            .id(event)
        ) != nil
    }

    /// When the newest event was written; nil without any.
    package func newestEventTime() throws(StoreError) -> Timestamp? {
        try row("SELECT at FROM audit_events ORDER BY position DESC LIMIT 1")?.time(0)
    }

    /// The present name and key of the log and those before, each with the size up to which it
    /// signed; nil for the present one.
    package func ledgerIdentities() throws(StoreError) -> [LedgerIdentity] {
        let restores = try restores()
        var identities: [LedgerIdentity] = []
        if let first = try firstLedgerIdentity() {
            identities.append(first.signing(through: restores.first?.sinceSize))
        }
        for (index, restore) in restores.enumerated() {
            let next = index + 1 < restores.count ? restores[index + 1].sinceSize : nil
            let identity = LedgerIdentity(origin: restore.origin, verifier: restore.verifier)
            identities.append(identity.signing(through: next))
        }
        return identities
    }

    /// The name and key under which a checkpoint of this size was signed.
    package func ledgerIdentity(ofSize size: Int) throws(StoreError) -> LedgerIdentity? {
        try ledgerIdentities().signer(ofSize: size)
    }
}

extension [LedgerIdentity] {
    /// The one that signed a checkpoint of this size.
    package func signer(ofSize size: Int) -> LedgerIdentity? {
        first { size <= $0.lastSize ?? .max }
    }
}
