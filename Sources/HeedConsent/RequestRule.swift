// Until when a person's request about their data must be answered, by where they are.

/// The deadlines of a request to see, correct or erase personal data.
public struct RequestRule: Hashable, Sendable {
    /// Until when the request must be confirmed, where a law asks for that.
    public let confirmation: Regime?
    /// Until when it must be answered.
    public let answer: Regime
    /// Until when, once the person was told in time of an extension; nil where there is none.
    public let extended: Regime?

    /// The rule for a region; the shortest for an unknown one.
    public static func forRegion(_ region: String?) -> RequestRule {
        guard let region else { return shortest }
        if region == "US-CA" { return ccpa }
        switch region.prefix(2) {
        case let country where Regime.europeanArea.contains(String(country)): return gdpr
        case "GB": return uk
        default: return shortest
        }
    }

    /// 28 days, which is within a month in every month, and within the 30 days of Canada and
    /// Australia.
    public static let shortest = RequestRule(
        confirmation: nil,
        answer: Regime(
            code: "request-28d",
            version: 1,
            amount: 28,
            unit: .calendarDays,
            startEvent: .requestReceived,
            firstDay: .dayAfter,
            calendar: .everyDay,
            offsetHours: -12...14
        ),
        extended: nil
    )

    /// GDPR 12(3): one month after receipt, two months more where necessary.
    ///
    /// Counted by Regulation 1182/71: not the day of the event (3(1)), up to the same-numbered day
    /// (3(2)(c)), never ending on a Saturday, a Sunday or a public holiday (3(4)).
    public static let gdpr = RequestRule(
        confirmation: nil,
        answer: months(1, "gdpr-request", .europe, europeanHours),
        extended: months(3, "gdpr-request-extended", .europe, europeanHours)
    )

    /// UK GDPR 12(3), counted as the ICO does: to the corresponding date of the next month, or of
    /// the third one after an extension, and on to the next working day of England and Wales.
    public static let uk = RequestRule(
        confirmation: nil,
        answer: months(1, "uk-request", .englandAndWales, 0...1),
        extended: months(3, "uk-request-extended", .englandAndWales, 0...1)
    )

    /// 11 CCR 7021: confirmed within 10 business days, answered within 45 calendar days, which
    /// begin on the day of receipt, or 90 with an extension.
    ///
    /// Its business days are not defined, and not every federal holiday is one of California's, so
    /// only weekends are taken out.
    public static let ccpa = RequestRule(
        confirmation: california(10, .businessDays, "ccpa-confirm", .weekdays),
        answer: california(45, .calendarDays, "ccpa-request", .everyDay),
        extended: california(90, .calendarDays, "ccpa-request-extended", .everyDay)
    )

    /// From Martinique to Réunion, which are in the Union.
    private static let europeanHours: ClosedRange<Int64> = -4...4

    private static func months(
        _ amount: Int64,
        _ code: String,
        _ calendar: HolidayCalendar,
        _ hours: ClosedRange<Int64>
    ) -> Regime {
        Regime(
            code: code,
            version: 1,
            amount: amount,
            unit: .calendarMonths,
            startEvent: .requestReceived,
            firstDay: .dayAfter,
            calendar: calendar,
            offsetHours: hours
        )
    }

    private static func california(
        _ amount: Int64,
        _ unit: Regime.Unit,
        _ code: String,
        _ calendar: HolidayCalendar
    ) -> Regime {
        Regime(
            code: code,
            version: 1,
            amount: amount,
            unit: unit,
            startEvent: .requestReceived,
            firstDay: unit == .calendarDays ? .dayOfStart : .dayAfter,
            calendar: calendar,
            offsetHours: -8...(-7)
        )
    }
}
