// The connector for Mailgun: the unsubscribes of each domain, for all mail or for a tag.

package import HeedConsent

/// A domain at Mailgun and the tag of the messages that are meant, `*` for all.
struct MailgunPlace: Hashable, Sendable {
    let domain: String
    let tag: String

    /// Reads `DOMAIN/TAG`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts[0].contains("."), isPlainName(parts[0], symbols: ".-"),
            parts[1] == "*" || isPlainName(parts[1], symbols: "._-")
        else { return nil }
        domain = parts[0]
        tag = parts[1]
    }
}

/// Tells Mailgun, domain by domain.
package struct MailgunConnector: Connector {
    /// The operator's name for it.
    package let name: String
    private let scopes: ScopeMap
    private let api: ProviderAPI
    private let signingKey: MailgunSigningKey?

    static let options: [ConnectorOption] = [
        .url, .secret("secret", "the API key", required: true),
        .secret("webhook-secret", "the signing key of webhooks", required: false), .global,
    ]

    /// Mailgun publishes no number; it answers 429 when it was too much.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: nil,
        addressesPerRequest: 1000,
        entriesPerPage: 1000,
        done: [200],
        giveUp: [400, 413]
    )

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        name = configuration.name
        scopes = configuration.scopes
        signingKey =
            configuration.text("webhook-secret") == nil
            ? nil : MailgunSigningKey(try configuration.credential("webhook-secret"))
        let key = basicCredentials("api", try configuration.credential("secret"))
        api = ProviderAPI(
            try configuration.base("https://api.mailgun.net"),
            headers: [("authorization", key)]
        )
    }

    /// Adds to the unsubscribes of each domain the scope stands for.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        try .each(scopes.places(for: notice.extent), at: now) { place, _ throws(Refusal) in
            let place = try MailgunConnector.place(place)
            return .ask(
                api.form(
                    ["v3", place.domain, "unsubscribes"],
                    [("address", notice.address), ("tag", place.tag)]
                ),
                rules
            )
        }
    }

    /// Asks for the tags the address left on each domain.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        try .each(scopes.places(for: notice.extent), at: now) { place, _ throws(Refusal) in
            let place = try MailgunConnector.place(place)
            let request = api.get(["v3", place.domain, "unsubscribes", notice.address])
            return .question(request, rules) { entry, text in
                entry["tags"]?.list.map { tags in
                    .found(tags.contains(.text("*")) || tags.contains(.text(place.tag)), text)
                }
            }
        }
    }

    /// Removes what each domain's three lists hold about the address.
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        let tables = domains.flatMap { domain in
            ["unsubscribes", "complaints", "bounces"].map { "\(domain)/\($0)" }
        }
        let erased = rules.reading(done: [200], alreadyDone: [404])
        return try .each(tables, at: now) { table, _ in
            let path = table.split(separator: "/").map(String.init)
            return .ask(api.delete(["v3"] + path + [notice.address]), erased)
        }
    }

    /// Finds out whether the key works for every domain in the settings.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        try .each(domains, at: now) { domain, _ in
            .ask(api.get(["v3", domain, "unsubscribes"], query: [("limit", "1")]), rules)
        }
    }

    /// Lists the unsubscribes of each domain in the settings.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        try .each(domains, at: now) { domain, later throws(Refusal) in
            try unsubscribes(of: domain).pages(at: later)
        }
    }

    /// How a listing shows an opt-out.
    package func sign(of extent: String) -> OptOutSign? { scopes.sign(of: extent) }

    /// Pages that are asked for by the last address of the one before; an empty one is the end.
    private func unsubscribes(of domain: String) -> PagedListing {
        PagedListing(rules: rules) { cursor, _ in
            let rest = cursor.map { [("page", "next"), ("address", $0)] } ?? []
            return api.get(
                ["v3", domain, "unsubscribes"],
                query: [("limit", Self.rules.pageSize)] + rest
            )
        } read: { json, _ in
            guard let items = json["items"]?.list else { return nil }
            var entries: [ListedEntry] = []
            for item in items {
                guard let address = item["address"]?.text, let tags = item["tags"]?.list else {
                    return nil
                }
                entries.append(entry(address, of: domain, tags: tags.compactMap(\.text)))
            }
            guard !items.isEmpty else { return PagedListing.Page([], next: nil) }
            let link = json["paging"]?["next"]?.text
            guard let next = link.flatMap({ linkField("address", of: $0) }) else { return nil }
            return PagedListing.Page(entries, next: next)
        }
    }

    private func entry(_ address: String, of domain: String, tags: [String]) -> ListedEntry {
        guard tags.contains("*") else {
            return scopes.entry(address, at: tags.map { "\(domain)/\($0)" })
        }
        return scopes.entry(address, at: scopes.all.filter { MailgunPlace($0)?.domain == domain })
    }

    /// Checks Mailgun's code and reads the one event of the message.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        guard let signingKey else { throw .noWebhooks("webhook-secret") }
        let message = try delivery.json()
        let replay = try signingKey.verify(message, at: now)
        let data = message["event-data"] ?? .null
        let event = MailgunConnector.event(data, at: now)
        let activity = MailgunConnector.activity(data, at: now)
        return .accepted(
            InboundBatch([event], activities: activity.map { [$0] } ?? [], replay: replay)
        )
    }

    private static func activity(_ data: JSON, at now: Timestamp) -> InboundActivity? {
        let kind: ActivityKind
        switch data["event"]?.text {
        case "accepted": kind = .sent
        case "delivered": kind = .delivered
        case "opened": kind = .opened
        case "clicked": kind = .clicked
        case "complained": kind = .complained
        case "unsubscribed": kind = .unsubscribed
        // What Mailgun's own lists suppress was never sent.
        case "failed" where data["reason"]?.text?.hasPrefix("suppress") != true:
            kind = data["severity"]?.text == "permanent" ? .hardBounced : .softBounced
        default: return nil
        }
        guard let address = data["recipient"]?.text, let id = data["id"]?.text else { return nil }
        let at = Timestamp(epoch: data["timestamp"]) ?? now
        var activity = InboundActivity(kind, address, at: at, id: id)
        activity.message = data["message"]?["headers"]?["message-id"]?.text
        activity.campaign = data["tags"]?.list?.first?.text
        activity.ip = data["ip"]?.text
        activity.userAgent = data["client-info"]?["user-agent"]?.text
        return activity
    }

    private var domains: [String] {
        Set(scopes.all.compactMap { MailgunPlace($0)?.domain }).sorted()
    }

    private static func place(_ text: String) throws(Refusal) -> MailgunPlace {
        guard let place = MailgunPlace(text) else {
            throw Refusal(.invalid, field: "scope", "a place at Mailgun is DOMAIN/TAG")
        }
        return place
    }

    /// An event does not say which link was clicked, so an unsubscribe is taken to mean everything.
    private static func event(_ data: JSON, at now: Timestamp) -> InboundReading {
        let name = data["event"]?.text
        let kind: InboundEvent.Kind? =
            switch name {
            case "unsubscribed": .unsubscribed
            case "complained": .complained
            case "failed":
                // Mailgun also "fails" what its own lists suppress; that is no news of the address.
                data["severity"]?.text == "permanent"
                    && data["reason"]?.text?.hasPrefix("suppress") != true ? .bounced : nil
            default: nil
            }
        return InboundReading(kind, named: name, of: data["recipient"]?.text) { kind, address in
            InboundEvent(
                kind,
                address,
                at: Timestamp(epoch: data["timestamp"]) ?? now,
                id: data["id"]?.text
            )
        }
    }
}
