// What may be purged and what is held; the database's own triggers have the last word.

package import HeedConsent

extension Transaction {
    func sealReason(of hold: LegalHold) throws(StoreError) -> [UInt8] {
        let label = "hold:" + hold.id.text
        return try vault.sealSetting(Array(hold.reason.utf8), label: label, in: surroundings)
    }

    func insert(_ hold: LegalHold, reason: [UInt8]) throws(StoreError) {
        try execute(
            "INSERT INTO legal_holds (id, contact_id, reason, placed_at) VALUES ($1, $2, $3, $4)",
            .id(hold.id),
            .id(hold.contact),
            .blob(reason),
            .time(hold.placedAt)
        )
    }

    func deleteHold(_ id: HoldID) throws(StoreError) {
        try execute("DELETE FROM legal_holds WHERE id = $1", .id(id))
    }

    /// The holds that stand, oldest first.
    package func legalHolds() throws -> [LegalHold] {
        try rows("SELECT id, contact_id, reason, placed_at FROM legal_holds ORDER BY id").map {
            row in
            let id = try row.id(0, of: LegalHold.self)
            let reason = try vault.openSetting(try row.blob(2), label: "hold:" + id.text)
            return try LegalHold(
                id: id,
                contact: try row.optionalID(1),
                reason: String(decoding: reason, as: UTF8.self),
                placedAt: try row.time(3)
            )
        }
    }

    /// Consent records that were written before this may have been purged.
    package func consentHorizon() throws(StoreError) -> Timestamp {
        let row = try row("SELECT consent_before FROM retention WHERE id = 1")
        return try row?.time(0) ?? Timestamp(microseconds: 0)
    }

    /// Whether a hold forbids to take away anything of a person (GDPR, article 17(3)(e)).
    package func isHeld(_ contact: ContactID) throws(StoreError) -> Bool {
        try row(
            "SELECT 1 FROM legal_holds WHERE contact_id IS NULL OR contact_id = $1 LIMIT 1",
            .id(contact)
        ) != nil
    }

    /// Takes rows away: moves the horizon the database holds, then deletes what is older.
    func apply(_ purge: Purge) throws(StoreError) {
        switch purge.rows {
        case .consentRecords(let ids):
            try execute(connection.dialect.moveConsentHorizon, .time(purge.before))
            for id in ids { try execute(connection.dialect.purgeRecord, .id(id)) }
        case .auditEvents(let positions):
            try execute(connection.dialect.moveAuditHorizon, .time(purge.before))
            for position in positions {
                try execute(connection.dialect.purgeEvent, .integer(position))
            }
        case .activities(let ids): for id in ids { try deleteActivity(id) }
        case .sendDecisions(let places):
            try execute(connection.dialect.moveAuditHorizon, .time(purge.before))
            for place in places { try deleteSend(place) }
        }
    }

    /// Consent records after `id` in the order of ids, at most `limit`, with whether each may go.
    ///
    /// One may go when it was written before the horizon, no hold covers it, no permission stands
    /// on it, and it is not the record of an opt-out from everything that still blocks an address.
    package func consentRecords(
        after id: ConsentID?,
        before horizon: Timestamp,
        limit: Int64
    ) throws(StoreError) -> [PurgeCandidate<ConsentID>] {
        let rows = try rows(
            "SELECT c.id, c.recorded_at < $2, EXISTS (SELECT 1 FROM legal_holds h "
                + "WHERE h.contact_id IS NULL OR h.contact_id = c.contact_id), "
                + Transaction.isRecordNeeded
                + " FROM consent_records c WHERE c.id > $1 ORDER BY c.id LIMIT $3",
            .blob(id?.bytes ?? []),
            .time(horizon),
            .integer(limit)
        )
        var candidates: [PurgeCandidate<ConsentID>] = []
        for row in rows { candidates.append(try PurgeCandidate(row.id(0), row)) }
        return candidates
    }

    /// True for a record `c` that a permission or a block stands on.
    private static let isRecordNeeded: SQL =
        "(EXISTS (SELECT 1 FROM permissions p WHERE p.contact_id = c.contact_id "
        + "AND p.record_id = c.id) OR EXISTS (SELECT 1 FROM addresses a "
        + "JOIN suppressions s ON s.match_key = a.match_key "
        + "WHERE a.contact_id = c.contact_id AND s.opt_out_id = c.opt_out_id))"

    /// Audit events after `position`, at most `limit`, with whether each may go.
    ///
    /// One may go when it was written before the horizon, no hold covers it, its hash is in the
    /// log, and nothing that stays rests on it: its consent record, its opt-out, its block.
    /// What purges took away is kept for good, because the count of missing events has to add up.
    package func auditEvents(
        after position: Int64,
        before horizon: Timestamp,
        recordsBefore recordHorizon: Timestamp,
        limit: Int64
    ) throws(StoreError) -> [PurgeCandidate<Int64>] {
        let rows = try rows(
            "SELECT e.position, e.at < $2, EXISTS (SELECT 1 FROM legal_holds h "
                + "WHERE h.contact_id IS NULL OR h.contact_id = e.contact_id), "
                + "e.kind = 'retention.purged' "
                + "OR NOT EXISTS (SELECT 1 FROM ledger_leaves l WHERE l.event_id = e.id) "
                + "OR e.position = (SELECT position FROM ledger_leaves "
                + "ORDER BY leaf_index DESC LIMIT 1) "
                + "OR EXISTS (SELECT 1 FROM consent_records c WHERE c.id = e.subject "
                + "AND (c.recorded_at >= $4 OR " + Transaction.isRecordNeeded + ")) "
                + "OR EXISTS (SELECT 1 FROM permissions p WHERE p.opt_out_id = e.subject) "
                + "OR (e.kind = 'suppression.added' AND EXISTS (SELECT 1 FROM addresses a "
                + "JOIN suppressions s ON s.match_key = a.match_key "
                + "WHERE a.contact_id = e.contact_id)) "
                + "FROM audit_events e WHERE e.position > $1 ORDER BY e.position LIMIT $3",
            .integer(position),
            .time(horizon),
            .integer(limit),
            .time(recordHorizon)
        )
        var candidates: [PurgeCandidate<Int64>] = []
        for row in rows { candidates.append(try PurgeCandidate(row.integer(0), row)) }
        return candidates
    }
}

/// A row that a purge looks at.
package struct PurgeCandidate<Key: Sendable>: Sendable {
    /// Its name.
    package let key: Key
    /// True when it is past the horizon.
    package let isOld: Bool
    /// True when a legal hold covers it.
    package let isHeld: Bool
    /// True when something that stands still rests on it.
    package let isNeeded: Bool

    init(_ key: Key, _ row: Row) throws(StoreError) {
        self.key = key
        isOld = try row.flag(1)
        isHeld = try row.flag(2)
        isNeeded = try row.flag(3)
    }

    /// True when it may go.
    package var mayGo: Bool { isOld && !isHeld && !isNeeded }
}
