// A receipt for a decision: which forms there are, and what every form says.

import Foundation
import HeedConnectors
package import HeedConsent
package import HeedEngine

/// What a person, or whoever acts for them, may be handed about one of their decisions.
///
/// It names the person by Heed's random id only. Where the standards leave a choice, it says less:
/// nothing in it is sealed data.
package struct ConsentReceipt: Sendable {
    /// The forms.
    package enum Form: String, CaseIterable, Sendable {
        /// Kantara Consent Receipt 1.1, which knows a yes only.
        case kantara
        /// ISO/IEC TS 27560 in the words of DPV, as JSON-LD.
        case dpv

        /// The media type of a receipt in this form.
        package var mediaType: String {
            switch self {
            case .kantara: "application/json"
            case .dpv: "application/ld+json"
            }
        }
    }

    let facts: ConsentFacts.Answer
    let controller: Controller
    let options: ServerOptions

    /// Takes a record and the server's settings; refuses when they do not name the controller.
    package init(_ facts: ConsentFacts.Answer, options: ServerOptions) throws(Refusal) {
        guard let controller = options.controller else {
            throw Refusal(
                .conflict,
                field: "controllerName",
                "a receipt names the controller; set controllerName and what belongs to it"
            )
        }
        self.facts = facts
        self.controller = controller
        self.options = options
    }

    /// The receipt's bytes, the same each time.
    package func bytes(as form: Form) throws(Refusal) -> [UInt8] {
        switch form {
        case .kantara: try kantara().bytes
        case .dpv: dpv().bytes
        }
    }

    /// The law that applies: the person's place if it is known, else the controller's.
    var jurisdiction: String { facts.contact.region ?? controller.jurisdiction }

    /// Where the text is that was agreed to; by its hash when it is not published (RFC 6920 §3).
    var policyURL: String? {
        facts.policy.map { policy in
            if let url = policy.url { return url }
            let hash = Data(policy.textHash).base64EncodedString()
            let digits = hash.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
            return "ni:///sha-256;" + String(digits.filter { $0 != "=" })
        }
    }

    /// Where a person can change their mind.
    var withdrawalURL: String { options.linkBase }
}
