// The rules for a person's requests about their data: until when each law wants an answer.

extension Regime {
    /// The rule for a request by region (ISO 3166, with a subdivision for California).
    public static func forRequest(_ kind: RightsRequest.Kind, region: String?) -> Regime {
        guard let region else { return requestDefault }
        // An objection to marketing and a stop to selling are honoured like any other "stop".
        if kind == .doNotSell, region.hasPrefix("US") { return ccpaSale }
        switch region.prefix(2) {
        case "US": return ccpaRequest
        case "CA": return pipeda
        case "AU": return australianPrivacy
        case "BR": return lgpd
        case "GB": return ukRequest
        case let country where europeanArea.contains(String(country)): return gdprRequest
        default: return requestDefault
        }
    }

    /// GDPR 12(3): one month from receipt, the day of receipt not counted (regulation 1182/71).
    ///
    /// It may end on a holiday here, which makes it earlier than the law's and never later.
    public static let gdprRequest = request("gdpr-request", 1, .calendarMonths, hours: -3...3)

    /// The same under the UK GDPR.
    public static let ukRequest = request("uk-gdpr-request", 1, .calendarMonths, hours: 0...1)

    /// CCPA 1798.130(a)(2): 45 calendar days; other states' laws have the same number.
    public static let ccpaRequest = request(
        "ccpa-request",
        45,
        .calendarDays,
        hours: americanHours
    )

    /// 11 CCR 7026(f): 15 business days to stop selling and sharing.
    public static let ccpaSale = Regime(
        code: "ccpa-sale",
        version: 1,
        amount: 15,
        unit: .businessDays,
        startEvent: .requestReceived,
        firstDay: .dayAfter,
        calendar: .usFederal,
        offsetHours: americanHours
    )

    /// PIPEDA, Schedule 1, 4.9 and section 8(3): 30 days.
    public static let pipeda = request("pipeda-request", 30, .calendarDays, hours: -8...(-2))

    /// Australian Privacy Principle 12.4: 30 days for organisations' reasonable time.
    public static let australianPrivacy = request(
        "au-app-request",
        30,
        .calendarDays,
        hours: 8...11
    )

    /// LGPD, article 19(II): 15 days.
    public static let lgpd = request("lgpd-request", 15, .calendarDays, hours: -5...(-2))

    /// Where no law is known: 30 days, inside a month and inside 45 days.
    public static let requestDefault = request(
        "request-30d",
        30,
        .calendarDays,
        hours: -12...14
    )

    /// All rules for requests.
    static let requests = [
        gdprRequest, ukRequest, ccpaRequest, ccpaSale, pipeda, australianPrivacy, lgpd,
        requestDefault,
    ]

    /// The end of the time that a person was told it takes instead; nil where no law lets it.
    ///
    /// Counted from the receipt, like the time it stands for: GDPR 12(3) two further months, CCPA
    /// 1798.130(a)(2) 90 days in all, PIPEDA 8(4) 30 further days.
    public static func extended(_ request: RightsRequest) -> Timestamp? {
        let longer: Regime
        switch request.regime {
        case gdprRequest.name: longer = self.request("", 3, .calendarMonths, hours: -3...3)
        case ukRequest.name: longer = self.request("", 3, .calendarMonths, hours: 0...1)
        case ccpaRequest.name: longer = self.request("", 90, .calendarDays, hours: americanHours)
        case pipeda.name: longer = self.request("", 60, .calendarDays, hours: -8...(-2))
        default: return nil
        }
        return longer.deadline(from: request.requestedAt)
    }

    private static func request(
        _ code: String,
        _ amount: Int64,
        _ unit: Unit,
        hours: ClosedRange<Int64>
    ) -> Regime {
        Regime(
            code: code,
            version: 1,
            amount: amount,
            unit: unit,
            startEvent: .requestReceived,
            firstDay: .dayAfter,
            calendar: .everyDay,
            offsetHours: hours
        )
    }
}
