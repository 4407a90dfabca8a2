// The end of a window on days of a known calendar: each unit, each first day, and every time zone.

import Testing

@testable import HeedConsent

@Suite("Regime")
struct RegimeTests {
    @Test(arguments: [Regime.mailbox, .gdpr, .pecr])
    func fortyEightHours(_ regime: Regime) throws {
        let request = try instant("2026-02-27T23:59:59.5Z")
        #expect(regime.deadline(from: request).text == "2026-03-01T23:59:59.500000Z")
    }

    struct Case: Sendable {
        let request: String
        let us: String
        let canada: String
        let australia: String

        init(_ request: String, us: String, canada: String, australia: String) {
            self.request = request
            self.us = us
            self.canada = canada
            self.australia = australia
        }
    }

    /// Checked by hand, day by day: the request counts from the earliest local date, the
    /// last day ends where it ends first.
    static let cases = [
        // Still Sunday in America and Canada.
        Case(
            "2026-01-05T00:00:00Z",
            us: "2026-01-17T03:59:59Z",
            canada: "2026-01-17T01:59:59Z",
            australia: "2026-01-09T12:59:59Z"
        ),
        // Ends beyond Martin Luther King's birthday, which is none of Canada's holidays.
        Case(
            "2026-01-05T23:59:59Z",
            us: "2026-01-21T03:59:59Z",
            canada: "2026-01-20T01:59:59Z",
            australia: "2026-01-12T12:59:59Z"
        ),
        // Saturday in all of Australia, still Friday in America.
        Case(
            "2026-01-10T00:00:00Z",
            us: "2026-01-27T03:59:59Z",
            canada: "2026-01-24T01:59:59Z",
            australia: "2026-01-16T12:59:59Z"
        ),
        // A Saturday; the window ends before Australia Day.
        Case(
            "2026-01-17T12:00:00Z",
            us: "2026-02-03T03:59:59Z",
            canada: "2026-01-31T01:59:59Z",
            australia: "2026-01-23T12:59:59Z"
        ),
        // Over Australia Day.
        Case(
            "2026-01-20T12:00:00Z",
            us: "2026-02-04T03:59:59Z",
            canada: "2026-02-04T01:59:59Z",
            australia: "2026-01-27T12:59:59Z"
        ),
        // No holiday.
        Case(
            "2026-02-20T12:00:00Z",
            us: "2026-03-07T03:59:59Z",
            canada: "2026-03-07T01:59:59Z",
            australia: "2026-02-26T12:59:59Z"
        ),
        // No holiday, but a leap day.
        Case(
            "2024-02-20T12:00:00Z",
            us: "2024-03-06T03:59:59Z",
            canada: "2024-03-06T01:59:59Z",
            australia: "2024-02-26T12:59:59Z"
        ),
        // Easter: two days in Australia, one in Canada, none in America.
        Case(
            "2026-04-01T12:00:00Z",
            us: "2026-04-16T03:59:59Z",
            canada: "2026-04-17T01:59:59Z",
            australia: "2026-04-09T12:59:59Z"
        ),
        // Victoria Day, then Memorial Day.
        Case(
            "2026-05-14T12:00:00Z",
            us: "2026-05-30T03:59:59Z",
            canada: "2026-05-30T01:59:59Z",
            australia: "2026-05-20T12:59:59Z"
        ),
        // Canada Day; Independence Day, kept on the Friday before.
        Case(
            "2026-06-26T12:00:00Z",
            us: "2026-07-14T03:59:59Z",
            canada: "2026-07-14T01:59:59Z",
            australia: "2026-07-02T12:59:59Z"
        ),
        // The National Day for Truth and Reconciliation.
        Case(
            "2026-09-24T12:00:00Z",
            us: "2026-10-09T03:59:59Z",
            canada: "2026-10-10T01:59:59Z",
            australia: "2026-09-30T12:59:59Z"
        ),
        // Veterans and Remembrance Day; Thanksgiving is the day after the end.
        Case(
            "2026-11-10T12:00:00Z",
            us: "2026-11-26T03:59:59Z",
            canada: "2026-11-26T01:59:59Z",
            australia: "2026-11-16T12:59:59Z"
        ),
        // Christmas and New Year; in Australia Boxing Day moves to the Monday.
        Case(
            "2026-12-21T12:00:00Z",
            us: "2027-01-07T03:59:59Z",
            canada: "2027-01-07T01:59:59Z",
            australia: "2026-12-29T12:59:59Z"
        ),
        // New Year's Eve, already the new year in Australia.
        Case(
            "2026-12-31T23:59:59Z",
            us: "2027-01-16T03:59:59Z",
            canada: "2027-01-16T01:59:59Z",
            australia: "2027-01-08T12:59:59Z"
        ),
        // All of Christmas and New Year on weekends.
        Case(
            "2027-12-23T12:00:00Z",
            us: "2028-01-11T03:59:59Z",
            canada: "2028-01-07T01:59:59Z",
            australia: "2027-12-31T12:59:59Z"
        ),
        // An evening in California that is the next day in UTC.
        Case(
            "2026-01-05T20:00:00-08:00",
            us: "2026-01-21T03:59:59Z",
            canada: "2026-01-20T01:59:59Z",
            australia: "2026-01-12T12:59:59Z"
        ),
    ]

