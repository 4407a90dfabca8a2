// Every calendar on whole years in which something moved, checked by hand.

import Testing

@testable import HeedConsent

@Suite("HolidayCalendar+Places")
struct HolidayCalendarPlacesTests {
    /// One year of one place: month and day of what is off, weekends left out.
    struct Year: Sendable {
        let calendar: HolidayCalendar
        let year: Int64
        let days: String

        init(_ calendar: HolidayCalendar, _ year: Int64, _ days: String) {
            self.calendar = calendar
            self.year = year
            self.days = days
        }
    }

    static let years = [
        // Before Juneteenth; Independence Day on a Saturday.
        Year(
            .usFederal,
            2020,
            "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25"
        ),
        // The first Juneteenth, a Saturday, and three more that moved.
        Year(
            .usFederal,
            2021,
            "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"
        ),
        Year(
            .usFederal,
            2026,
            "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"
        ),
        Year(.canadaFederal, 2020, "01-01 04-10 05-18 07-01 09-07 10-12 11-11 12-25"),
        // Mourning in September, Christmas on a Sunday.
        Year(.canadaFederal, 2022, "04-15 05-23 07-01 09-05 09-19 09-30 10-10 11-11"),
        // Canada Day on a Saturday, which stays there.
        Year(.canadaFederal, 2023, "04-07 05-22 09-04 10-09 12-25"),
        Year(.canadaFederal, 2026, "01-01 04-03 05-18 07-01 09-07 09-30 10-12 11-11 12-25"),
        // Canada Day and Remembrance Day on a Sunday: only the first moves.
        Year(.canadaFederal, 2018, "01-01 03-30 05-21 07-02 09-03 10-08 12-25"),
        // Boxing Day on a Saturday, moved in every state only since 2011.
        Year(.australia, 2009, "01-01 01-26 04-10 04-13 12-25"),
        // Anzac Day on Easter Monday.
        Year(.australia, 2011, "01-03 01-26 04-22 04-25 12-26 12-27"),
        Year(.australia, 2022, "01-03 01-26 04-15 04-18 04-25 09-22 12-26 12-27"),
        // Anzac Day on a Saturday, which not every state moves.
        Year(.australia, 2026, "01-01 01-26 04-03 04-06 12-25 12-28"),
        Year(.weekdays, 2026, ""), Year(.everyDay, 2026, ""),
    ]

    @Test(arguments: years)
    func wholeYears(_ row: Year) {
        let days = row.calendar.holidays(in: row.year).map { $0.text.dropFirst(5) }
        #expect(days.joined(separator: " ") == row.days, "\(row.calendar.name) \(row.year)")
    }

    @Test func everyDayMeansEveryDay() throws {
        let saturday = try civilDay("2026-11-21")
        #expect(HolidayCalendar.everyDay.isBusinessDay(saturday))
        #expect(!HolidayCalendar.weekdays.isBusinessDay(saturday))
    }

    /// A released calendar is never edited: a change of its days is a change of its version.
    @Test func theNamesAreStable() {
        #expect(
            HolidayCalendar.withHolidays.map(\.name) == [
                "us-federal@1", "canada-federal@1", "australia@1",
            ]
        )
        let total = HolidayCalendar.withHolidays.map { calendar in
            (Int64(2000)...2099).reduce(0) { $0 + calendar.holidays(in: $1).count }
        }
        #expect(total == [1078, 758, 662])
    }
}
