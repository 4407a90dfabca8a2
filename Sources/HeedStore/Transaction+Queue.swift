// The queue as an operator reads it: pages of jobs and numbers by connector, without an address.

package import HeedConsent

/// A job with what it is about.
package struct StoredJob: Hashable, Sendable {
    /// The job.
    package let id: JobID
    /// What is to be done, as it is stored.
    package let kind: String
    /// Its lane.
    package let lane: String
    /// `ready`, `leased` or `buried`.
    package let state: String
    /// How often it was claimed.
    package let attempts: Int
    /// Not before.
    package let runAt: Timestamp
    /// Since when it waits.
    package let dueSince: Timestamp
    /// Until when a worker has it.
    package let leasedUntil: Timestamp?
    /// The opt-out.
    package let optOut: OptOutID?
    /// What the connector has to be told.
    package let target: TargetID?
    /// The connector.
    package let connector: String?
    /// What the connector said last, without personal data.
    package let answer: String?
}

/// Which jobs are asked for; an empty text stands for all.
package struct JobFilter: Hashable, Sendable {
    /// The state.
    package var state = ""
    /// The lane.
    package var lane = ""
    /// The connector.
    package var connector = ""
    /// Only jobs after this one.
    package var after: JobID?

    /// Starts with all.
    package init() {}
}

extension Transaction {
    private static let jobColumns: SQL =
        "SELECT j.id, j.kind, j.lane, j.state, j.attempts, j.run_at, "
        + "coalesce(j.due_at, j.run_at), j.leased_until, "
        + "CASE WHEN j.kind = 'start-opt-out' THEN j.subject ELSE t.opt_out_id END, "
        + "t.id, t.connector, t.answer FROM jobs j "
        + "LEFT JOIN opt_out_targets t ON j.kind = 'tell-connector' AND t.id = j.subject "

    /// Jobs in the order they were added.
    package func jobs(_ filter: JobFilter, limit: Int) throws(StoreError) -> [StoredJob] {
        try stored(
            rows(
                Transaction.jobColumns
                    + "WHERE j.id > $1 AND ($2 = '' OR j.state = $2) AND ($3 = '' OR j.lane = $3) "
                    + "AND ($4 = '' OR t.connector = $4) ORDER BY j.id LIMIT $5",
                .blob(filter.after?.bytes ?? []),
                .text(filter.state),
                .text(filter.lane),
                .text(filter.connector),
                .integer(Int64(limit))
            )
        )
    }

    /// A job by id.
    package func job(_ id: JobID) throws(StoreError) -> StoredJob? {
        try stored(rows(Transaction.jobColumns + "WHERE j.id = $1", .id(id))).first
    }

    private func stored(_ rows: [Row]) throws(StoreError) -> [StoredJob] {
        var jobs: [StoredJob] = []
        for row in rows {
            jobs.append(
                StoredJob(
                    id: try row.id(0),
                    kind: try row.text(1),
                    lane: try row.text(2),
                    state: try row.text(3),
                    attempts: Int(try row.integer(4)),
                    runAt: try row.time(5),
                    dueSince: try row.time(6),
                    leasedUntil: try row.optionalTime(7),
                    optOut: try row.optionalID(8),
                    target: try row.optionalID(9),
                    connector: try row.optionalText(10),
                    answer: try row.optionalText(11)
                )
            )
        }
        return jobs
    }

    /// How many targets are open, pending or given up, by connector and state.
    package func openTargets() throws(StoreError) -> [(
        connector: String, state: String, count: Int64
    )] {
        var targets: [(connector: String, state: String, count: Int64)] = []
        for row in try rows(
            "SELECT connector, state, count(*) FROM opt_out_targets "
                + "WHERE state IN ('pending', 'buried') "
                + "GROUP BY connector, state ORDER BY connector, state"
        ) { targets.append((try row.text(0), try row.text(1), try row.integer(2))) }
        return targets
    }
}
