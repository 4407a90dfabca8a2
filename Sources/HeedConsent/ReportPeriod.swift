// The days, weeks or months a report is divided into, in UTC.

/// How long each part of a report is.
public enum ReportPeriod: String, CaseIterable, Sendable {
    /// A day.
    case day
    /// Monday to Sunday.
    case week
    /// A month of the calendar.
    case month

    /// A report has at most so many parts.
    public static let spansMaximum = 100

    /// A part of a report: from an instant to before another.
    public struct Span: Hashable, Sendable {
        /// The first instant.
        public let from: Timestamp
        /// The first instant after it.
        public let to: Timestamp
    }

    /// The day that begins the part a day is in.
    public func start(of day: CivilDay) -> CivilDay {
        switch self {
        case .day: day
        case .week: day.adding(days: -day.weekday)
        case .month: day.adding(days: 1 - day.date.day)
        }
    }

    /// The day that begins the part `count` after the one a day begins.
    public func start(_ count: Int64, after day: CivilDay) -> CivilDay {
        switch self {
        case .day: day.adding(days: count)
        case .week: day.adding(days: count * 7)
        case .month: day.adding(months: count)
        }
    }

    /// The parts of a report; the first and the last may be cut.
    ///
    /// - Throws: `invalid`, naming `from`, when there is nothing in between or too much.
    public func spans(from start: Timestamp, to end: Timestamp) throws(Refusal) -> [Span] {
        guard start < end else {
            throw Refusal(.invalid, field: "from", "a report begins before it ends")
        }
        var spans: [Span] = []
        var first = self.start(of: start.day)
        while first.start < end {
            guard spans.count < ReportPeriod.spansMaximum else {
                throw Refusal(
                    .invalid,
                    field: "from",
                    "a report has at most \(ReportPeriod.spansMaximum) parts; ask for "
                        + (self == .month ? "less time" : "longer parts, or less time")
                )
            }
            let next = self.start(1, after: first)
            spans.append(Span(from: max(start, first.start), to: min(end, next.start)))
            first = next
        }
        return spans
    }
}
