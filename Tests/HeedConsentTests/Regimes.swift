// The rules of opt-outs in force, and those of earlier releases as their names are stored.

@testable import HeedConsent

extension Regime {
    /// The rules in force here.
    static let current = [mailbox, gdpr, pecr, canSpam, tcpa, ccpa, casl, spamAct]

    /// The rules of earlier releases, whose deadlines stand with the opt-outs of their time.
    ///
    /// Version 1 counted public holidays as working days, and gave Australia the day of the request
    /// even when it was a weekend.
    static let former = [
        firstVersion("can-spam", 10, hours: -10...(-4)),
        firstVersion("ccpa+can-spam", 10, hours: -10...(-4)),
        firstVersion("casl", 10, hours: -8...(-2)), firstVersion("au-spam-act", 4, hours: 8...11),
    ]

    /// The rule that an opt-out was counted by; nil for a name that no release has used.
    static func named(_ name: String) -> Regime? { (current + former).first { $0.name == name } }

    private static func firstVersion(
        _ code: String,
        _ days: Int64,
        hours: ClosedRange<Int64>
    ) -> Regime {
        Regime(
            code: code,
            version: 1,
            amount: days,
            unit: .businessDays,
            firstDay: .dayAfter,
            calendar: .weekdays,
            offsetHours: hours
        )
    }
}
