// Counting in business days: what must hold for every calendar, day and number.

import Testing

@testable import HeedConsent

@Suite("HolidayCalendar")
struct HolidayCalendarTests {
    static let all = HolidayCalendar.withHolidays + [.weekdays, .everyDay]

    @Test func theWeekendAndTheHolidaysAreOff() throws {
        let calendar = HolidayCalendar(
            "a-place",
            version: 3,
            rules: [.once("a day", 2026, 3, 4), .once("a Saturday", 2026, 3, 7)]
        )
        let monday = try civilDay("2026-03-02")
        let working = (0..<7).map { calendar.isBusinessDay(monday.adding(days: $0)) }
        #expect(working == [true, true, false, true, true, false, false])
        #expect(calendar.holidays(in: 2026).map(\.text) == ["2026-03-04"])
        #expect(calendar.name == "a-place@3")
        #expect(calendar.businessDay(0, after: monday) == monday)
        #expect(calendar.businessDay(2, after: monday).text == "2026-03-05")
        #expect(calendar.businessDay(5, after: monday).text == "2026-03-10")
        #expect(calendar.businessDay(onOrAfter: monday) == monday)
        #expect(calendar.businessDay(onOrAfter: monday.adding(days: 2)).text == "2026-03-05")
        #expect(calendar.businessDay(onOrAfter: monday.adding(days: 5)).text == "2026-03-09")
    }

    /// A substitute can lie on the other side of New Year.
    @Test func substitutesCrossTheYear() throws {
        #expect(!HolidayCalendar.usFederal.isBusinessDay(try civilDay("2021-12-31")))
        #expect(HolidayCalendar.usFederal.holidays(in: 2021).last?.text == "2021-12-31")
        #expect(HolidayCalendar.usFederal.holidays(in: 2022).first?.text == "2022-01-17")
    }

    @Test(arguments: all)
    func theListAndTheQuestionAgree(_ calendar: HolidayCalendar) throws {
        for year in Int64(2000)...2099 {
            let first = try #require(CivilDay(year: year, month: 1, day: 1))
            let next = try #require(CivilDay(year: year + 1, month: 1, day: 1))
            let off = (first.number..<next.number).map(CivilDay.init(number:)).filter {
                $0.weekday < 5 && !calendar.isBusinessDay($0)
            }
            #expect(calendar.holidays(in: year) == off, "\(year)")
        }
    }

    /// What is not known is a working day, so that a deadline is early.
    @Test(arguments: HolidayCalendar.withHolidays, [1999, 2100] as [Int64])
    func outsideItsYearsOnlyWeekendsAreOff(_ calendar: HolidayCalendar, _ year: Int64) {
        let americanNewYear = year == 1999 && calendar == .usFederal
        // 1 January 2000 was a Saturday.
        #expect(calendar.holidays(in: year).map(\.text) == (americanNewYear ? ["1999-12-31"] : []))
    }

    @Test(arguments: all)
    func counting(_ calendar: HolidayCalendar) {
        var generator = SeededGenerator(seed: 0xB051)
        for _ in 0..<500 {
            // 1995 to 2105.
            let start = CivilDay(number: .random(in: 9_131...49_310, using: &generator))
            let count = Int64.random(in: 1...20, using: &generator)
            let end = calendar.businessDay(count, after: start)
            #expect(calendar.isBusinessDay(end))
            let between = (start.number + 1...end.number).map(CivilDay.init(number:))
            #expect(Int64(between.count(where: calendar.isBusinessDay)) == count)
            #expect(calendar.businessDay(count, after: start.adding(days: 1)).number >= end.number)
            #expect(calendar.businessDay(count + 1, after: start).number > end.number)
            if calendar != .everyDay {
                let old = HolidayCalendar.weekdays.businessDay(count, after: start)
                #expect(end.number >= old.number)
            }
            let rolled = calendar.businessDay(onOrAfter: start)
            #expect(calendar.isBusinessDay(rolled))
            #expect((rolled == start) == calendar.isBusinessDay(start))
        }
    }
}

/// Reads a date, or records that a test has a text that is none.
func civilDay(
    _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> CivilDay {
    try instant(text, sourceLocation: sourceLocation).day
}
