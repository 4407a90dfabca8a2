// The rules for opt-outs: which law a region and a channel mean, and what each law says.

extension Regime {
    /// The rule for an opt-out by region (ISO 3166, with a subdivision for California) and channel;
    /// the strictest for an unknown region.
    public static func forRegion(_ region: String?, channel: Channel) -> Regime {
        guard let region else { return mailbox }
        if region == "US-CA" { return california(channel) }
        switch region.prefix(2) {
        case "US": return unitedStates(channel)
        case "CA": return casl
        case "AU": return spamAct
        case let country where europeanArea.contains(String(country)): return gdpr
        case "GB": return pecr
        default: return mailbox
        }
    }

    /// A channel that is added later must choose here: a text message is under `tcpa`.
    private static func unitedStates(_ channel: Channel) -> Regime {
        switch channel {
        case .email: canSpam
        }
    }

    private static func california(_ channel: Channel) -> Regime {
        switch channel {
        case .email: ccpa
        }
    }

    /// The European Economic Area; Iceland, Liechtenstein and Norway apply the regulation too.
    static let europeanArea: Set<String> = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    ]

    /// 48 hours: what mailbox providers ask of bulk senders, and the default where no law is known.
    public static let mailbox = fortyEightHours("mailbox-48h")

    /// The GDPR (7(3), 21(3)) gives no grace; 48 hours is the alarm, not a licence.
    ///
    /// It stands for the ePrivacy directive (2002/58, article 13(2)) as well.
    public static let gdpr = fortyEightHours("gdpr")

    /// The UK's PECR (22): "as soon as possible".
    public static let pecr = fortyEightHours("uk-pecr")

    /// CAN-SPAM, 15 USC 7704(a)(4)(A): 10 business days after receipt.
    ///
    /// Neither the Act nor 16 CFR 316 defines a business day; federal holidays are taken out.
    public static let canSpam = americanDays("can-spam", version: 2)

    /// TCPA, 47 CFR 64.1200(a)(10): text messages stop within 10 business days of receipt.
    ///
    /// The holidays are those of 47 CFR 1.4(e)(1): the legal holidays of the United States.
    public static let tcpa = americanDays("tcpa", version: 1)

    /// California mail is also under CAN-SPAM, whose 10 days are shorter than the 15 of CCPA
    /// (11 CCR 7026(f)).
    public static let ccpa = americanDays("ccpa+can-spam", version: 2)

    /// CASL 11(3): 10 business days after the request was sent.
    public static let casl = Regime(
        code: "casl",
        version: 2,
        amount: 10,
        unit: .businessDays,
        firstDay: .dayAfter,
        calendar: .canadaFederal,
        offsetHours: canadianHours
    )

    /// Australia's Spam Act 2003 (schedule 2, clause 6): the 5 business days that begin with the
    /// day on which the request was sent.
    public static let spamAct = Regime(
        code: "au-spam-act",
        version: 2,
        amount: 5,
        unit: .businessDays,
        firstDay: .dayOfStart,
        calendar: .australia,
        offsetHours: australianHours
    )

    /// Hawaii in winter to New York in summer; the territories have country codes of their own.
    static let americanHours: ClosedRange<Int64> = -10...(-4)
    /// British Columbia to Newfoundland in summer, its half hour rounded to the earlier end.
    static let canadianHours: ClosedRange<Int64> = -8...(-2)
    /// Perth to Sydney in summer.
    static let australianHours: ClosedRange<Int64> = 8...11

    private static func fortyEightHours(_ code: String) -> Regime {
        Regime(
            code: code,
            version: 1,
            amount: 48,
            unit: .hours,
            firstDay: .dayAfter,
            calendar: .everyDay,
            offsetHours: 0...0
        )
    }

    private static func americanDays(_ code: String, version: Int) -> Regime {
        Regime(
            code: code,
            version: version,
            amount: 10,
            unit: .businessDays,
            firstDay: .dayAfter,
            calendar: .usFederal,
            offsetHours: americanHours
        )
    }
}
