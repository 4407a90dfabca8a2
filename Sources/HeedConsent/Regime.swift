// The legal window of an opt-out, by where the person is: versioned data and the arithmetic on it.

/// A set of rules that says until when an opt-out must have taken effect.
///
/// Heed stops at once in every regime; the deadline is evidence and alarm, never a reason to wait.
public struct Regime: Hashable, Sendable {
    /// How days are counted.
    public enum Unit: String, Sendable {
        /// 24-hour days.
        case hours
        /// Monday to Friday.
        ///
        /// Public holidays are counted as working days, so that the deadline shown is never later
        /// than the legal one.
        case businessDays
    }

    /// The regime's name, with the version of this data, as it is stored with each opt-out.
    public let name: String
    /// How long.
    public let amount: Int64
    /// In which unit.
    public let unit: Unit
    /// Where its people live, as hours from UTC.
    ///
    /// A request counts from the earliest date it can have there, and a day ends when it first ends
    /// there, so no time zone makes the deadline late.
    public let offsetHours: ClosedRange<Int64>

    /// The rule for a region (ISO 3166, with a subdivision for California); the strictest for an
    /// unknown one.
    public static func forRegion(_ region: String?) -> Regime {
        guard let region else { return mailbox }
        if region == "US-CA" { return ccpa }
        switch region.prefix(2) {
        case "US": return canSpam
        case "CA": return casl
        case "AU": return spamAct
        case let country where euCountries.contains(String(country)): return gdpr
        case "GB": return pecr
        default: return mailbox
        }
    }

    /// The end of the window for a request made at `request`.
    public func deadline(from request: Timestamp) -> Timestamp {
        switch unit {
        case .hours: return request.adding(seconds: amount * 3600)
        case .businessDays:
            // The day of the request is day 0; the window ends with the last business day.
            var day = request.adding(seconds: offsetHours.lowerBound * 3600).day.number
            var left = amount
            while left > 0 {
                day += 1
                if CivilDay(number: day).weekday < 5 { left -= 1 }
            }
            return CivilDay(number: day + 1).start.adding(
                seconds: -offsetHours.upperBound * 3600 - 1
            )
        }
    }

    /// 48 hours: what mailbox providers ask of bulk senders, and the default where no law is known.
    public static let mailbox = Regime(
        name: "mailbox-48h@1",
        amount: 48,
        unit: .hours,
        offsetHours: 0...0
    )
    /// The GDPR (7(3), 21(3)) gives no grace; 48 hours is the alarm, not a licence.
    public static let gdpr = Regime(name: "gdpr@1", amount: 48, unit: .hours, offsetHours: 0...0)
    /// The UK's PECR (22): "as soon as possible".
    public static let pecr = Regime(name: "uk-pecr@1", amount: 48, unit: .hours, offsetHours: 0...0)
    /// CAN-SPAM, 15 USC 7704(a)(4): 10 business days after receipt.
    public static let canSpam = Regime(
        name: "can-spam@1",
        amount: 10,
        unit: .businessDays,
        offsetHours: -10...(-4)
    )
    /// CASL (11(3)): 10 business days after the request was sent.
    public static let casl = Regime(
        name: "casl@1",
        amount: 10,
        unit: .businessDays,
        offsetHours: -8...(-2)
    )
    /// California mail is also under CAN-SPAM, whose 10 days are shorter than CCPA's 15.
    public static let ccpa = Regime(
        name: "ccpa+can-spam@1",
        amount: 10,
        unit: .businessDays,
        offsetHours: -10...(-4)
    )
    /// Australia's Spam Act 2003 (schedule 2): 5 business days that begin with the day of the
    /// request itself, which leaves four after it.
    public static let spamAct = Regime(
        name: "au-spam-act@1",
        amount: 4,
        unit: .businessDays,
        offsetHours: 8...11
    )

    private static let euCountries: Set<String> = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT",
        "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO",
    ]
}
