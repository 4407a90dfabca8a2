// A consent receipt with the fields of ISO/IEC TS 27560, in the words of the Data Privacy
// Vocabulary.

import HeedConnectors
import HeedConsent
import HeedEngine

extension ConsentReceipt {
    /// A receipt of any decision.
    func dpv() -> JSON {
        let record = facts.record
        var receipt: [String: JSON] = [
            "@context": ConsentReceipt.context,
            "@id": urn(record.id.text),
            "@type": .text("dpv:ConsentReceipt"),
            "dct:conformsTo": node("https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"),
            "dct:identifier": .text(record.id.text),
            "dct:created": time(record.recordedAt),
            "dpv:hasDataSubject": urn(record.contact.text, key: "@id"),
            "dpv:hasDataController": dpvController,
            "dpv:hasJurisdiction": node("loc:" + jurisdiction),
            "dpv:hasPersonalData": .list([node("pd:EmailAddress")]),
            "dpv:hasPurpose": purpose,
            "dpv:hasLegalBasis": basis,
            "dpv:hasConsentStatus": node("dpv:" + status),
            "dpv:isIndicatedBy": urn(record.contact.text, key: "@id"),
            "dpv:isIndicatedAtTime": time(record.givenAt),
            "dpv:hasIndicationMethod": .text(record.source.text),
            "dpv:hasDuration": duration,
            "dpv:hasStorageCondition": storage,
            "dpv:hasConsentControl": .object([
                "@type": .text("dpv:WithdrawConsent"),
                "dpv:isExercisedAt": node(withdrawalURL),
            ]),
            "dpv:hasRecipient": .list(
                facts.connectors.map {
                    .object(["@type": .text("dpv:DataProcessor"), "dpv:hasName": .text($0)])
                }
            ),
        ]
        if let locale = record.locale { receipt["dct:language"] = .text(locale) }
        if let notice { receipt["dpv:hasNotice"] = notice }
        return .object(receipt)
    }

    private static let context: JSON = .object([
        "dpv": .text("https://w3id.org/dpv#"),
        "pd": .text("https://w3id.org/dpv/pd#"),
        "loc": .text("https://w3id.org/dpv/loc#"),
        "eu-gdpr": .text("https://w3id.org/dpv/legal/eu/gdpr#"),
        "dct": .text("http://purl.org/dc/terms/"),
        "xsd": .text("http://www.w3.org/2001/XMLSchema#"),
    ])

    private func node(_ id: String) -> JSON { .object(["@id": .text(id)]) }

    private func urn(_ id: String) -> JSON { .text("urn:uuid:" + id) }

    private func urn(_ id: String, key: String) -> JSON { .object([key: urn(id)]) }

    private func time(_ time: Timestamp) -> JSON {
        .object(["@type": .text("xsd:dateTime"), "@value": .text(time.text)])
    }

    private var dpvController: JSON {
        var members: [String: JSON] = [
            "@type": .text("dpv:DataController"),
            "dpv:hasName": .text(controller.name),
            "dpv:hasAddress": .text(controller.address),
            "dpv:hasContact": .list([
                .text(controller.contact), .text("mailto:" + controller.email),
                .text("tel:" + controller.phone.filter { !$0.isWhitespace }),
            ]),
        ]
        if let url = controller.url { members["@id"] = .text(url) }
        return .object(members)
    }

    private var purpose: JSON {
        let isCampaign = facts.scope.map { $0.kind == .campaign } ?? true
        return .object([
            "@type": .text(isCampaign ? "dpv:DirectMarketing" : "dpv:ServiceProvision"),
            "dct:title": .text(facts.record.scope),
        ])
    }

    private var status: String {
        switch facts.record.decision {
        case .granted: "ConsentGiven"
        case .requested: "ConsentRequested"
        case .denied: "ConsentRefused"
        case .withdrawn: "ConsentWithdrawn"
        }
    }

    private var basis: JSON {
        let law: String? =
            switch facts.record.basis {
            case .consent: "eu-gdpr:A6-1-a"
            case .contract: "eu-gdpr:A6-1-b"
            case .legalObligation: "eu-gdpr:A6-1-c"
            case .vitalInterests: "eu-gdpr:A6-1-d"
            case .publicTask: "eu-gdpr:A6-1-e"
            case .legitimateInterest: "eu-gdpr:A6-1-f"
            case .impliedConsent, .softOptIn: nil
            }
        if let law { return node(law) }
        guard facts.record.basis == .softOptIn else { return node("dpv:ImpliedConsent") }
        return .object([
            "@type": .text("dpv:LegalBasis"),
            "dct:description": .text("own similar products after a sale (2002/58/EC Art. 13(2))"),
        ])
    }

    private var notice: JSON? {
        guard let policy = facts.policy, let policyURL else { return nil }
        return .object([
            "@id": .text(policyURL),
            "@type": .text("dpv:PrivacyNotice"),
            "dct:identifier": .text(policy.version),
            "dct:issued": time(policy.effectiveAt),
        ])
    }

    private var duration: JSON {
        guard let end = facts.record.expiresAt else {
            return .object([
                "@type": .text("dpv:UntilEventDuration"), "dct:description": .text("withdrawal"),
            ])
        }
        return .object(["@type": .text("dpv:UntilTimeDuration"), "dct:valid": time(end)])
    }

    private var storage: JSON {
        .object([
            "dpv:hasDuration": .object([
                "@type": .text("xsd:duration"),
                "@value": .text("P\(options.recordRetentionDays)D"),
            ]),
            "dpv:hasLocation": node("loc:" + controller.jurisdiction),
        ])
    }
}
