// The dates that laws and holidays are counted by: months on, Easter, the nth Monday of a month.

/// A day of the week, in the order of `CivilDay.weekday`.
enum Weekday: Int64, Sendable {
    case monday
    case tuesday
    case wednesday
    case thursday
    case friday
    case saturday
    case sunday
}

extension CivilDay {
    /// The date as ISO 8601 writes it, `2026-01-31`.
    public var text: String { String(start.text.prefix(10)) }

    /// The day `days` later, or earlier when negative.
    func adding(days: Int64) -> CivilDay { CivilDay(number: number + days) }

    /// The same-numbered day `months` later, or the last day of that month where it has no such
    /// day (Regulation 1182/71, article 3(2)(c)).
    func adding(months: Int64) -> CivilDay {
        let (year, month, day) = date
        let (years, index) = floorDivide(month - 1 + months, 12)
        let length = CivilDay.length(ofMonth: index + 1, year: year + years)
        let target = CivilDay(year: year + years, month: index + 1, day: min(day, length))
        // Only outside the years 0000 to 9999, which no timestamp read by Heed leaves.
        return target ?? adding(days: months * 28)
    }

    /// The first such weekday after this day.
    func next(_ weekday: Weekday) -> CivilDay {
        let ahead = floorDivide(weekday.rawValue - self.weekday, 7).remainder
        return adding(days: ahead == 0 ? 7 : ahead)
    }

    /// The last such weekday before this day.
    func last(_ weekday: Weekday) -> CivilDay {
        let behind = floorDivide(self.weekday - weekday.rawValue, 7).remainder
        return adding(days: behind == 0 ? -7 : -behind)
    }

    /// Easter Sunday of the Gregorian calendar: the Sunday after the first full moon that comes
    /// after 20 March.
    ///
    /// The moon is the calendar's, which is not quite the sky's.
    static func easter(year: Int64) -> CivilDay? {
        let golden = year % 19 + 1
        let century = year / 100 + 1
        // Leap days left out since the calendar began, and the moon's drift of eight days in 2500
        // years.
        let solar = 3 * century / 4 - 12
        let lunar = (8 * century + 5) / 25 - 5
        // The moon's age on 1 January; two ages are moved so that no cycle has a date twice.
        var epact = floorDivide(11 * golden + 20 + lunar - solar, 30).remainder
        if epact == 24 || (epact == 25 && golden > 11) { epact += 1 }
        let fullMoon = epact > 23 ? 74 - epact : 44 - epact
        return CivilDay(year: year, month: 3, day: 1)?.adding(days: fullMoon - 1).next(.sunday)
    }
}
