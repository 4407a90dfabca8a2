// What became of messages to a person, as it is handed out to them.

import HeedConsent

extension PersonalCategory {
    private static let event: [Column] = [
        Column("id", .hash), Column("kind"), Column("at", .time), Column("recordedAt", .time),
        Column("campaign"), Column("scope"),
    ]

    /// What senders told about messages to the person, with what was kept of the circumstances.
    static let events = PersonalCategory(
        "events",
        event + [Column("message"), Column("ip"), Column("userAgent")]
    ) { transaction, span, place, limit throws(StoreError) in
        try transaction.activityPage(span, place, limit)
    }

    fileprivate static var eventColumns: [Column] { event }
}

extension Transaction {
    fileprivate func activityPage(
        _ span: PersonalSpan,
        _ place: PersonalPlace,
        _ limit: Int64
    ) throws(StoreError) -> PersonalPage {
        let rows = try rows(
            "SELECT id, kind, at, recorded_at, campaign, scope, sealed FROM events "
                + "WHERE contact_id = $1 AND id > $2 AND recorded_at <= $3 ORDER BY id LIMIT $4",
            .id(span.contact),
            .blob(place.bytes),
            .time(span.through),
            .integer(limit)
        )
        let key = rows.isEmpty ? nil : try contactKey(of: span.contact)
        return try PersonalPage(rows) { row throws(StoreError) in
            PersonalPlace(bytes: try row.blob(0))
        } cells: { row throws(StoreError) in
            let details = try activityDetails(in: row, at: 6, of: span.contact, with: key)
            return try row.cells(PersonalCategory.eventColumns)
                + [details.message, details.ip, details.userAgent].map { PersonalCell($0) }
        }
    }
}
