// What watching needs: which work waits longest, what was given up, which deadlines are open, and
// what operators have been told.

package import HeedConsent

extension Transaction {
    /// The job of each lane that has been due longest and is not given up.
    package func oldestJobs() throws(StoreError) -> [Situation.WaitingJob] {
        var jobs: [Situation.WaitingJob] = []
        for lane in Job.Lane.allCases {
            let row = try row(
                "SELECT id, kind, coalesce(due_at, run_at) FROM jobs "
                    + "WHERE lane = $1 AND state <> 'buried' "
                    + "ORDER BY coalesce(due_at, run_at), id LIMIT 1",
                .text(lane.rawValue)
            )
            guard let row else { continue }
            jobs.append(
                Situation.WaitingJob(
                    id: try row.id(0),
                    lane: lane.rawValue,
                    kind: try row.text(1),
                    dueSince: try row.time(2)
                )
            )
        }
        return jobs
    }

    /// What was given up, by connector.
    package func buriedTargets() throws(StoreError) -> [Situation.BuriedTargets] {
        var buried: [Situation.BuriedTargets] = []
        for row in try rows(
            "SELECT connector, number, id FROM (SELECT connector, id, "
                + "count(*) OVER (PARTITION BY connector) AS number, "
                + "row_number() OVER (PARTITION BY connector ORDER BY id) AS place "
                + "FROM opt_out_targets WHERE state IN ('pending', 'buried') AND state = 'buried') "
                + "AS given_up WHERE place = 1 ORDER BY connector"
        ) {
            buried.append(
                Situation.BuriedTargets(
                    connector: try row.text(0),
                    count: Int(try row.integer(1)),
                    first: try row.id(2)
                )
            )
        }
        return buried
    }

    /// The messages to people that were given up; nil when there is none.
    package func buriedMail() throws(StoreError) -> Situation.BuriedMail? {
        let row = try row(
            "SELECT id, count(*) OVER () FROM jobs WHERE state = 'buried' AND lane = 'mail' "
                + "ORDER BY id LIMIT 1"
        )
        guard let row else { return nil }
        return Situation.BuriedMail(count: Int(try row.integer(1)), first: try row.id(0))
    }

    /// The opt-outs that are not completed and whose deadline is from one instant to before
    /// another; nil when there is none.
    package func openDeadlines(
        from start: Timestamp,
        to end: Timestamp
    ) throws(StoreError) -> Situation.Deadlines? {
        guard
            let row = try row(
                "SELECT id, regime, deadline_at, count(*) OVER () FROM opt_outs "
                    + "WHERE status <> 'completed' AND deadline_at >= $1 AND deadline_at < $2 "
                    + "ORDER BY deadline_at, id LIMIT 1",
                .time(start),
                .time(end)
            )
        else { return nil }
        return Situation.Deadlines(
            count: Int(try row.integer(3)),
            first: try row.id(0),
            regime: try row.text(1),
            deadlineAt: try row.time(2)
        )
    }

    /// The requests that are not answered and whose deadline is from one instant to before
    /// another; nil when there is none.
    package func requestDeadlines(
        from start: Timestamp,
        to end: Timestamp
    ) throws(StoreError) -> Situation.RequestDeadlines? {
        guard
            let row = try row(
                "SELECT id, kind, deadline_at, count(*) OVER () FROM requests "
                    + "WHERE ended_at IS NULL AND deadline_at >= $1 AND deadline_at < $2 "
                    + "ORDER BY deadline_at, id LIMIT 1",
                .time(start),
                .time(end)
            )
        else { return nil }
        return Situation.RequestDeadlines(
            count: Int(try row.integer(3)),
            first: try row.id(0),
            kind: try row.word(1),
            deadlineAt: try row.time(2)
        )
    }

    /// When the first event was written that is in no leaf of the log yet.
    package func firstUnsequencedAt() throws(StoreError) -> Timestamp? {
        try row(
            "SELECT at FROM audit_events WHERE position > $1 ORDER BY position LIMIT 1",
            .integer(try lastLeaf()?.position ?? 0)
        )?.time(0)
    }
}

// MARK: - What operators have been told

/// What one channel was told about one kind of alert.
package struct StoredTelling: Hashable, Sendable {
    /// What is wrong.
    package let kind: Alert.Kind
    /// The channel's name.
    package let channel: String
    /// What it was told last.
    package let telling: Telling

    /// Takes all three.
    package init(kind: Alert.Kind, channel: String, telling: Telling) {
        self.kind = kind
        self.channel = channel
        self.telling = telling
    }
}

/// Alerts are housekeeping, like leases: they follow from what the audit log says already, and
/// change nothing about anybody, so they are no audit events (decision 16).
extension Transaction {
    /// The incidents that are open, or whose end some channel has not heard of.
    package func incidents() throws(StoreError) -> [Incident] {
        var incidents: [Incident] = []
        for row in try rows("SELECT kind, since, detail, over_at FROM alerts ORDER BY kind") {
            // A kind of a newer version is left to its nodes.
            guard let kind = Alert.Kind(rawValue: try row.text(0)) else { continue }
            incidents.append(
                Incident(
                    kind: kind,
                    since: try row.time(1),
                    detail: try row.text(2),
                    overAt: try row.optionalTime(3)
                )
            )
        }
        return incidents
    }

    /// Keeps an incident as it is now.
    package func put(_ incident: Incident) throws(StoreError) {
        try execute(
            "INSERT INTO alerts (kind, since, detail, over_at) VALUES ($1, $2, $3, $4) "
                + "ON CONFLICT (kind) DO UPDATE SET since = excluded.since, "
                + "detail = excluded.detail, over_at = excluded.over_at",
            .text(incident.kind.rawValue),
            .time(incident.since),
            .text(incident.detail),
            .time(incident.overAt)
        )
    }

    /// Forgets an incident with all that was told about it.
    package func forgetIncident(_ kind: Alert.Kind) throws(StoreError) {
        try execute("DELETE FROM alert_notices WHERE kind = $1", .text(kind.rawValue))
        try execute("DELETE FROM alerts WHERE kind = $1", .text(kind.rawValue))
    }

    /// What every channel was told last.
    package func tellings() throws(StoreError) -> [StoredTelling] {
        var tellings: [StoredTelling] = []
        for row in try rows(
            "SELECT kind, channel, reason, told_at FROM alert_notices ORDER BY kind, channel"
        ) {
            guard let kind = Alert.Kind(rawValue: try row.text(0)) else { continue }
            tellings.append(
                StoredTelling(
                    kind: kind,
                    channel: try row.text(1),
                    telling: Telling(try row.word(2), at: try row.time(3))
                )
            )
        }
        return tellings
    }

    /// Keeps what a channel was told, if the incident is still known.
    package func put(_ told: StoredTelling) throws(StoreError) {
        try execute(
            "INSERT INTO alert_notices (kind, channel, reason, told_at) "
                + "SELECT kind, $2, $3, $4 FROM alerts WHERE kind = $1 "
                + "ON CONFLICT (kind, channel) DO UPDATE SET reason = excluded.reason, "
                + "told_at = excluded.told_at",
            .text(told.kind.rawValue),
            .text(told.channel),
            .text(told.telling.reason.rawValue),
            .time(told.telling.at)
        )
    }
}
