// How long opt-outs took from the request to the last confirmation: exact quantiles, by regime.

package import HeedConsent
package import HeedStore

/// What became of the opt-outs of one regime that were asked for in a span of time.
package struct StoredWindow: Hashable, Sendable {
    /// The regime with its version.
    package let regime: String
    /// How many there are.
    package let count: Int64
    /// How many of them every system has confirmed.
    package let completed: Int64
    /// How many are over without the confirmation of a system that was removed.
    package let ended: Int64
    /// How many are not, with their deadline near.
    package let near: Int64
    /// How many were completed after their deadline, or are not and past it.
    package let past: Int64
    /// Milliseconds within which half of the completed ones were, by nearest rank.
    package let p50: Int64?
    /// The same for 95 of a hundred.
    package let p95: Int64?
    /// The same for 99 of a hundred.
    package let p99: Int64?
    /// The longest.
    package let max: Int64?
}

/// The opt-outs of one regime that are not completed.
package struct OpenWindow: Hashable, Sendable {
    /// The regime with its version.
    package let regime: String
    /// How many there are.
    package let count: Int64
    /// How many are past their deadline.
    package let past: Int64
    /// The earliest deadline.
    package let deadlineAt: Timestamp
}

extension Transaction {
    /// The windows of opt-outs asked for from one instant to before another.
    ///
    /// A deadline is the last second of its window, so only what is later is past it. What an
    /// imported list brings was said elsewhere, before Heed knew of it, and is not among them.
    package func windows(
        from start: Timestamp,
        to end: Timestamp,
        nearSeconds: Int64
    ) throws(StoreError) -> [StoredWindow] {
        var windows: [StoredWindow] = []
        for row in try rows(
            "SELECT regime, count(*), count(*) FILTER (WHERE is_timed = 1), "
                + "count(*) FILTER (WHERE status = 'completed' AND is_timed = 0), "
                + "count(*) FILTER (WHERE status <> 'completed' AND deadline_at >= $3 "
                + "AND deadline_at < $4), "
                + "count(*) FILTER (WHERE coalesce(processed_at, $3) > deadline_at), "
                + "max(timed_ms) FILTER (WHERE place = (number * 50 + 99) / 100), "
                + "max(timed_ms) FILTER (WHERE place = (number * 95 + 99) / 100), "
                + "max(timed_ms) FILTER (WHERE place = (number * 99 + 99) / 100), "
                + "max(timed_ms) FROM (SELECT regime, status, deadline_at, processed_at, is_timed, "
                + "CASE is_timed WHEN 1 THEN processing_ms END AS timed_ms, row_number() OVER "
                + "(PARTITION BY regime, is_timed ORDER BY processing_ms, id) AS place, "
                + "count(*) OVER (PARTITION BY regime, is_timed) AS number "
                + "FROM (SELECT o.id, o.regime, o.status, o.deadline_at, o.processed_at, "
                + "o.processing_ms, CASE WHEN o.processed_at IS NULL OR EXISTS (SELECT 1 "
                + "FROM opt_out_targets t WHERE t.opt_out_id = o.id AND t.state = 'cancelled') "
                + "THEN 0 ELSE 1 END AS is_timed FROM opt_outs o WHERE o.requested_at >= $1 "
                + "AND o.requested_at < $2 AND o.source <> $5) AS spans) AS places "
                + "GROUP BY regime ORDER BY regime",
            .time(start),
            .time(end),
            .time(now),
            .time(now.adding(seconds: nearSeconds)),
            .text(Source.batchImport.text)
        ) {
            windows.append(
                StoredWindow(
                    regime: try row.text(0),
                    count: try row.integer(1),
                    completed: try row.integer(2),
                    ended: try row.integer(3),
                    near: try row.integer(4),
                    past: try row.integer(5),
                    p50: row.isNull(6) ? nil : try row.integer(6),
                    p95: row.isNull(7) ? nil : try row.integer(7),
                    p99: row.isNull(8) ? nil : try row.integer(8),
                    max: row.isNull(9) ? nil : try row.integer(9)
                )
            )
        }
        return windows
    }

    /// How many opt-outs imported lists have brought that were said in a span of time.
    package func importedOptOuts(
        from start: Timestamp,
        to end: Timestamp
    ) throws(StoreError) -> Int64 {
        try row(
            "SELECT count(*) FROM opt_outs WHERE requested_at >= $1 AND requested_at < $2 "
                + "AND source = $3",
            .time(start),
            .time(end),
            .text(Source.batchImport.text)
        )?.integer(0) ?? 0
    }

    /// The opt-outs that are not completed, by regime.
    package func openWindows() throws(StoreError) -> [OpenWindow] {
        var windows: [OpenWindow] = []
        for row in try rows(
            "SELECT regime, count(*), count(*) FILTER (WHERE deadline_at < $1), min(deadline_at) "
                + "FROM opt_outs WHERE status <> 'completed' GROUP BY regime ORDER BY regime",
            .time(now)
        ) {
            windows.append(
                OpenWindow(
                    regime: try row.text(0),
                    count: try row.integer(1),
                    past: try row.integer(2),
                    deadlineAt: try row.time(3)
                )
            )
        }
        return windows
    }
}
