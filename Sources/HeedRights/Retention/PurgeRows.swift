// One purge of a bounded number of rows: what may go is decided again where it is done.

import HeedConsent
import HeedEngine
import HeedStore

/// Looks at the next rows of a kind, without a lock.
struct PurgeableRows: Query {
    let kind: Retention.Kind
    let horizons: Horizons
    let cursor: PurgeCursor
    let limit: Int

    /// What was looked at.
    struct Page: Sendable {
        var cursor: PurgeCursor
        /// Rows that may go; nil for none.
        var purge: Purge?
        var old = 0
        var held = 0
        var needed = 0
        /// True when there is nothing older behind it.
        var isLast = false
    }

    func answer(in transaction: Transaction) throws -> Page {
        var page = Page(cursor: cursor)
        switch kind {
        case .consentRecords:
            let rows = try transaction.consentRecords(
                after: cursor.record,
                before: horizons.records,
                limit: Int64(limit)
            )
            page.cursor.record = rows.last?.key ?? cursor.record
            let keys = page.count(rows, limit: limit)
            page.purge = keys.isEmpty ? nil : Purge(.consentRecords(keys), before: horizons.records)
        case .auditEvents:
            let rows = try transaction.auditEvents(
                after: cursor.position,
                before: horizons.events,
                recordsBefore: horizons.records,
                limit: Int64(limit)
            )
            page.cursor.position = rows.last?.key ?? cursor.position
            let keys = page.count(rows, limit: limit)
            page.purge = keys.isEmpty ? nil : Purge(.auditEvents(keys), before: horizons.events)
        case .activities:
            let rows = try transaction.oldActivities(
                after: cursor.activity,
                before: horizons.activities,
                limit: Int64(limit)
            )
            page.cursor.activity = rows.last?.key ?? cursor.activity
            let ids = page.count(rows, limit: limit).map(\.id)
            page.purge = ids.isEmpty ? nil : Purge(.activities(ids), before: horizons.activities)
        case .sendDecisions:
            let rows = try transaction.oldSends(
                after: cursor.send,
                before: horizons.events,
                limit: Int64(limit)
            )
            page.cursor.send = rows.last?.key ?? cursor.send
            let places = page.count(rows, limit: limit)
            page.purge =
                places.isEmpty ? nil : Purge(.sendDecisions(places), before: horizons.events)
        }
        return page
    }
}

extension PurgeableRows.Page {
    /// Counts a page, and answers with what may go.
    fileprivate mutating func count<Key>(_ rows: [PurgeCandidate<Key>], limit: Int) -> [Key] {
        old = rows.count(where: \.isOld)
        held = rows.count { $0.isOld && $0.isHeld }
        needed = rows.count { $0.isOld && !$0.isHeld && $0.isNeeded }
        // Rows lie in the order of time but for a clock that was set back; a page without one old
        // row has only younger ones behind it.
        isLast = rows.count < limit || old == 0
        return rows.filter(\.mayGo).map(\.key)
    }
}

/// Before which instants rows may go; one present for the whole of a purge.
struct Horizons: Sendable {
    let records: Timestamp
    let events: Timestamp
    let activities: Timestamp
}

/// Where a purge is.
struct PurgeCursor: Sendable {
    var record: ConsentID?
    var position: Int64 = 0
    var activity: ActivityPlace?
    var send: SendPlace?
}

/// Takes away the rows of a page that may still go.
struct PurgeRows: Command {
    let rows: PurgeableRows

    /// The number of rows taken is the receipt.
    ///
    /// A hold placed since the page was read counts: the page is read again here.
    func decide(in transaction: Transaction) throws -> Decision<Int> {
        guard let purge = try rows.answer(in: transaction).purge else { return Decision(0) }
        return Decision(purge.count, events: [.rowsPurged(purge)])
    }
}
