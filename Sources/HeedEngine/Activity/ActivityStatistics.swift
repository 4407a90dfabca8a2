// What became of messages in numbers, by period, campaign and scope.

public import HeedConsent
public import HeedStore

/// Asks for counts and rates.
public struct ActivityStatistics: Query {
    /// So many periods back a report begins unless it is told: a year of months.
    static let periodsByDefault: Int64 = 12
    /// A report has at most so many rows.
    static let rowsMaximum = 10_000

    /// What is counted.
    public struct Filter: Sendable {
        /// The first instant.
        public var from: Timestamp?
        /// The first instant after it.
        public var to: Timestamp?
        /// Only this campaign.
        public var campaign: String?
        /// Only this scope.
        public var scope: ScopeName?

        /// Takes what is asked for; everything where nothing is said.
        public init(
            from: Timestamp? = nil,
            to: Timestamp? = nil,
            campaign: String? = nil,
            scope: ScopeName? = nil
        ) {
            self.from = from
            self.to = to
            self.campaign = campaign
            self.scope = scope
        }
    }

    private let filter: Filter
    private let period: ReportPeriod

    /// Takes what is counted and how it is divided.
    ///
    /// Without an end the report ends now, and without a beginning twelve periods before its end.
    public init(_ filter: Filter, by period: ReportPeriod) {
        self.filter = filter
        self.period = period
    }

    /// What happened in a period by one campaign in one scope.
    public struct Row: Hashable, Sendable {
        /// The period.
        public let span: ReportPeriod.Span
        /// The campaign; nil for messages of none.
        public let campaign: String?
        /// The scope; nil where none was named.
        public let scope: String?
        /// How often.
        public let counts: ActivityCounts
    }

    /// A report.
    public struct Report: Sendable {
        /// Its first instant.
        public let from: Timestamp
        /// The first instant after it.
        public let to: Timestamp
        /// How it is divided.
        public let period: ReportPeriod
        /// All rows together.
        public let total: ActivityCounts
        /// By period, then campaign, then scope; what did not happen has no row.
        public let rows: [Row]
    }

    /// Counts.
    ///
    /// - Throws: `invalid` for a span that is empty or has too many periods, a scope nobody knows,
    ///   or too many rows.
    public func answer(in transaction: Transaction) throws -> Report {
        try SendCall.check(campaign: filter.campaign)
        if let scope = filter.scope { _ = try transaction.requireScope(scope) }
        // Up to and with the present.
        let end = filter.to ?? Timestamp(microseconds: transaction.now.microseconds + 1)
        let last = period.start(of: Timestamp(microseconds: end.microseconds - 1).day)
        let start =
            filter.from
            ?? period.start(1 - ActivityStatistics.periodsByDefault, after: last).start
        var rows: [Row] = []
        var total = ActivityCounts()
        for span in try period.spans(from: start, to: end) {
            for stored in try transaction.activityCounts(
                from: span.from,
                to: span.to,
                campaign: filter.campaign,
                scope: filter.scope
            ) {
                total.add(stored.counts)
                rows.append(
                    Row(
                        span: span,
                        campaign: stored.campaign,
                        scope: stored.scope,
                        counts: stored.counts
                    )
                )
            }
            guard rows.count <= ActivityStatistics.rowsMaximum else {
                throw Refusal(
                    .invalid,
                    field: "from",
                    "there are over \(ActivityStatistics.rowsMaximum) rows; ask for less time, "
                        + "or for one campaign or scope"
                )
            }
        }
        return Report(from: start, to: end, period: period, total: total, rows: rows)
    }
}
