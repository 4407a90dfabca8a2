// The queue: jobs are added with the change that needs them and leave when they are done.

package import HeedConsent

private let jobInsertion = Insertion(
    into: "jobs",
    [
        "id": .bytes, "kind": .text, "subject": .bytes, "lane": .text, "priority": .integer,
        "run_at": .integer, "due_at": .integer, "state": .text, "attempts": .integer,
        "connector": .text,
    ],
    depth: 0
)

extension Transaction {
    func insert(_ job: Job) throws(StoreError) {
        let row: [SQLValue] = [
            .id(job.id), .text(job.kind.stored.name), .blob(job.kind.stored.subject),
            .text(job.lane.rawValue), .integer(Int64(job.priority)), .time(job.runAt),
            .time(job.runAt), .text("ready"), .integer(Int64(job.attempts)),
            .text(job.connector ?? ""),
        ]
        try insert(row, with: jobInsertion)
    }

    func lease(_ id: JobID, until: Timestamp) throws(StoreError) {
        try execute(
            "UPDATE jobs SET state = 'leased', leased_until = $2, attempts = attempts + 1 "
                + "WHERE id = $1 AND state = 'ready'",
            .id(id),
            .time(until)
        )
    }

    func deleteJob(_ id: JobID) throws(StoreError) {
        try execute("DELETE FROM jobs WHERE id = $1", .id(id))
    }

    func retryJob(_ id: JobID, at time: Timestamp) throws(StoreError) {
        try execute(
            "UPDATE jobs SET state = 'ready', leased_until = NULL, run_at = $2, "
                + "due_at = coalesce(due_at, run_at), "
                + "priority = CASE WHEN priority = $3 THEN 0 ELSE priority END WHERE id = $1",
            .id(id),
            .time(time),
            .integer(Job.redrivenPriority)
        )
    }

    /// It is due then, and not since it was added.
    func postponeJob(_ id: JobID, until time: Timestamp) throws(StoreError) {
        try execute(
            "UPDATE jobs SET state = 'ready', leased_until = NULL, run_at = $2, due_at = $2 "
                + "WHERE id = $1",
            .id(id),
            .time(time)
        )
    }

    func redriveJob(_ id: JobID) throws(StoreError) {
        try execute(
            "UPDATE jobs SET state = 'ready', leased_until = NULL, run_at = $2, due_at = $2, "
                + "attempts = 0, priority = $3 WHERE id = $1",
            .id(id),
            .time(now),
            .integer(Job.redrivenPriority)
        )
    }

    func buryJob(_ id: JobID) throws(StoreError) {
        try execute("UPDATE jobs SET state = 'buried', leased_until = NULL WHERE id = $1", .id(id))
    }

    /// The next jobs of a lane that are due, by priority, then age.
    ///
    /// A write that asks leaves out what another one is claiming, and has these for itself.
    ///
    /// - Parameters:
    ///   - lane: The lane.
    ///   - connector: The connector they speak to, or nil for those that speak to none.
    ///   - limit: How many at most.
    /// - Returns: The jobs.
    /// - Throws: when the database does.
    package func dueJobs(
        in lane: Job.Lane,
        for connector: String?,
        limit: Int64
    ) throws(StoreError) -> [Job] {
        let rows = try rows(
            Transaction.dueJobsStatement + claim,
            .text(lane.rawValue),
            .text(connector ?? ""),
            .time(now),
            .integer(limit)
        )
        return try jobs(rows)
    }

    package static let dueJobsStatement: SQL =
        "SELECT " + jobColumns + " FROM jobs "
        + "WHERE state = 'ready' AND lane = $1 AND connector = $2 AND run_at <= $3 "
        // Kinds of a newer version are left to its workers, and must not fill the limit.
        + "AND kind IN ('start-opt-out', 'tell-connector', 'mail-confirmation', "
        + "'mail-preference-link', 'mail-data-link', 'erasure-start', 'erasure-tell', "
        + "'erasure-finish', 'storage-clean') ORDER BY priority, run_at LIMIT $4"

    /// When the newest job of a lane for a connector was redriven that was not tried since; nil
    /// when there is none.
    package func redrivenAt(
        in lane: Job.Lane,
        for connector: String
    ) throws(StoreError) -> Timestamp? {
        try row(
            "SELECT run_at FROM jobs WHERE state = 'ready' AND lane = $1 AND connector = $2 "
                + "AND priority = $3 AND run_at <= $4 ORDER BY run_at DESC LIMIT 1",
            .text(lane.rawValue),
            .text(connector),
            .integer(Job.redrivenPriority),
            .time(now)
        )?.time(0)
    }

    /// The connectors that jobs of a lane wait to speak to; nil stands for none.
    ///
    /// Those that are disabled are left out.
    /// It jumps from one name to the next in the index, however many jobs wait for each.
    package func waitingConnectors(in lane: Job.Lane) throws(StoreError) -> [String?] {
        let rows = try rows(
            "WITH RECURSIVE waiting (connector) AS ("
                + "SELECT min(connector) FROM jobs WHERE state = 'ready' AND lane = $1 "
                + "UNION ALL SELECT (SELECT min(connector) FROM jobs "
                + "WHERE state = 'ready' AND lane = $1 AND connector > waiting.connector) "
                + "FROM waiting WHERE connector IS NOT NULL) "
                + "SELECT connector FROM waiting WHERE connector IS NOT NULL "
                + "AND NOT EXISTS (SELECT 1 FROM connectors c "
                + "WHERE c.name = waiting.connector AND c.disabled_at IS NOT NULL)",
            .text(lane.rawValue)
        )
        var connectors: [String?] = []
        for row in rows {
            let name = try row.text(0)
            connectors.append(name.isEmpty ? nil : name)
        }
        return connectors
    }

    private static let jobColumns: SQL =
        "id, kind, subject, lane, priority, run_at, attempts, connector"

    /// Jobs whose worker is gone: their lease ran out.
    package func abandonedJobs(limit: Int64) throws(StoreError) -> [Job] {
        let rows = try rows(
            "SELECT " + Transaction.jobColumns + " FROM jobs "
                + "WHERE state = 'leased' AND leased_until <= $1 ORDER BY leased_until LIMIT $2"
                + claim,
            .time(now),
            .integer(limit)
        )
        return try jobs(rows)
    }

    private var claim: SQL { mode == .writing ? connection.dialect.skipLocked : "" }

    /// How many jobs there are in each state, by lane and state.
    package func queueDepth() throws(StoreError) -> [(lane: String, state: String, count: Int64)] {
        var depth: [(lane: String, state: String, count: Int64)] = []
        for row in try rows(
            "SELECT lane, state, count(*) FROM jobs GROUP BY lane, state ORDER BY lane, state"
        ) { depth.append((try row.text(0), try row.text(1), try row.integer(2))) }
        return depth
    }

    private func jobs(_ rows: [Row]) throws(StoreError) -> [Job] {
        var jobs: [Job] = []
        for row in rows {
            // A kind this version does not know stays for the newer node that wrote it.
            guard let kind = Job.Kind(stored: try row.text(1), subject: try row.blob(2)) else {
                continue
            }
            let connector = try row.text(7)
            jobs.append(
                Job(
                    id: try row.id(0),
                    kind: kind,
                    lane: try row.word(3),
                    priority: Int(try row.integer(4)),
                    runAt: try row.time(5),
                    attempts: Int(try row.integer(6)),
                    connector: connector.isEmpty ? nil : connector
                )
            )
        }
        return jobs
    }
}
