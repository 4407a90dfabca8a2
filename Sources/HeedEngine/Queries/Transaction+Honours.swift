// Opt-outs of a span of time, one by one, with what each connector made of them.

package import HeedConsent
package import HeedStore

/// An opt-out with what each connector made of it.
package struct StoredHonour: Hashable, Sendable {
    /// What one connector made of it.
    package struct Target: Hashable, Sendable {
        /// The connector's name.
        package let connector: String
        /// How far it is.
        package let state: OptOutTarget.State
        /// How often it was asked.
        package let attempts: Int64
        /// When it confirmed.
        package let confirmedAt: Timestamp?
    }

    /// Which one.
    package let id: OptOutID
    /// The scope's name, or `global`.
    package let scope: String
    /// Where it came from.
    package let source: String
    /// The regime with its version.
    package let regime: String
    /// When the person said it.
    package let requestedAt: Timestamp
    /// By when the law wants it honoured.
    package let deadlineAt: Timestamp
    /// When the last connector had confirmed; nil before.
    package let processedAt: Timestamp?
    /// In the order of their names.
    package var targets: [Target]
}

extension Transaction {
    /// Opt-outs asked for from one instant to before another, oldest first, after one of them.
    package func honours(
        from start: Timestamp,
        to end: Timestamp,
        after last: StoredHonour?,
        limit: Int
    ) throws(StoreError) -> [StoredHonour] {
        var honours: [StoredHonour] = []
        for row in try rows(
            "SELECT id, scope, source, regime, requested_at, deadline_at, processed_at "
                + "FROM opt_outs WHERE requested_at >= $1 AND requested_at < $2 "
                + "AND (requested_at > $3 OR (requested_at = $3 AND id > $4)) "
                + "ORDER BY requested_at, id LIMIT $5",
            .time(max(start, last?.requestedAt ?? start)),
            .time(end),
            .time(last?.requestedAt ?? start.adding(seconds: -1)),
            .blob(last?.id.bytes ?? []),
            .integer(Int64(limit))
        ) {
            honours.append(
                StoredHonour(
                    id: try row.id(0),
                    scope: try row.text(1),
                    source: try row.text(2),
                    regime: try row.text(3),
                    requestedAt: try row.time(4),
                    deadlineAt: try row.time(5),
                    processedAt: try row.optionalTime(6),
                    targets: []
                )
            )
        }
        guard !honours.isEmpty else { return [] }
        let places = Dictionary(
            uniqueKeysWithValues: honours.indices.map { (honours[$0].id, $0) }
        )
        let select: SQL =
            "SELECT opt_out_id, connector, state, attempts, confirmed_at FROM opt_out_targets "
            + "WHERE opt_out_id " + connection.dialect.isAmongKeys + " ORDER BY connector"
        for row in try rows(select, .keys(honours.map(\.id.bytes))) {
            guard let place = places[try row.id(0)] else { continue }
            honours[place].targets.append(
                StoredHonour.Target(
                    connector: try row.text(1),
                    state: try row.word(2),
                    attempts: try row.integer(3),
                    confirmedAt: try row.optionalTime(4)
                )
            )
        }
        return honours
    }
}
