// What the guard said about a person before sends, where that was recorded.

import HeedConsent

extension PersonalCategory {
    private static let send: [Column] = [
        Column("batchId", .id), Column("place", .number), Column("decidedAt", .time),
        Column("scope"), Column("campaign"), Column("reason"), Column("position", .number),
        Column("recordId", .id),
    ]

    /// What the guard said before sends, where that was recorded.
    static let sends = PersonalCategory(
        "sends",
        send
    ) { transaction, span, place, limit throws(StoreError) in
        let rows = try transaction.rows(
            "SELECT batch_id, place, decided_at, scope, campaign, reason, position, record_id "
                + "FROM send_decisions WHERE contact_id = $1 AND (batch_id, place) > ($2, $3) "
                + "AND decided_at <= $4 ORDER BY batch_id, place LIMIT $5",
            .id(span.contact),
            .blob(place.bytes),
            .integer(place.number),
            .time(span.through),
            .integer(limit)
        )
        return try PersonalPage(rows) { row throws(StoreError) in
            PersonalPlace(number: try row.integer(1), bytes: try row.blob(0))
        } cells: { row throws(StoreError) in
            try row.cells(send)
        }
    }
}
