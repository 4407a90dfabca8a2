// The legal window of an answer to a person's request: what a rule consists of, and its arithmetic.

/// A set of rules that says until when a request must have taken effect.
///
/// Heed stops at once in every regime; the deadline is evidence and alarm, never a reason to wait.
/// A value never changes once it was released: another amount, another first day or another
/// calendar is another version, because opt-outs are stored with the name they were counted by.
public struct Regime: Hashable, Sendable {
    /// What is counted.
    public enum Unit: String, Sendable {
        /// Hours, from the second of the start.
        case hours
        /// Days that the calendar has as working days.
        case businessDays
        /// All days; a window that would end on a day off ends with the next working day.
        case calendarDays
        /// Months, each up to the same-numbered day; ends on no day off either.
        case calendarMonths
    }

    /// Which day is counted as the first.
    public enum FirstDay: String, Sendable {
        /// The day of the start itself.
        case dayOfStart
        /// The day after it.
        case dayAfter
    }

    /// The rule's name without its version.
    public let code: String
    /// The version of the rule with its calendar.
    public let version: Int
    /// How long.
    public let amount: Int64
    /// In which unit.
    public let unit: Unit
    /// Whether the day of the start counts.
    public let firstDay: FirstDay
    /// Which days are working days.
    public let calendar: HolidayCalendar
    /// Where its people live, as hours from UTC.
    ///
    /// A request counts from the earliest date it can have there, and a day ends when it first ends
    /// there, so no time zone makes the deadline late.
    public let offsetHours: ClosedRange<Int64>

    /// The name with the version, for example `can-spam@2`, as it is stored with each opt-out.
    public var name: String { "\(code)@\(version)" }

    /// The end of the window that starts at `start`: the last second in which it is still open.
    public func deadline(from start: Timestamp) -> Timestamp {
        let today = start.adding(seconds: offsetHours.lowerBound * 3600).day
        let before = firstDay == .dayOfStart ? today.adding(days: -1) : today
        let last: CivilDay
        switch unit {
        case .hours: return start.adding(seconds: amount * 3600)
        case .businessDays: last = calendar.businessDay(amount, after: before)
        case .calendarDays: last = calendar.businessDay(onOrAfter: before.adding(days: amount))
        case .calendarMonths: last = calendar.businessDay(onOrAfter: before.adding(months: amount))
        }
        return last.adding(days: 1).start.adding(seconds: -offsetHours.upperBound * 3600 - 1)
    }
}
