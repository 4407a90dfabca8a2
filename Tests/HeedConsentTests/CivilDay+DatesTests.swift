// Easter, months and weekdays on dates that an almanac has.

import Testing

@testable import HeedConsent

@Suite("CivilDay+Dates")
struct CivilDayDatesTests {
    /// The earliest and the latest Easter, and three years whose moon the calendar moves.
    @Test(arguments: [
        "1818-03-22", "1886-04-25", "1943-04-25", "1954-04-18", "1981-04-19", "2000-04-23",
        "2008-03-23", "2011-04-24", "2018-04-01", "2019-04-21", "2024-03-31", "2025-04-20",
        "2026-04-05", "2038-04-25", "2049-04-18", "2076-04-19", "2099-04-12",
    ])
    func easter(_ date: String) throws {
        let day = try civilDay(date)
        #expect(CivilDay.easter(year: day.date.year) == day)
        #expect(day.text == date)
    }

    @Test(arguments: [
        ("2026-09-03", 1, "2026-10-03"), ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"), ("2026-08-31", 1, "2026-09-30"),
        ("2026-11-30", 3, "2027-02-28"), ("2026-12-01", 1, "2027-01-01"),
        ("2026-01-31", 0, "2026-01-31"), ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"), ("2026-10-31", 14, "2027-12-31"),
    ])
    func monthsOn(_ date: String, _ months: Int64, _ expected: String) throws {
        #expect(try civilDay(date).adding(months: months).text == expected)
    }

    /// No date beyond the last year that a timestamp can have; it must not stop the process.
    @Test func monthsBeyondTheLastYear() throws {
        #expect(try civilDay("9999-12-15").adding(months: 1).date.year == 10_000)
    }

    @Test(arguments: [
        ("2026-11-21", Weekday.monday, "2026-11-23", "2026-11-16"),
        ("2026-11-21", .saturday, "2026-11-28", "2026-11-14"),
        ("2026-11-23", .monday, "2026-11-30", "2026-11-16"),
        ("2026-11-23", .sunday, "2026-11-29", "2026-11-22"),
        ("1969-12-31", .thursday, "1970-01-01", "1969-12-25"),
    ])
    func weekdays(_ date: String, _ weekday: Weekday, _ next: String, _ last: String) throws {
        #expect(try civilDay(date).next(weekday).text == next)
        #expect(try civilDay(date).last(weekday).text == last)
    }
}
