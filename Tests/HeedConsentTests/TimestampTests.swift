// Instants and days against values of Python's datetime, and every text that is no instant.

import Testing

@testable import HeedConsent

@Suite("Timestamp")
struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"),
        ("1969-12-31T00:00:00Z", -86_400_000_000, "1969-12-31T00:00:00Z"),
        ("1969-07-20T20:17:40Z", -14_182_940_000_000, "1969-07-20T20:17:40Z"),
        ("1900-02-28T23:59:59Z", -2_203_891_201_000_000, "1900-02-28T23:59:59Z"),
        ("1900-03-01T00:00:00Z", -2_203_891_200_000_000, "1900-03-01T00:00:00Z"),
        ("1582-10-15T00:00:00Z", -12_219_292_800_000_000, "1582-10-15T00:00:00Z"),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
        ("2000-02-29T12:00:00Z", 951_825_600_000_000, "2000-02-29T12:00:00Z"),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000_000, "2024-02-29T23:59:59Z"),
        ("2024-03-01T00:00:00Z", 1_709_251_200_000_000, "2024-03-01T00:00:00Z"),
        ("2025-02-28T23:59:59Z", 1_740_787_199_000_000, "2025-02-28T23:59:59Z"),
        ("2038-01-19T03:14:08Z", 2_147_483_648_000_000, "2038-01-19T03:14:08Z"),
        ("2100-02-28T23:59:59Z", 4_107_542_399_000_000, "2100-02-28T23:59:59Z"),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ("2026-01-31T09:30:00.5+02:00", 1_769_844_600_500_000, "2026-01-31T07:30:00.500000Z"),
        ("2026-01-31T09:30:00-08:00", 1_769_880_600_000_000, "2026-01-31T17:30:00Z"),
        ("2026-01-31T00:30:00+14:00", 1_769_769_000_000_000, "2026-01-30T10:30:00Z"),
        ("2026-12-31T23:30:00-12:00", 1_798_803_000_000_000, "2027-01-01T11:30:00Z"),
        ("2026-01-31T09:30:00+05:45", 1_769_831_100_000_000, "2026-01-31T03:45:00Z"),
        ("2026-01-31T09:30:00-00:00", 1_769_851_800_000_000, "2026-01-31T09:30:00Z"),
        ("2026-01-31T09:30:00.000001Z", 1_769_851_800_000_001, "2026-01-31T09:30:00.000001Z"),
        ("2026-01-31T09:30:00.123456789Z", 1_769_851_800_123_456, "2026-01-31T09:30:00.123456Z"),
        ("2026-01-31t09:30:00z", 1_769_851_800_000_000, "2026-01-31T09:30:00Z"),
        ("2026-01-31 09:30:00", 1_769_851_800_000_000, "2026-01-31T09:30:00Z"),
        ("2026-01-31 09:30:00Z", 1_769_851_800_000_000, "2026-01-31T09:30:00Z"),
        ("2026-01-31", 1_769_817_600_000_000, "2026-01-31T00:00:00Z"),
        ("2016-12-31T23:59:60Z", 1_483_228_799_000_000, "2016-12-31T23:59:59Z"),
    ])
    func reads(_ text: String, _ microseconds: Int64, _ canonical: String) {
        let time = Timestamp(text: text)
        #expect(time?.microseconds == microseconds)
        #expect(time?.text == canonical)
        #expect(Timestamp(text: canonical) == time)
    }

    @Test(arguments: [
        "", " ", "2026", "2026-01", "2026-1-31", "26-01-31", "2026/01/31", "20260131",
        "2026-00-31", "2026-13-01", "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29",
        "1900-02-29", "2100-02-29", "2023-02-29", "-2026-01-31", "+2026-01-31", "10000-01-01",
        "2026-01-31T", "2026-01-31T09", "2026-01-31T09:30", "2026-01-31T09:30Z",
        "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:30:61Z",
        "2026-01-31T9:30:00Z", "2026-01-31X09:30:00Z", "2026-01-31  09:30:00",
        "2026-01-31T09:30:00.Z", "2026-01-31T09:30:00,5Z", "2026-01-31T09:30:00.1234567890Z",
        "2026-01-31T09:30:00+2:00", "2026-01-31T09:30:00+0200", "2026-01-31T09:30:00+02",
        "2026-01-31T09:30:00+24:00", "2026-01-31T09:30:00+02:60", "2026-01-31T09:30:00 +02:00",
        "2026-01-31T09:30:00ZZ", "2026-01-31T09:30:00Z ", " 2026-01-31T09:30:00Z",
        "2026-01-31Z", "2026-01-31\n", "２０２６-01-31", "2026-01-31T09:30:00−02:00", "now",
        "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01",
    ])
    func refuses(_ text: String) {
        #expect(Timestamp(text: text) == nil)
    }

    @Test func everyInstantSurvivesItsText() throws {
        var generator = SeededGenerator(seed: 0x71AE)
        let first = Timestamp(text: "0000-01-01")?.microseconds
        let last = Timestamp(text: "9999-12-31T23:59:59.999999Z")?.microseconds
        let range = try #require(first)...(try #require(last))
        for round in 0..<20_000 {
            var count = Int64.random(in: range, using: &generator)
            if round.isMultiple(of: 2) { count -= count % 1_000_000 }
            let time = Timestamp(microseconds: count)
            try #require(Timestamp(text: time.text) == time, "\(count)")
            try #require(time.text.utf8.count == (count % 1_000_000 == 0 ? 20 : 27), "\(count)")
        }
    }

    @Test func textsOrderAsInstantsDo() {
        var generator = SeededGenerator(seed: 0x0DE2)
        let times = (0..<2_000).map { _ in
            Timestamp(
                seconds: Int64.random(in: -60_000_000_000...200_000_000_000, using: &generator)
            )
        }
        #expect(times.sorted().map(\.text) == times.map(\.text).sorted())
    }

    @Test func counts() {
        let time = Timestamp(seconds: 10)
        #expect(time.adding(seconds: -11) == Timestamp(microseconds: -1_000_000))
        #expect(time.adding(days: 2) == Timestamp(seconds: 172_810))
        #expect(time.milliseconds(since: Timestamp(microseconds: 8_999_001)) == 1_000)
        #expect(time.milliseconds(since: Timestamp(microseconds: 8_998_999)) == 1_001)
        #expect(time.milliseconds(since: Timestamp(seconds: 11)) == 0)
    }

    @Test(arguments: [
        (0, 0), (999_999, 0), (1_000_000, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2),
    ])
    func wholeSecondsRoundDown(_ microseconds: Int64, _ expected: Int64) {
        #expect(Timestamp(microseconds: microseconds).wholeSeconds == expected)
    }

    @Test(arguments: [
        (7, 3, 2, 1), (-7, 3, -3, 2), (-6, 3, -2, 0), (0, 3, 0, 0), (-1, 400, -1, 399),
    ])
    func divisionRoundsDown(_ value: Int64, _ divisor: Int64, _ quotient: Int64, _ rest: Int64) {
        #expect(floorDivide(value, divisor) == (quotient, rest))
    }
}

