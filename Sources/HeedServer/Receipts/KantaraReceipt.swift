// A consent receipt as the Kantara Initiative's specification 1.1 has it.

import HeedConnectors
import HeedConsent
import HeedEngine

extension ConsentReceipt {
    /// Refuses what the specification has no words for: a no, and bases other than consent.
    func kantara() throws(Refusal) -> JSON {
        let record = facts.record
        guard record.decision == .granted, let policyURL else {
            throw ConsentReceipt.refusal("a decision that is not a yes")
        }
        let type: String
        switch record.basis {
        case .consent: type = "EXPLICIT"
        case .impliedConsent: type = "IMPLICIT"
        default: throw ConsentReceipt.refusal("the basis \(record.basis.rawValue)")
        }
        var receipt: [String: JSON] = [
            "version": .text("KI-CR-v1.1.0"),
            "jurisdiction": .text(jurisdiction),
            "consentTimestamp": .number(Double(record.givenAt.microseconds / 1_000_000)),
            "collectionMethod": .text(method(of: record)),
            "consentReceiptID": .text(record.id.text),
            "piiPrincipalId": .text(record.contact.text),
            "piiControllers": .list([kantaraController]),
            "policyUrl": .text(policyURL),
            "services": .list([service(type)]),
            "sensitive": .flag(false),
            "spiCat": .list([]),
        ]
        if let locale = record.locale { receipt["language"] = .text(locale) }
        return .object(receipt)
    }

    private static func refusal(_ what: String) -> Refusal {
        Refusal(
            .conflict,
            field: "format",
            "Kantara's receipt has no words for \(what); ask for dpv"
        )
    }

    /// How it came; a list without a time is dated when it was imported, and says so.
    private func method(of record: ConsentRecord) -> String {
        let hasNoTime = record.source == .batchImport && record.givenAt == record.recordedAt
        return hasNoTime ? "import, at a time not known" : record.source.text
    }

    private var kantaraController: JSON {
        var members: [String: JSON] = [
            "piiController": .text(controller.name),
            "contact": .text(controller.contact),
            "address": .object(["streetAddress": .text(controller.address)]),
            "email": .text(controller.email),
            "phone": .text(controller.phone),
            "onBehalf": .flag(false),
        ]
        if let url = controller.url { members["piiControllerUrl"] = .text(url) }
        return .object(members)
    }

    /// The scope as a service with one purpose; categories as the specification numbers them.
    private func service(_ type: String) -> JSON {
        let isCampaign = facts.scope?.kind == .campaign
        let end = facts.record.expiresAt.map { "\($0.text), or withdrawal before" } ?? "withdrawal"
        var purpose: [String: JSON] = [
            "purpose": .text(facts.record.scope),
            "purposeCategory": .list([.text(isCampaign ? "6 - Marketing" : "1 - Core Function")]),
            "consentType": .text(type),
            "piiCategory": .list([.text("2 - Contact")]),
            "primaryPurpose": .flag(true),
            "termination": .text("\(end), at \(withdrawalURL) or by the link in every message"),
            "thirdPartyDisclosure": .flag(!facts.connectors.isEmpty),
        ]
        if !facts.connectors.isEmpty {
            purpose["thirdPartyName"] = .text(facts.connectors.joined(separator: ", "))
        }
        return .object([
            "service": .text(facts.record.scope), "purposes": .list([.object(purpose)]),
        ])
    }
}
