// One public holiday as data: which day of a year it is, and where it goes when that is a weekend.

/// A public holiday, for a range of years.
struct HolidayRule: Hashable, Sendable {
    /// How its day is found in a year.
    enum Pattern: Hashable, Sendable {
        /// The same date every year.
        case date(month: Int64, day: Int64)
        /// The first, second, third … such weekday of a month.
        case nth(Int64, Weekday, month: Int64)
        /// The last such weekday of a month.
        case last(Weekday, month: Int64)
        /// The last such weekday before a date.
        case before(month: Int64, day: Int64, Weekday)
        /// So many days after Easter Sunday, before it when negative.
        case easter(Int64)
    }

    /// Where a holiday on a weekend goes, in days; 0 leaves it there.
    struct Substitute: Hashable, Sendable {
        let saturday: Int64
        let sunday: Int64
        /// The first year in which it is moved.
        var since: Int64 = HolidayRule.knownYears.lowerBound

        /// It stays on the weekend, and no other day is free.
        static let none = Substitute(saturday: 0, sunday: 0)
    }

    /// The years that every calendar covers.
    ///
    /// Outside them each weekday is a working day, which makes a deadline earlier, never later.
    static let knownYears: ClosedRange<Int64> = 2000...2099

    /// What it is called.
    let name: String
    /// How its day is found.
    let pattern: Pattern
    /// Where it goes from a weekend.
    let substitute: Substitute
    /// The years that have it.
    let years: ClosedRange<Int64>

    init(
        _ name: String,
        _ pattern: Pattern,
        substitute: Substitute = .none,
        years: ClosedRange<Int64> = knownYears
    ) {
        self.name = name
        self.pattern = pattern
        self.substitute = substitute
        self.years = years
    }

    /// A holiday that was given once.
    static func once(_ name: String, _ year: Int64, _ month: Int64, _ day: Int64) -> HolidayRule {
        HolidayRule(name, .date(month: month, day: day), years: year...year)
    }

    /// The day that is free because of this holiday in a year; nil when there is none.
    ///
    /// It can lie in the year before or after.
    func day(of year: Int64) -> CivilDay? {
        guard years.contains(year) else { return nil }
        guard let day = nominalDay(of: year), year >= substitute.since else {
            return nominalDay(of: year)
        }
        return switch day.weekday {
        case Weekday.saturday.rawValue: day.adding(days: substitute.saturday)
        case Weekday.sunday.rawValue: day.adding(days: substitute.sunday)
        default: day
        }
    }

    private func nominalDay(of year: Int64) -> CivilDay? {
        switch pattern {
        case .date(let month, let day):
            return CivilDay(year: year, month: month, day: day)
        case .nth(let count, let weekday, let month):
            let first = CivilDay(year: year, month: month, day: 1)
            return first?.adding(days: -1).next(weekday).adding(days: 7 * (count - 1))
        case .last(let weekday, let month):
            return CivilDay(year: year, month: month, day: 1)?.adding(months: 1).last(weekday)
        case .before(let month, let day, let weekday):
            return CivilDay(year: year, month: month, day: day)?.last(weekday)
        case .easter(let days):
            return CivilDay.easter(year: year)?.adding(days: days)
        }
    }
}
