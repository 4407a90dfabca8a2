// Which days are working days somewhere, and the counting of them.

/// The weekends and public holidays of a place, as versioned data.
///
/// A change of any of its days gives it a new version, and every regime that counts by it too. A
/// holiday it does not know is counted as a working day, so a gap makes a deadline earlier. Only a
/// holiday that a law moves away can make one later, which is why a known move is listed by year.
public struct HolidayCalendar: Hashable, Sendable {
    /// The place.
    public let code: String
    /// The version of this data.
    public let version: Int
    let weekend: Set<Weekday>
    let rules: [HolidayRule]

    init(
        _ code: String,
        version: Int,
        weekend: Set<Weekday> = [.saturday, .sunday],
        rules: [HolidayRule]
    ) {
        self.code = code
        self.version = version
        self.weekend = weekend
        self.rules = rules
    }

    /// The place with the version, for example `us-federal@1`.
    public var name: String { "\(code)@\(version)" }

    /// Whether people work on a day.
    public func isBusinessDay(_ day: CivilDay) -> Bool {
        !isWeekend(day) && !isHoliday(day)
    }

    /// The nth business day after a day, which itself is not counted; `day` when `count` is 0.
    public func businessDay(_ count: Int64, after day: CivilDay) -> CivilDay {
        var day = day
        var left = count
        while left > 0 {
            day = day.adding(days: 1)
            if isBusinessDay(day) { left -= 1 }
        }
        return day
    }

    /// The day itself when it is a business day, else the next one.
    public func businessDay(onOrAfter day: CivilDay) -> CivilDay {
        businessDay(1, after: day.adding(days: -1))
    }

    /// The days off in a year that are not on a weekend, in their order.
    public func holidays(in year: Int64) -> [CivilDay] {
        let days = rules.flatMap { rule in
            (year - 1...year + 1).compactMap { rule.day(of: $0) }
        }
        return Set(days).filter { $0.date.year == year && !isWeekend($0) }
            .sorted { $0.number < $1.number }
    }

    private func isWeekend(_ day: CivilDay) -> Bool {
        Weekday(rawValue: day.weekday).map(weekend.contains) ?? false
    }

    private func isHoliday(_ day: CivilDay) -> Bool {
        let (year, month, _) = day.date
        // A substitute is a few days off, so it leaves its year only across New Year.
        let years =
            switch month {
            case 1: year - 1...year
            case 12: year...year + 1
            default: year...year
            }
        return rules.contains { rule in years.contains { rule.day(of: $0) == day } }
    }
}