    @Test(arguments: cases)
    func businessDays(_ row: Case) throws {
        let request = try instant(row.request)
        for regime in [Regime.canSpam, .ccpa, .tcpa] {
            #expect(regime.deadline(from: request).text == row.us)
        }
        #expect(Regime.casl.deadline(from: request).text == row.canada)
        #expect(Regime.spamAct.deadline(from: request).text == row.australia)
    }

    /// A rule on weekdays alone, so that only the unit and the first day tell.
    private static func rule(
        _ amount: Int64,
        _ unit: Regime.Unit,
        _ firstDay: Regime.FirstDay = .dayAfter,
        on calendar: HolidayCalendar = .weekdays
    ) -> Regime {
        Regime(
            code: "a-rule",
            version: 7,
            amount: amount,
            unit: unit,
            firstDay: firstDay,
            calendar: calendar,
            offsetHours: 0...0
        )
    }

    /// From a Saturday noon.
    @Test(arguments: [
        (rule(3, .hours), "2026-01-31T15:00:00Z"),
        (rule(1, .businessDays), "2026-02-02T23:59:59Z"),
        (rule(1, .businessDays, .dayOfStart), "2026-02-02T23:59:59Z"),
        (rule(1, .businessDays, .dayOfStart, on: .everyDay), "2026-01-31T23:59:59Z"),
        (rule(7, .calendarDays), "2026-02-09T23:59:59Z"),
        (rule(7, .calendarDays, .dayOfStart), "2026-02-06T23:59:59Z"),
        (rule(7, .calendarDays, on: .everyDay), "2026-02-07T23:59:59Z"),
        (rule(1, .calendarMonths), "2026-03-02T23:59:59Z"),
        (rule(1, .calendarMonths, on: .everyDay), "2026-02-28T23:59:59Z"),
        (rule(3, .calendarMonths), "2026-04-30T23:59:59Z"),
    ])
    func units(_ regime: Regime, _ deadline: String) throws {
        #expect(regime.deadline(from: try instant("2026-01-31T12:00:00Z")).text == deadline)
        #expect(regime.name == "a-rule@7")
    }

    /// Rules that count days, in force and former, of opt-outs and of requests.
    static let inDays =
        (Regime.current + Regime.former + Regime.requests + Regime.extensions.values)
        .filter { $0.unit != .hours }

    /// Whoever counts by any local clock of the region gets the same end or a later one.
    @Test(arguments: inDays)
    func noTimeZoneMakesItLateAndItNeverMovesBack(_ regime: Regime) {
        var generator = SeededGenerator(seed: 0xDA7E)
        var before = Timestamp(seconds: 0)
        var wrong: [Int64] = []
        let seconds = (0..<1_000).map { _ in
            Int64.random(in: 1_700_000_000...2_000_000_000, using: &generator)
        }
        for second in seconds.sorted() {
            let request = Timestamp(seconds: second)
            let deadline = regime.deadline(from: request)
            if deadline < before { wrong.append(second) }
            before = deadline
            let lastDay = deadline.adding(seconds: regime.offsetHours.upperBound * 3600).day
            if !regime.calendar.isBusinessDay(lastDay) { wrong.append(second) }
            for hours in regime.offsetHours {
                let there = Regime(
                    code: regime.code,
                    version: regime.version,
                    amount: regime.amount,
                    unit: regime.unit,
                    firstDay: regime.firstDay,
                    calendar: regime.calendar,
                    offsetHours: hours...hours
                )
                if deadline > there.deadline(from: request) { wrong.append(second) }
            }
        }
        #expect(wrong == [], "requests at these seconds")
    }
}
