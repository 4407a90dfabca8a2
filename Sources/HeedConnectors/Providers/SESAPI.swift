// Signed requests to Amazon SES, and the contact as its contact lists keep it.

import HeedConsent

/// Writes signed requests.
struct SESAPI: Sendable {
    let base: EndpointURL
    let key: AWSSigningKey

    /// A request signed for this instant, with a JSON body if there is one.
    func request(
        _ method: String,
        _ segments: [String],
        _ body: JSON? = nil,
        at now: Timestamp
    ) -> OutboundRequest {
        let bytes = body?.bytes ?? []
        let kind = body == nil ? [] : [(name: "content-type", value: "application/json")]
        let path = base.path + segments.map { "/" + percentEncoded($0) }.joined()
        let draft = AWSSigningKey.Draft(
            method: method,
            host: base.authority,
            path: path,
            headers: kind,
            body: bytes
        )
        return OutboundRequest(
            method: method,
            url: base.url(segments),
            headers: [("accept", "application/json")] + kind + key.headers(for: draft, at: now)
                + [("user-agent", "Heed")],
            body: bytes
        )
    }
}

/// What a contact list knows of a person.
struct SESContact: Sendable {
    private var unsubscribedFromAll = false
    private var topics: [String: String] = [:]
    private var attributes: String?

    private static let out = "OPT_OUT"

    /// A person the list does not know yet.
    init() {}

    /// Reads the answer to GetContact.
    init(_ json: JSON) {
        unsubscribedFromAll = json["UnsubscribeAll"]?.flag ?? false
        attributes = json["AttributesData"]?.text
        for topic in json["TopicPreferences"]?.list ?? [] {
            guard let name = topic["TopicName"]?.text else { continue }
            topics[name] = topic["SubscriptionStatus"]?.text
        }
    }

    /// True when nothing of these topics is sent to the person; nil stands for all topics.
    func isOut(of names: [String]?) -> Bool {
        guard !unsubscribedFromAll, let names else { return unsubscribedFromAll }
        return names.allSatisfy { topics[$0] == SESContact.out }
    }

    /// The contact after leaving these topics; nil stands for all.
    func leaving(_ names: [String]?) -> SESContact {
        var contact = self
        if names == nil { contact.unsubscribedFromAll = true }
        for name in names ?? [] { contact.topics[name] = SESContact.out }
        return contact
    }

    /// The body of CreateContact, or of UpdateContact when the address stands in the path.
    func body(address: String?) -> JSON {
        var members: [String: JSON] = ["UnsubscribeAll": .flag(unsubscribedFromAll)]
        if let address { members["EmailAddress"] = .text(address) }
        if let attributes { members["AttributesData"] = .text(attributes) }
        let names = topics.keys.sorted()
        if !names.isEmpty {
            members["TopicPreferences"] = .list(
                names.map { name in
                    [
                        "TopicName": .text(name),
                        "SubscriptionStatus": .text(topics[name] ?? SESContact.out),
                    ]
                }
            )
        }
        return .object(members)
    }
}
