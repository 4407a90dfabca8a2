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
        signed(Call(method: method, segments: segments, body: body), at: now)
    }

    /// A question with a query, signed for this instant.
    func get(
        _ segments: [String],
        query: [(String, String)],
        at now: Timestamp
    ) -> OutboundRequest {
        signed(Call(method: "GET", segments: segments, query: query), at: now)
    }

    private struct Call {
        let method: String
        let segments: [String]
        var query: [(String, String)] = []
        var body: JSON?
    }

    private func signed(_ call: Call, at now: Timestamp) -> OutboundRequest {
        let bytes = call.body?.bytes ?? []
        let kind = call.body == nil ? [] : [(name: "content-type", value: "application/json")]
        let path = base.path + call.segments.map { "/" + percentEncoded($0) }.joined()
        let draft = AWSSigningKey.Draft(
            method: call.method,
            host: base.authority,
            path: path,
            query: call.query,
            headers: kind,
            body: bytes
        )
        return OutboundRequest(
            method: call.method,
            url: base.url(call.segments, query: call.query),
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

    /// True when the person left everything.
    var isOutOfAll: Bool { unsubscribedFromAll }

    /// The topics the person left one by one.
    var topicsLeft: [String] { topics.filter { $0.value == SESContact.out }.keys.sorted() }

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