@Suite("CivilDay")
struct CivilDayTests {
    /// Number and weekday (Monday is 0) as Python's `date` counts them.
    @Test(arguments: [
        ("1970-01-01", 0, 3), ("1969-12-29", -3, 0), ("2000-02-29", 11_016, 1),
        ("1600-02-29", -135_081, 1), ("9999-12-31", 2_932_896, 4), ("0001-01-01", -719_162, 0),
        ("2026-10-25", 20_751, 6),
    ])
    func numbersAndWeekdays(_ text: String, _ number: Int64, _ weekday: Int64) throws {
        let day = try instant(text).day
        #expect(day.number == number)
        #expect(day.weekday == weekday)
        #expect(day.start.text == "\(text)T00:00:00Z")
    }

    @Test func everyDayOfEightCenturiesIsTheOneAfterItsNeighbour() throws {
        var number = try #require(CivilDay(year: 1600, month: 1, day: 1)).number
        for year in Int64(1600)...2400 {
            for month in Int64(1)...12 {
                for day in 1...CivilDay.length(ofMonth: month, year: year) {
                    let civil = CivilDay(year: year, month: month, day: day)
                    try #require(civil?.number == number, "\(year)-\(month)-\(day)")
                    try #require(CivilDay(number: number).date == (year, month, day))
                    number += 1
                }
            }
        }
    }

    @Test(arguments: [(1900, 28), (2000, 29), (2023, 28), (2024, 29), (2100, 28), (0, 29)])
    func leapYears(_ year: Int64, _ days: Int64) {
        #expect(CivilDay.length(ofMonth: 2, year: year) == days)
        #expect(CivilDay(year: year, month: 2, day: days) != nil)
        #expect(CivilDay(year: year, month: 2, day: days + 1) == nil)
    }
}
