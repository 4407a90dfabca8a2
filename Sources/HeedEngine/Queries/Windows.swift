// How long opt-outs took to be honoured everywhere, by regime and period, and how that stands to
// the law.

public import HeedConsent
public import HeedStore

/// Asks for the windows of a span of time.
public struct Windows: Query {
    /// So many periods back a report begins unless it is told: a year of months.
    static let periodsByDefault: Int64 = 12

    private let from: Timestamp?
    private let to: Timestamp?
    private let period: ReportPeriod
    private let nearSeconds: Int64

    /// Takes the span, how it is divided, and how many seconds before a deadline are near it.
    ///
    /// Without an end the report ends now, and without a beginning twelve periods before its end.
    public init(
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        by period: ReportPeriod,
        nearSeconds: Int64
    ) {
        self.from = from
        self.to = to
        self.period = period
        self.nearSeconds = nearSeconds
    }

    /// The opt-outs of one regime that were asked for in one period.
    public struct Window: Sendable {
        /// When they were asked for.
        public let span: ReportPeriod.Span
        /// The regime with its version.
        public let regime: String
        /// How many there are.
        public let count: Int64
        /// How many of them every system has confirmed.
        public let completed: Int64
        /// How many are over without the confirmation of a system that was removed before it.
        public let ended: Int64
        /// How many are not, and have their deadline near.
        public let nearDeadline: Int64
        /// How many are past it: completed too late, or not yet.
        public let pastDeadline: Int64
        /// Milliseconds from the request to the last confirmation; exact, by nearest rank.
        public let quantiles: Quantiles?
    }

    /// How long the completed ones took, in milliseconds.
    public struct Quantiles: Hashable, Sendable {
        /// Half of them took no longer.
        public let p50: Int64
        /// 95 of a hundred took no longer.
        public let p95: Int64
        /// 99 of a hundred took no longer.
        public let p99: Int64
        /// None took longer.
        public let max: Int64
    }

    /// A report.
    public struct Report: Sendable {
        /// The present, as the database's transactions see it.
        public let now: Timestamp
        /// Its first instant.
        public let from: Timestamp
        /// The first instant after it.
        public let to: Timestamp
        /// What there is, by period, then regime; a period without opt-outs has none.
        public let windows: [Window]
        /// Opt-outs of the same time that imported lists have brought, which are in no window: they
        /// were said elsewhere, before Heed knew of them.
        public let imported: Int64
    }

    /// Measures.
    ///
    /// - Throws: `invalid` for a span that is empty or has too many periods.
    public func answer(in transaction: Transaction) throws -> Report {
        // Up to and with the present.
        let end = to ?? Timestamp(microseconds: transaction.now.microseconds + 1)
        let last = period.start(of: Timestamp(microseconds: end.microseconds - 1).day)
        let start = from ?? period.start(1 - Windows.periodsByDefault, after: last).start
        var windows: [Window] = []
        for span in try period.spans(from: start, to: end) {
            windows += try transaction.windows(
                from: span.from,
                to: span.to,
                nearSeconds: nearSeconds
            ).map { Windows.window($0, in: span) }
        }
        return Report(
            now: transaction.now,
            from: start,
            to: end,
            windows: windows,
            imported: try transaction.importedOptOuts(from: start, to: end)
        )
    }

    private static func window(_ stored: StoredWindow, in span: ReportPeriod.Span) -> Window {
        var quantiles: Quantiles?
        if let p50 = stored.p50, let p95 = stored.p95, let p99 = stored.p99, let max = stored.max {
            quantiles = Quantiles(p50: p50, p95: p95, p99: p99, max: max)
        }
        return Window(
            span: span,
            regime: stored.regime,
            count: stored.count,
            completed: stored.completed,
            ended: stored.ended,
            nearDeadline: stored.near,
            pastDeadline: stored.past,
            quantiles: quantiles
        )
    }
}
