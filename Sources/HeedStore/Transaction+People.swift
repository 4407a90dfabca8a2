// People in ranges of ids, as a verifier reads them: records, opt-outs, permissions and blocks.

package import HeedConsent

extension Transaction {
    /// The ids of people after one, through another, at most `limit`.
    package func contactIDs(
        in range: ContactRange,
        limit: Int64
    ) throws(StoreError) -> [ContactID] {
        var ids: [ContactID] = []
        for row in try rows(
            "SELECT id FROM contacts WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
            .blob(range.after),
            .blob(range.through),
            .integer(limit)
        ) { ids.append(try row.id(0)) }
        return ids
    }

    /// Everything a verifier compares about the people of a range.
    package func people(in range: ContactRange) throws(StoreError) -> PeoplePage {
        var page = PeoplePage()
        page.entries = try consentEntries(in: range)
        page.takenBack = try takenBack(in: range)
        page.erased = try erased(in: range)
        page.optOuts = try storedOptOuts(in: range)
        page.permissions = try storedPermissions(in: range)
        page.events = try optOutAndBlockEvents(in: range)
        page.keys = try storedKeys(in: range)
        page.blocks = page.keys.isEmpty ? [] : try storedBlocks(in: range)
        return page
    }

    /// The consent records of a range, in the order of the log.
    package func consentEntries(
        in range: ContactRange
    ) throws(StoreError) -> [PeoplePage.Entry] {
        let rows = try rows(
            "SELECT r.contact_id, r.scope, r.id, r.decision, r.source, r.given_at, r.expires_at, "
                + "p.effective_at, r.opt_out_id, r.basis FROM consent_records r "
                + "LEFT JOIN policies p ON p.version = r.policy_version "
                + "WHERE r.contact_id > $1 AND r.contact_id <= $2 ORDER BY r.contact_id, r.id",
            .blob(range.after),
            .blob(range.through)
        )
        let positions = try consentPositions(in: range)
        var entries: [PeoplePage.Entry] = []
        for row in rows {
            let record = DecidedRecord(
                id: try row.id(2),
                decision: try row.word(3),
                basis: try row.word(9),
                source: Source(stored: try row.text(4)),
                givenAt: try row.time(5),
                expiresAt: try row.optionalTime(6),
                policyEffectiveAt: try row.optionalTime(7),
                optOut: try row.optionalID(8)
            )
            let (contact, scope): (ContactID, _) = (try row.id(0), try row.text(1))
            for position in positions[record.id] ?? [nil] {
                entries.append(
                    PeoplePage.Entry(
                        contact: contact,
                        scope: scope,
                        record: record,
                        position: position
                    )
                )
            }
        }
        return entries.sorted {
            ($0.contact, $0.position ?? .max) < ($1.contact, $1.position ?? .max)
        }
    }

    /// Where the log has each record of a range.
    private func consentPositions(
        in range: ContactRange
    ) throws(StoreError) -> [ConsentID: [Int64?]] {
        var positions: [ConsentID: [Int64?]] = [:]
        for row in try rows(
            "SELECT subject, position FROM audit_events WHERE contact_id > $1 "
                + "AND contact_id <= $2 AND subject IS NOT NULL AND kind IN ('consent.granted', "
                + "'consent.denied', 'consent.withdrawn', 'consent.requested')",
            .blob(range.after),
            .blob(range.through)
        ) {
            // A line that somebody changed is found by its hash.
            guard let id = ConsentID(bytes: try row.blob(0)) else { continue }
            positions[id, default: []].append(try row.integer(1))
        }
        return positions
    }

    private func takenBack(in range: ContactRange) throws(StoreError) -> Set<ConsentID> {
        var ids: Set<ConsentID> = []
        for row in try rows(
            "SELECT subject FROM audit_events WHERE contact_id > $1 AND contact_id <= $2 "
                + "AND kind = 'import.consent-taken-back'",
            .blob(range.after),
            .blob(range.through)
        ) { ids.insert(try row.id(0)) }
        return ids
    }

    private func erased(in range: ContactRange) throws(StoreError) -> [ContactID: Int64] {
        var positions: [ContactID: Int64] = [:]
        for row in try rows(
            "SELECT contact_id, max(position) FROM audit_events "
                + "WHERE contact_id > $1 AND contact_id <= $2 "
                + "AND kind = 'erasure.local-cascade-completed' GROUP BY contact_id",
            .blob(range.after),
            .blob(range.through)
        ) { positions[try row.id(0)] = try row.integer(1) }
        return positions
    }

    /// The opt-outs of a range.
    package func storedOptOuts(
        in range: ContactRange
    ) throws(StoreError) -> [PeoplePage.StoredOptOut] {
        var optOuts: [PeoplePage.StoredOptOut] = []
        for row in try rows(
            "SELECT id, contact_id, scope, source, requested_at, deadline_at, regime, status, "
                + "processed_at, processing_ms, details FROM opt_outs "
                + "WHERE contact_id > $1 AND contact_id <= $2 ORDER BY contact_id, id",
            .blob(range.after),
            .blob(range.through)
        ) {
            let optOut = OptOut(
                stored: try row.id(0),
                contact: try row.id(1),
                extent: OptOut.Extent(stored: try row.text(2)),
                source: Source(stored: try row.text(3)),
                requestedAt: try row.time(4),
                deadlineAt: try row.time(5),
                regime: try row.text(6),
                status: try row.word(7),
                processedAt: try row.optionalTime(8)
            )
            optOuts.append(
                PeoplePage.StoredOptOut(
                    optOut: optOut,
                    processingMilliseconds: row.isNull(9) ? nil : try row.integer(9),
                    details: try row.optionalBlob(10)
                )
            )
        }
        return optOuts
    }

