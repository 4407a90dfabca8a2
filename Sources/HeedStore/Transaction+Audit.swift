// The audit log in the database: append a line, and read a person's or an opt-out's timeline.

package import HeedConsent

/// A line of the audit log as it is stored.
package struct StoredEvent: Hashable, Sendable {
    /// Its place in the log, from 1.
    package let position: Int64
    /// When it was written.
    package let at: Timestamp
    /// What happened.
    package let kind: String
    /// The canonical bytes.
    package let body: [UInt8]
}

private let auditInsertion = Insertion(
    into: "audit_events",
    [
        "id": .bytes, "at": .integer, "kind": .text, "contact_id": .bytes, "subject": .bytes,
        "body": .bytes,
    ],
    depth: 0
)

extension Transaction {
    /// Writes a line; the order of these calls is the order of their positions.
    func append(_ line: AuditEvent) throws(StoreError) {
        let body = line.canonical()
        guard body.count <= AuditEvent.canonicalBytesMaximum else {
            throw StoreError(
                .refused,
                "an audit event may have \(AuditEvent.canonicalBytesMaximum) bytes"
            )
        }
        let row: [SQLValue] = [
            .id(line.id), .time(line.at), .text(line.kind), .id(line.contact),
            .blob(line.subject), .blob(body),
        ]
        try insert(row, with: auditInsertion)
    }

    /// How fresh an answer is; 0 for an empty log.
    ///
    /// In a read, all events up to there are in the snapshot. In a write, whoever has all events up
    /// to there has this transaction's and all that it read.
    package func position() throws(StoreError) -> Int64 {
        if let receipt = foresight.receipt { return receipt }
        let dialect = connection.dialect
        let row =
            switch mode {
            case .reading: try row(dialect.snapshotPosition)
            case .writing: try row(dialect.receiptPosition)
            }
        return try row?.integer(0) ?? 0
    }

    /// The events about a person, oldest first, at most `limit`.
    package func timeline(of contact: ContactID, limit: Int64) throws(StoreError) -> [StoredEvent] {
        try events(where: "contact_id = $1", [.id(contact)], limit: limit)
    }

    /// The events about an opt-out, oldest first, at most `limit`.
    package func timeline(of optOut: OptOutID, limit: Int64) throws(StoreError) -> [StoredEvent] {
        try events(
            where: "contact_id = (SELECT contact_id FROM opt_outs WHERE id = $1) AND subject = $1",
            [.id(optOut)],
            limit: limit
        )
    }

    /// The ids of all events about a person, oldest first.
    package func events(about contact: ContactID) throws(StoreError) -> [EventID] {
        let rows = try rows(
            "SELECT id FROM audit_events WHERE contact_id = $1 ORDER BY position",
            .id(contact)
        )
        var events: [EventID] = []
        for row in rows { events.append(try row.id(0)) }
        return events
    }

    /// The canonical bytes of an event; nil for an unknown or purged one.
    package func body(of event: EventID) throws(StoreError) -> [UInt8]? {
        let row = try row("SELECT body FROM audit_events WHERE id = $1", .id(event))
        return try row?.blob(0)
    }

    /// Events that a condition on `$1`, `$2`, … holds for, oldest first, at most `limit`.
    package func events(
        where condition: SQL,
        _ values: [SQLValue],
        limit: Int64
    ) throws(StoreError) -> [StoredEvent] {
        let statement: SQL = "SELECT position, at, kind, body FROM audit_events WHERE "
        let end = " ORDER BY position LIMIT " + SQL.parameter(values.count + 1)
        return try storedEvents(
            rows(Statement(statement + condition + end, values + [.integer(limit)]))
        )
    }

    /// Reads rows with position, time, kind and body.
    func storedEvents(_ rows: [Row]) throws(StoreError) -> [StoredEvent] {
        var events: [StoredEvent] = []
        for row in rows {
            events.append(
                StoredEvent(
                    position: try row.integer(0),
                    at: try row.time(1),
                    kind: try row.text(2),
                    body: try row.blob(3)
                )
            )
        }
        return events
    }
}
