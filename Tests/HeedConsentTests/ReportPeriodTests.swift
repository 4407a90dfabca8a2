// Reports are divided at the borders of days, weeks and months, and have an end.

import Testing

@testable import HeedConsent

@Suite("ReportPeriod")
struct ReportPeriodTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text: text)) }

    private func spans(
        _ period: ReportPeriod,
        _ from: String,
        _ to: String
    ) throws -> [String] {
        try period.spans(from: time(from), to: time(to)).map { "\($0.from.text) \($0.to.text)" }
    }

    @Test func theFirstAndTheLastAreCut() throws {
        let (from, to) = ("2026-01-30T12:00:00Z", "2026-02-02T01:00:00Z")
        #expect(
            try spans(.day, from, to) == [
                "2026-01-30T12:00:00Z 2026-01-31T00:00:00Z",
                "2026-01-31T00:00:00Z 2026-02-01T00:00:00Z",
                "2026-02-01T00:00:00Z 2026-02-02T00:00:00Z",
                "2026-02-02T00:00:00Z 2026-02-02T01:00:00Z",
            ]
        )
        // 2 February 2026 is a Monday.
        #expect(
            try spans(.week, from, to) == [
                "2026-01-30T12:00:00Z 2026-02-02T00:00:00Z",
                "2026-02-02T00:00:00Z 2026-02-02T01:00:00Z",
            ]
        )
        #expect(
            try spans(.month, from, to) == [
                "2026-01-30T12:00:00Z 2026-02-01T00:00:00Z",
                "2026-02-01T00:00:00Z 2026-02-02T01:00:00Z",
            ]
        )
    }

    @Test func wholeOnesAreNotCut() throws {
        let month = try spans(.month, "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z")
        #expect(month == ["2025-12-01T00:00:00Z 2026-01-01T00:00:00Z"])
    }

    @Test(arguments: ReportPeriod.allCases)
    func nothingAndTooMuchAreRefused(_ period: ReportPeriod) throws {
        // The first of a month and a Monday.
        let start = try time("2026-06-01T00:00:00Z")
        let last = period.start(100, after: start.day).start
        #expect(try period.spans(from: start, to: last).count == ReportPeriod.spansMaximum)
        for end in [start, start.adding(seconds: -1), last.adding(seconds: 1)] {
            let refusal = #expect(throws: Refusal.self) { try period.spans(from: start, to: end) }
            #expect(refusal?.field == "from")
            // There is nothing longer than a month.
            let isLonger = refusal?.message.contains("ask for longer parts") ?? false
            #expect(isLonger == (end > last && period != .month))
        }
    }
}