    /// The projection of a range.
    package func storedPermissions(
        in range: ContactRange
    ) throws(StoreError) -> [PeoplePage.StoredPermission] {
        var permissions: [PeoplePage.StoredPermission] = []
        for row in try rows(
            "SELECT contact_id, scope, state, opt_out_status, opt_out_id, record_id, decided_at, "
                + "expires_at, policy_effective_at FROM permissions "
                + "WHERE contact_id > $1 AND contact_id <= $2 ORDER BY contact_id, scope",
            .blob(range.after),
            .blob(range.through)
        ) {
            permissions.append(
                PeoplePage.StoredPermission(
                    contact: try row.id(0),
                    scope: try row.text(1),
                    permission: try Transaction.permission(row, from: 2)
                )
            )
        }
        return permissions
    }

    private func optOutAndBlockEvents(
        in range: ContactRange
    ) throws(StoreError) -> [StoredEvent] {
        try storedEvents(
            rows(
                "SELECT position, at, kind, body FROM audit_events "
                    + "WHERE contact_id > $1 AND contact_id <= $2 "
                    + "AND kind IN ('optout.requested', 'optout.started', 'optout.completed', "
                    + "'optout.enqueued', 'optout.esp-confirmed', 'optout.esp-failed', "
                    + "'optout.esp-redriven', 'optout.esp-cancelled', "
                    + "'suppression.added', 'suppression.lifted') ORDER BY contact_id, position",
                .blob(range.after),
                .blob(range.through)
            )
        )
    }

    private func storedKeys(in range: ContactRange) throws(StoreError) -> [PeoplePage.Keys] {
        var keys: [PeoplePage.Keys] = []
        for row in try rows(
            "SELECT contact_id, match_key, widened_key FROM addresses "
                + "WHERE contact_id > $1 AND contact_id <= $2 ORDER BY contact_id, match_key",
            .blob(range.after),
            .blob(range.through)
        ) {
            let lookup = LookupKeys(match: try row.blob(1), widened: try row.optionalBlob(2))
            keys.append(PeoplePage.Keys(contact: try row.id(0), keys: lookup))
        }
        return keys
    }

    private func storedBlocks(in range: ContactRange) throws(StoreError) -> [PeoplePage.Block] {
        let rows = try rows(
            "SELECT s.match_key, s.widened, s.scope, s.reason, s.since FROM addresses a "
                + "JOIN suppressions s ON s.match_key = a.match_key AND s.widened = 0 "
                + "WHERE a.contact_id > $1 AND a.contact_id <= $2 UNION ALL "
                + "SELECT s.match_key, s.widened, s.scope, s.reason, s.since FROM addresses a "
                + "JOIN suppressions s ON s.match_key = a.widened_key AND s.widened = 1 "
                + "WHERE a.contact_id > $1 AND a.contact_id <= $2",
            .blob(range.after),
            .blob(range.through)
        )
        var blocks: [PeoplePage.Block] = []
        for row in rows {
            blocks.append(
                PeoplePage.Block(
                    key: try row.blob(0),
                    isWidened: try row.integer(1) != 0,
                    scope: try row.text(2),
                    reason: try row.text(3),
                    since: try row.time(4)
                )
            )
        }
        return blocks
    }

    /// The lifts by people who share a widened key, after a position.
    package func liftsByAliases(
        of widened: [UInt8],
        after position: Int64
    ) throws(StoreError) -> [StoredEvent] {
        try storedEvents(
            rows(
                "SELECT e.position, e.at, e.kind, e.body FROM addresses a "
                    + "JOIN audit_events e ON e.contact_id = a.contact_id "
                    + "WHERE a.widened_key = $1 AND e.kind = 'suppression.lifted' "
                    + "AND e.position > $2 ORDER BY e.position",
                .blob(widened),
                .integer(position)
            )
        )
    }

    /// All blocks in the order of their key, after one, at most `limit`.
    package func blocks(
        after last: StoredBlock?,
        limit: Int64
    ) throws(StoreError) -> [StoredBlock] {
        var blocks: [StoredBlock] = []
        for row in try rows(
            "SELECT match_key, scope, reason, widened, reason, scope, since, source, opt_out_id "
                + "FROM suppressions WHERE (match_key, scope, reason, widened) "
                + "> ($1, $2, $3, $4) ORDER BY match_key, scope, reason, widened LIMIT $5",
            .blob(last?.key ?? []),
            .text(last?.block.scope?.text ?? ""),
            .text(last?.block.reason.rawValue ?? ""),
            .integer(last?.isWidened ?? false ? 1 : 0),
            .integer(limit)
        ) {
            blocks.append(
                StoredBlock(
                    key: try row.blob(0),
                    isWidened: try row.integer(3) != 0,
                    block: try Transaction.suppression(row, from: 4)
                )
            )
        }
        return blocks
    }

    /// The events of a kind after a position, in order.
    package func events(
        of kind: String,
        after position: Int64
    ) throws(StoreError) -> [StoredEvent] {
        try storedEvents(
            rows(
                "SELECT position, at, kind, body FROM audit_events "
                    + "WHERE position > $1 AND kind = $2 ORDER BY position",
                .integer(position),
                .text(kind)
            )
        )
    }
}

/// A block with the key it is stored under.
package struct StoredBlock: Hashable, Sendable {
    /// The keyed hash.
    package let key: [UInt8]
    /// True under the form that covers aliases.
    package let isWidened: Bool
    /// The block.
    package let block: Suppression
}
