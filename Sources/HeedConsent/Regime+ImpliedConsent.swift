// For how long a dealing with a person is taken for consent, by the law of where they are.

/// A dealing with a person that some laws presume consent from.
public enum Relationship: String, CaseIterable, Sendable {
    /// They bought something.
    case purchase
    /// They leased something.
    case lease
    /// They have or had another contract.
    case contract
    /// They gave.
    case donation
    /// They worked without pay.
    case volunteering
    /// They are or were a member.
    case membership
    /// They asked about something.
    case inquiry
    /// They applied for something.
    case application

    /// A refusal of a word that names none.
    static let refusal = Refusal(
        .invalid,
        field: "evidence.relationship",
        "a relationship is one of: " + allCases.map(\.rawValue).joined(separator: ", ")
    )
}

extension Regime {
    /// For how long consent is implied.
    public enum ImpliedTerm: Hashable, Sendable {
        /// The law knows no implied consent to messages.
        case never
        /// So many months from the dealing, or from its end where it lasts.
        case months(Int64)
        /// The law names no end.
        case open
    }

    /// For how long this law takes a dealing for consent.
    ///
    /// CASL 10(10), 10(13): two years after a purchase, lease, contract, donation, work or
    /// membership, six months after an inquiry or application. Where no law is known its terms are
    /// taken too, as the strictest there are. ePrivacy 13 and PECR 22 know soft opt-in only, the
    /// TCPA wants consent in writing.
    public func impliedTerm(after relationship: Relationship) -> ImpliedTerm {
        switch code {
        case Regime.casl.code, Regime.mailbox.code:
            switch relationship {
            case .inquiry, .application: .months(6)
            case .purchase, .lease, .contract, .donation, .volunteering, .membership: .months(24)
            }
        case Regime.canSpam.code, Regime.ccpa.code, Regime.spamAct.code: .open
        default: .never
        }
    }

    /// The dealings after which this law allows messages about own similar products.
    ///
    /// ePrivacy 13(2): a sale. PECR 22(3): also the negotiations for one, and since 2026 support
    /// of a charity.
    public var softOptInRelationships: Set<Relationship> {
        code == Regime.pecr.code ? [.purchase, .inquiry, .donation, .volunteering] : [.purchase]
    }
}

extension Timestamp {
    /// The same time of the same-numbered day so many months later, or of the month's last day.
    func adding(months: Int64) -> Timestamp {
        let inDay = microseconds - day.start.microseconds
        return Timestamp(microseconds: day.adding(months: months).start.microseconds + inDay)
    }
}
