// What evidence is asked for, and what is said beside it.

package import Foundation
package import HeedConsent

/// What evidence is about.
package enum EvidenceQuestion: Hashable, Sendable {
    /// A person, by their id.
    case contact(ContactID)
    /// Whoever has an address, or had it until they were erased; with the blocks on it.
    case address(Address)
    /// Whoever a request's receipt belongs to, also when they were erased; with the blocks at an
    /// address that they name.
    case receipt(token: [UInt8], Address?)
    /// Everything that was written down from one instant to before another, or to now.
    case period(from: Timestamp, to: Timestamp?)

    /// The token in what somebody has of a receipt: itself, or the URL the receipt is at.
    ///
    /// - Throws: when the URL leads to another host than this installation's.
    package static func token(
        ofReceipt text: String,
        at base: String
    ) throws(Refusal) -> [UInt8] {
        let url = URLComponents(string: text)
        let ours = URLComponents(string: base)?.host?.lowercased()
        if text.contains("://"), url?.host?.lowercased() != ours {
            throw Refusal(
                .invalid,
                field: "receipt",
                "receipts of this installation are at \(base)/v1/receipts/, not at "
                    + "\(url?.host ?? "this URL"); if it has moved, give the token alone"
            )
        }
        let path = url?.path ?? text
        return bytes(hexadecimal: path.split(separator: "/").last ?? "") ?? []
    }

    /// The address in it.
    var address: Address? {
        switch self {
        case .address(let address): address
        case .receipt(_, let address): address
        case .contact, .period: nil
        }
    }
}

/// Who wants evidence, which way, and why.
package struct EvidenceOrder: Sendable {
    /// What about.
    package let question: EvidenceQuestion
    /// Who asked.
    package let actor: Actor
    /// How.
    package let source: Source
    /// Why; it stays in the audit log.
    package let reason: String

    /// Refuses a reason that is none, or that could hold an address.
    package init(
        _ question: EvidenceQuestion,
        actor: Actor,
        source: Source,
        reason: String
    ) throws(Refusal) {
        try EvidenceExport.check(reason: reason)
        self.question = question
        self.actor = actor
        self.source = source
        self.reason = reason
    }
}

/// What is said beside the evidence, and how its proofs are waited for.
package struct EvidenceTerms: Sendable {
    /// Who is responsible: name, address, how to reach them; empty when not known.
    package let controller: [String]
    /// In which times are shown beside UTC.
    package let timeZone: TimeZone
    /// How many witnesses must have signed the head that everything is proved against.
    package let quorum: Int
    /// Takes what was committed into the log; whoever leaves that to another process does nothing.
    package let extendLog: @Sendable () async throws -> Void

    /// Takes all four.
    package init(
        controller: [String],
        timeZone: TimeZone,
        quorum: Int = 0,
        extendLog: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.controller = controller
        self.timeZone = timeZone
        self.quorum = quorum
        self.extendLog = extendLog
    }

    /// The time zone of this name, such as `Europe/Warsaw`; the machine's without one.
    package static func timeZone(_ name: String?) throws(Refusal) -> TimeZone {
        guard let name else { return .current }
        guard let zone = TimeZone(identifier: name) else {
            throw Refusal(
                .invalid,
                field: "timeZone",
                "there is no time zone of this name; write it like Europe/Warsaw or UTC"
            )
        }
        return zone
    }
}
