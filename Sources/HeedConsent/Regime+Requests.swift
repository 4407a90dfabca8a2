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
    /// Version 1 counted by the clocks of Madeira to Greece and was late in Réunion.
    public static let gdprRequest = request(
        "gdpr-request",
        version: 2,
        (1, .calendarMonths),
        hours: europeanHours
    )

    /// The same under the UK GDPR.
    public static let ukRequest = request("uk-gdpr-request", (1, .calendarMonths), hours: 0...1)

    /// CCPA 1798.130(a)(2): 45 calendar days; other states' laws have the same number.
    public static let ccpaRequest = request(
        "ccpa-request",
        (45, .calendarDays),
        hours: americanHours
    )

    /// 11 CCR 7026(f): 15 business days to stop selling and sharing.
    public static let ccpaSale = Regime(
        code: "ccpa-sale",
        version: 1,
        amount: 15,
        unit: .businessDays,
        firstDay: .dayAfter,
        calendar: .usFederal,
        offsetHours: americanHours
    )

    /// PIPEDA, Schedule 1, 4.9 and section 8(3): 30 days.
    public static let pipeda = request(
        "pipeda-request",
        (30, .calendarDays),
        hours: canadianHours
    )

    /// Australian Privacy Principle 12.4: 30 days for organisations' reasonable time.
    public static let australianPrivacy = request(
        "au-app-request",
        (30, .calendarDays),
        hours: australianHours
    )

    /// LGPD, article 19(II): 15 days.
    public static let lgpd = request("lgpd-request", (15, .calendarDays), hours: -5...(-2))

    /// Where no law is known: 28 days, which are within a month in every month, February too, and
    /// within the days of every law here that counts 30 or more.
    public static let requestDefault = request(
        "request-28d",
        (28, .calendarDays),
        hours: -12...14
    )

    /// All rules for requests.
    package static let requests = [
        gdprRequest, ukRequest, ccpaRequest, ccpaSale, pipeda, australianPrivacy, lgpd,
        requestDefault,
    ]

    /// The times that a person may be told it takes instead, by the name of the rule they stand
    /// for; a rule without one is one whose law lets nobody.
    ///
    /// Counted from the receipt, too: GDPR 12(3) two further months, CCPA 1798.130(a)(2) 90 days in
    /// all, PIPEDA 8(4) 30 further days. Requests of earlier releases keep their rule by its name.
    package static let extensions: [String: Regime] = [
        gdprRequest.name: request(
            "gdpr-request-extended",
            version: 2,
            (3, .calendarMonths),
            hours: europeanHours
        ),
        "gdpr-request@1": request("gdpr-request-extended", (3, .calendarMonths), hours: -3...3),
        ukRequest.name: request("uk-gdpr-request-extended", (3, .calendarMonths), hours: 0...1),
        ccpaRequest.name: request(
            "ccpa-request-extended",
            (90, .calendarDays),
            hours: americanHours
        ),
        pipeda.name: request(
            "pipeda-request-extended",
            (60, .calendarDays),
            hours: canadianHours
        ),
    ]

    /// The end of the time that a person was told it takes instead; nil where no law lets it.
    public static func extended(_ request: RightsRequest) -> Timestamp? {
        extensions[request.regime]?.deadline(from: request.requestedAt)
    }

    /// Martinique to Réunion, which are in the Union.
    private static let europeanHours: ClosedRange<Int64> = -4...4

    private static func request(
        _ code: String,
        version: Int = 1,
        _ length: (amount: Int64, unit: Unit),
        hours: ClosedRange<Int64>
    ) -> Regime {
        Regime(
            code: code,
            version: version,
            amount: length.amount,
            unit: length.unit,
            firstDay: .dayAfter,
            calendar: .everyDay,
            offsetHours: hours
        )
    }
}
