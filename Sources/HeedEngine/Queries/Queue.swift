// The queue as an operator sees it: numbers by lane and connector, and pages of jobs.

public import HeedConsent
public import HeedStore

/// How much there is to do, and what waits longest.
public struct QueueOverview: Query {
    /// Asks for all lanes and connectors.
    public init() {}

    /// The numbers.
    public struct Overview: Sendable {
        /// One lane.
        public struct Lane: Sendable {
            /// Its name.
            public let name: String
            /// Jobs by state.
            public let counts: [String: Int64]
            /// The job that waits longest; nil when none does.
            public let oldest: Situation.WaitingJob?
        }

        /// One connector.
        public struct Connector: Sendable {
            /// Its name.
            public let name: String
            /// What it has yet to confirm.
            public let pending: Int64
            /// What was given up.
            public let buried: Int64
        }

        /// The present, as the database's transactions see it.
        public let now: Timestamp
        /// The lanes.
        public let lanes: [Lane]
        /// The connectors that have something open.
        public let connectors: [Connector]
    }

    /// Counts.
    public func answer(in transaction: Transaction) throws -> Overview {
        let depth = try transaction.queueDepth()
        let oldest = try transaction.oldestJobs()
        // A lane of a newer version has jobs, too.
        let names = Set(Job.Lane.allCases.map(\.rawValue)).union(depth.map(\.lane)).sorted()
        let lanes = names.map { name in
            let counts = depth.filter { $0.lane == name }.map { ($0.state, $0.count) }
            return Overview.Lane(
                name: name,
                counts: Dictionary(counts) { first, _ in first },
                oldest: oldest.first { $0.lane == name }
            )
        }
        let targets = try transaction.openTargets()
        func count(_ connector: String, _ state: OptOutTarget.State) -> Int64 {
            targets.first { $0.connector == connector && $0.state == state.rawValue }?.count ?? 0
        }
        let connectors = Set(targets.map(\.connector)).sorted().map { name in
            Overview.Connector(
                name: name,
                pending: count(name, .pending),
                buried: count(name, .buried)
            )
        }
        return Overview(now: transaction.now, lanes: lanes, connectors: connectors)
    }
}

/// A job as an operator sees it.
public struct QueuedJob: Sendable {
    /// The job.
    public let id: JobID
    /// What is to be done.
    public let kind: String
    /// Its lane.
    public let lane: String
    /// `ready`, `leased` or `buried`.
    public let state: String
    /// How often it was claimed.
    public let attempts: Int
    /// Not before.
    public let runAt: Timestamp
    /// Since when it waits.
    public let dueSince: Timestamp
    /// Until when a worker has it.
    public let leasedUntil: Timestamp?
    /// The opt-out.
    public let optOut: OptOutID?
    /// The connector.
    public let connector: String?
    /// What the connector said last, without personal data.
    public let answer: String?

    init(_ job: StoredJob) {
        id = job.id
        kind = job.kind
        lane = job.lane
        state = job.state
        attempts = job.attempts
        runAt = job.runAt
        dueSince = job.dueSince
        leasedUntil = job.leasedUntil
        optOut = job.optOut
        connector = job.connector
        answer = job.answer
    }
}

/// One page of the queue, in the order jobs were added.
public struct ListJobs: Query {
    /// The most jobs on a page.
    public static let pageMaximum = 200
    /// What a job can be.
    public static let states = ["ready", "leased", "buried"]

    /// Which jobs.
    public struct Filter: Sendable {
        /// Only those in this state.
        public var state: String?
        /// Only those of this lane.
        public var lane: String?
        /// Only those for this connector.
        public var connector: String?

        /// Takes what is given.
        public init(state: String? = nil, lane: String? = nil, connector: String? = nil) {
            self.state = state
            self.lane = lane
            self.connector = connector
        }
    }

    private let filter: JobFilter
    private let limit: Int

    /// Takes which jobs, after which one, and how many at most.
    ///
    /// - Throws: `invalid`, naming the part that cannot be.
    public init(_ filter: Filter = Filter(), after: JobID? = nil, limit: Int) throws(Refusal) {
        try Refusal.checkPage(of: limit, atMost: ListJobs.pageMaximum)
        if let state = filter.state {
            try ListJobs.check(state, "state", among: ListJobs.states)
        }
        if let lane = filter.lane {
            try ListJobs.check(lane, "lane", among: Job.Lane.allCases.map(\.rawValue))
        }
        var stored = JobFilter()
        stored.state = filter.state ?? ""
        stored.lane = filter.lane ?? ""
        stored.connector = filter.connector ?? ""
        stored.after = after
        self.filter = stored
        self.limit = limit
    }

    private static func check(
        _ word: String,
        _ field: String,
        among words: [String]
    ) throws(Refusal) {
        guard words.contains(word) else {
            let message = "this has to be one of: \(words.joined(separator: ", "))"
            throw Refusal(.invalid, field: field, message)
        }
    }

    /// A page.
    public struct Page: Sendable {
        /// The jobs.
        public let jobs: [QueuedJob]
        /// Where the next page goes on; nil after the last.
        public let next: JobID?
    }

    /// Reads the page.
    ///
    /// Refuses a connector nobody knows: an empty page would look like good news.
    public func answer(in transaction: Transaction) throws -> Page {
        if !filter.connector.isEmpty {
            try transaction.requireConnector(filter.connector, field: "connector")
        }
        let jobs = try transaction.jobs(filter, limit: limit + 1)
        let page = jobs.prefix(limit)
        return Page(
            jobs: page.map(QueuedJob.init),
            next: jobs.count > limit ? page.last?.id : nil
        )
    }
}
