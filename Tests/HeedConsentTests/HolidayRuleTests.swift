// Each way of finding a holiday, and where it goes from a weekend.

import Testing

@testable import HeedConsent

@Suite("HolidayRule")
struct HolidayRuleTests {
    @Test(
        arguments: [
            (HolidayRule.Pattern.date(month: 11, day: 11), "2026-11-11"),
            (.nth(1, .monday, month: 9), "2026-09-07"), (.nth(3, .monday, month: 1), "2026-01-19"),
            (.nth(4, .thursday, month: 11), "2026-11-26"),
            (.nth(1, .sunday, month: 11), "2026-11-01"),
            (.last(.monday, month: 5), "2026-05-25"), (.last(.monday, month: 8), "2026-08-31"),
            (.last(.thursday, month: 12), "2026-12-31"),
            (.before(month: 5, day: 25, .monday), "2026-05-18"),
            (.before(month: 5, day: 26, .monday), "2026-05-25"),
            (.easter(0), "2026-04-05"), (.easter(-2), "2026-04-03"), (.easter(1), "2026-04-06"),
        ] as [(HolidayRule.Pattern, String)]
    )
    func patterns(_ pattern: HolidayRule.Pattern, _ date: String) {
        #expect(HolidayRule("a day", pattern).day(of: 2026)?.text == date)
    }

    @Test func aDateThatAYearDoesNotHaveIsNoHoliday() {
        let leapDay = HolidayRule("a day", .date(month: 2, day: 29))
        #expect(leapDay.day(of: 2024)?.text == "2024-02-29")
        #expect(leapDay.day(of: 2026) == nil)
    }

    /// 1 January was a Friday in 2021, a Saturday in 2022, a Sunday in 2023 and in 2017.
    @Test func substitutes() {
        let before = HolidayRule(
            "a day",
            .date(month: 1, day: 1),
            substitute: .init(saturday: -1, sunday: 1)
        )
        #expect(before.day(of: 2021)?.text == "2021-01-01")
        #expect(before.day(of: 2022)?.text == "2021-12-31")
        #expect(before.day(of: 2023)?.text == "2023-01-02")
        let since = HolidayRule(
            "a day",
            .date(month: 1, day: 1),
            substitute: .init(saturday: 2, sunday: 1, since: 2020)
        )
        #expect(since.day(of: 2017)?.text == "2017-01-01")
        #expect(since.day(of: 2022)?.text == "2022-01-03")
        let none = HolidayRule("a day", .date(month: 1, day: 1))
        #expect(none.day(of: 2022)?.text == "2022-01-01")
    }

    @Test func onlyInItsYears() {
        let rule = HolidayRule("a day", .easter(1), years: 2021...2030)
        #expect(
            [2020, 2021, 2026, 2031].map { rule.day(of: $0) != nil } == [
                false, true, true, false,
            ]
        )
        let once = HolidayRule.once("a day", 2022, 9, 19)
        #expect(once.day(of: 2022)?.text == "2022-09-19")
        #expect(once.day(of: 2021) == nil && once.day(of: 2023) == nil)
        let always = HolidayRule("a day", .date(month: 1, day: 1))
        #expect(always.day(of: 1999) == nil && always.day(of: 2100) == nil)
        #expect(always.day(of: 2000) != nil && always.day(of: 2099) != nil)
    }
}
