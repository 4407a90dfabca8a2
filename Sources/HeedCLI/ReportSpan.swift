// The span of time that a report is about, as it is written at the command line.

import HeedConsent

/// Reads the words of a span; refuses what is none and names its field.
enum ReportSpan {
    /// A time, or the first instant of a date.
    static func time(_ text: String, _ field: String) throws(Refusal) -> Timestamp {
        guard let time = Timestamp(text: text) else {
            throw Refusal(
                .invalid,
                field: field,
                "a time is written like 2026-01-31T09:30:00Z or 2026-01-31 (RFC 3339)"
            )
        }
        return time
    }

    /// The same where there may be none.
    static func time(_ text: String?, _ field: String) throws(Refusal) -> Timestamp? {
        guard let text else { return nil }
        let time: Timestamp = try time(text, field)
        return time
    }

    /// How a report is divided.
    static func period(_ text: String) throws(Refusal) -> ReportPeriod {
        guard let period = ReportPeriod(rawValue: text) else {
            throw Refusal(.invalid, field: "period", "this has to be one of: day, week, month")
        }
        return period
    }
}
