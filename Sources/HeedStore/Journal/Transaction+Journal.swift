// The entries of a journal, made again from what the database has.

package import HeedConsent

extension Transaction {
    /// What the journal would have of the events in a range, made from what is stored.
    package func journalEntries(
        after start: Int64,
        through end: Int64,
        except known: Set<EventID>
    ) throws(StoreError) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for row in try rows(
            "SELECT body FROM audit_events WHERE position > $1 AND position <= $2 "
                + "AND (kind IN ('suppression.added', 'consent.withdrawn', 'consent.denied', "
                + "'erasure.local-cascade-completed', 'vault.lookup-key-added') "
                + "OR kind LIKE 'request.%') ORDER BY position",
            .integer(start),
            .integer(end)
        ) {
            guard let event = AuditEvent(canonical: try row.blob(0)), !known.contains(event.id),
                JournalEntry.isKept(event)
            else { continue }
            entries.append(
                JournalEntry(event, keys: try keys(of: event), token: try token(of: event))
            )
        }
        return entries
    }

    /// The rows that a block's event has put; perhaps those of another with the very same time.
    private func keys(of event: AuditEvent) throws(StoreError) -> [SuppressedKey] {
        guard event.kind == "suppression.added", let reason = event.facts["reason"],
            let since = event.facts["since"].flatMap({ Timestamp(text: $0) })
        else { return [] }
        var keys: [SuppressedKey] = []
        for row in try rows(
            "SELECT match_key, widened FROM suppressions "
                + "WHERE since = $1 AND reason = $2 AND scope = $3",
            .time(since),
            .text(reason),
            .text(event.scope ?? "")
        ) { keys.append(SuppressedKey(key: try row.blob(0), isWidened: try row.flag(1))) }
        return keys
    }

    private func token(of event: AuditEvent) throws(StoreError) -> [UInt8] {
        if event.kind == LookupKeyChange.eventKind {
            let number = event.facts["key"].flatMap { Int64($0) } ?? 0
            let sql: SQL = "SELECT sealed FROM lookup_keys WHERE generation = $1"
            return try row(sql, .integer(number))?.blob(0) ?? []
        }
        guard event.kind == "request.received", let id = event.subject else { return [] }
        return try row("SELECT token_sealed FROM requests WHERE id = $1", .blob(id))?.blob(0) ?? []
    }
}
