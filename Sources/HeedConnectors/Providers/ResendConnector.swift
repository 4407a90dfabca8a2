// The connector for Resend: contacts, their topics, and the suppression list.

public import HeedConsent

/// Tells Resend: a scope is a topic, a global opt-out unsubscribes the contact from broadcasts.
///
/// The suppression list stops transactional mail too, so it is used only when `suppression` is
/// `global`.
public struct ResendConnector: Connector {
    /// The operator's name for it.
    public let name: String
    private let scopes: ScopeMap
    private let api: ProviderAPI
    private let suppresses: Bool
    private let secret: WebhookSecret?

    static let options: [ConnectorOption] = [
        .url, .secret("secret", "the API key", required: true),
        .optional("suppression", "'never' or 'global': what goes on the suppression list"),
        .secret("webhook-secret", "the signing secret of webhooks, 'whsec_…'", required: false),
    ]

    /// Resend takes two requests a second from a team.
    public var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: 120,
        simultaneousRequests: 1,
        addressesPerRequest: 100,
        done: [200, 201],
        giveUp: [400, 413, 422],
        pause: .seconds("ratelimit-reset")
    )

    /// What the header fields of its webhooks begin with.
    private static let prefix = "svix"

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        name = configuration.name
        scopes = configuration.scopes
        suppresses = try configuration.choice("suppression", ["never", "global"]) == "global"
        secret = try configuration.text("webhook-secret").map { text throws(Refusal) in
            try WebhookSecret(text, field: "webhook-secret")
        }
        api = ProviderAPI(
            try configuration.base("https://api.resend.com"),
            headers: [("authorization", "Bearer \(try configuration.credential("secret"))")]
        )
    }

    /// Unsubscribes the contact, or opts it out of the scope's topics.
    public func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let address = notice.address
        guard notice.isGlobal else {
            let topics = try scopes.places(for: notice.extent)
            guard !topics.isEmpty else { return .nothing }
            let list = JSON.list(
                topics.map { ["id": .text($0), "subscription": .text("opt_out")] }
            )
            // The list is the whole body here, and a member of it when the contact is made.
            let change = api.send("PATCH", ["contacts", address, "topics"], list)
            return tell(change, orCreate: ["email": .text(address), "topics": list])
        }
        let change = api.send("PATCH", ["contacts", address], ["unsubscribed": .flag(true)])
        let step = tell(
            change,
            orCreate: ["email": .text(address), "unsubscribed": .flag(true)]
        )
        guard suppresses else { return step }
        return try step.then(at: now) { _ in
            let known = rules.reading(done: [200, 201], alreadyDone: [409])
            return .ask(api.send("POST", ["suppressions"], ["email": .text(address)]), known)
        }
    }

    /// Asks for the contact or its topics, and for the suppression if there should be one.
    public func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let topics = notice.isGlobal ? nil : try scopes.places(for: notice.extent)
        guard topics?.isEmpty != true else { return .nothing }
        let path = ["contacts", notice.address] + (topics == nil ? [] : ["topics"])
        let query = topics == nil ? [] : [("limit", "100")]
        let step = ConnectorStep.question(api.get(path, query: query), rules) { json, text in
            guard let topics else {
                return json["unsubscribed"]?.flag.map { .found($0, text) }
            }
            guard let items = json["data"]?.list else { return nil }
            let left = items.filter { $0["subscription"]?.text == "opt_out" }
                .compactMap { $0["id"]?.text }
            return .found(topics.allSatisfy(left.contains), text)
        }
        guard suppresses, notice.isGlobal else { return step }
        return try step.then(at: now) { _ in
            .question(api.get(["suppressions", notice.address]), rules) { entry, text in
                entry["id"].map { _ in .done(text) }
            }
        }
    }

    /// Deletes the contact, and its suppression if Heed makes any.
    public func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep {
        let erased = rules.reading(done: [200, 204], alreadyDone: [404])
        let step = ConnectorStep.ask(api.delete(["contacts", notice.address]), erased)
        guard suppresses else { return step }
        return try step.then(at: now) { _ in
            .ask(api.delete(["suppressions", notice.address]), erased)
        }
    }

    /// Finds out whether the key works.
    public func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        .ask(api.get(["contacts"], query: [("limit", "1")]), rules)
    }

    /// Checks the signature, which is Svix's, and reads the one event of the message.
    public func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        guard let secret else { throw .noWebhooks("webhook-secret") }
        try secret.verify(
            headers: delivery.headers,
            body: delivery.body,
            at: now,
            prefix: Self.prefix
        )
        let replay = try secret.replay(of: delivery.headers, at: now, prefix: Self.prefix)
        let events = ResendConnector.events(try delivery.json(), replay.token, at: now)
        return .accepted(InboundBatch(events, replay: replay))
    }

    /// Changes a contact; makes it when Resend does not know it.
    private func tell(_ change: OutboundRequest, orCreate contact: JSON) -> ConnectorStep {
        .send(change) { response, later in
            guard response.status == 404 else {
                return .answer(rules.answer(to: response, at: later))
            }
            return .ask(api.send("POST", ["contacts"], contact), rules)
        }
    }

    private static func events(
        _ message: JSON,
        _ id: String,
        at now: Timestamp
    ) -> [InboundEvent?] {
        let data = message["data"]
        let at = Timestamp(date: message["created_at"]) ?? now
        let kind: InboundEvent.Kind
        switch message["type"]?.text {
        case "email.bounced" where data?["bounce"]?["type"]?.text ?? "Permanent" == "Permanent":
            kind = .bounced
        case "email.complained": kind = .complained
        case "contact.updated" where data?["unsubscribed"]?.flag == true:
            guard let address = data?["email"]?.text else { return [nil] }
            return [InboundEvent(.unsubscribed, address, at: at, id: id)]
        // `email.suppressed` repeats what the list knows already.
        default: return [nil]
        }
        return (data?["to"]?.list ?? []).compactMap(\.text).enumerated().map { index, address in
            InboundEvent(kind, address, at: at, id: index == 0 ? id : "\(id)/\(index + 1)")
        }
    }
}
