// The connector for Brevo: a contact's block list flag and its lists.

package import HeedConsent

/// Tells Brevo: a scope is a list the contact leaves, a global opt-out the flag on the contact.
///
/// The flag stops campaigns only; Brevo keeps another list for transactional mail, which is left
/// alone.
package struct BrevoConnector: Connector {
    /// The operator's name for it.
    package let name: String
    private let scopes: ScopeMap
    private let api: ProviderAPI
    private let secret: SharedSecret?

    static let options: [ConnectorOption] = [
        .url, .secret("secret", "the API key", required: true),
        .secret("webhook-secret", "the token webhooks come with", required: false),
    ]

    /// Brevo's numbers depend on the plan; it says in `x-sib-ratelimit-reset` when to come back.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: nil,
        entriesPerPage: 1000,
        done: [200, 201, 204],
        giveUp: [400, 413],
        pause: .seconds("x-sib-ratelimit-reset")
    )

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        name = configuration.name
        scopes = configuration.scopes
        secret = try configuration.sharedSecret()
        api = ProviderAPI(
            try configuration.base("https://api.brevo.com/v3"),
            headers: [("api-key", try configuration.credential("secret"))]
        )
    }

    /// Sets the flag, or takes the contact off the scope's lists.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let address = notice.address
        guard notice.isGlobal else {
            let lists = try scopes.places(for: notice.extent)
            guard !lists.isEmpty else { return .nothing }
            let numbers = lists.compactMap(Double.init).map(JSON.number)
            let left = rules.reading(done: [204], alreadyDone: [404])
            return .ask(update(address, ["unlinkListIds": .list(numbers)]), left)
        }
        return .send(update(address, ["emailBlacklisted": .flag(true)])) { response, later in
            guard response.status == 404 else {
                return .answer(rules.answer(to: response, at: later))
            }
            return create(address)
        }
    }

    /// Asks for the contact.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let lists = notice.isGlobal ? nil : try scopes.places(for: notice.extent)
        guard lists?.isEmpty != true else { return .nothing }
        // Nobody who is unknown is on a list, but nobody unknown carries the flag either.
        let unknown: @Sendable (String) -> ConnectorAnswer = { .found(lists != nil, $0) }
        let request = api.get(path(notice.address), query: Self.byAddress)
        return .question(request, rules, unknown: unknown) { contact, text in
            guard let items = contact["listIds"]?.list else { return nil }
            let joined = items.compactMap(\.name)
            let isOut =
                contact["emailBlacklisted"]?.flag == true
                || lists.map { $0.allSatisfy { !joined.contains($0) } } ?? false
            return .found(isOut, text)
        }
    }

    /// Deletes the contact.
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        .ask(
            api.delete(path(notice.address), query: Self.byAddress),
            rules.reading(done: [204], alreadyDone: [404])
        )
    }

    /// Finds out whether the key works and every list in the settings exists.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        try ConnectorStep.ask(api.get(["account"]), rules).then(at: now) { later throws(Refusal) in
            try .each(scopes.all, at: later) { list, _ in
                .send(api.get(["contacts", "lists", list])) { response, later in
                    response.status == 404
                        ? .answer(.giveUp("\(response.summary): there is no list \(list)"))
                        : .answer(rules.answer(to: response, at: later))
                }
            }
        }
    }

    /// Lists all contacts, since Brevo has no filter for those who left.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        let contacts = PagedListing(rules: rules) { cursor, _ in
            api.get(
                ["contacts"],
                query: [
                    ("limit", Self.rules.pageSize), ("offset", cursor ?? "0"), ("sort", "asc"),
                ]
            )
        } read: { json, cursor in
            guard let items = json["contacts"]?.list else { return nil }
            let isReadable = items.allSatisfy {
                $0["emailBlacklisted"]?.flag != nil && $0["listIds"]?.list != nil
            }
            guard isReadable else { return nil }
            return PagedListing.Page(items.compactMap(entry), of: items.count, from: cursor)
        }
        return try contacts.pages(at: now)
    }

    /// A scope's opt-out shows by the contact being on none of its lists any more.
    package func sign(of extent: String) -> OptOutSign? {
        if extent == OptOutNotice.globalExtent { return .seen(at: [ListedEntry.everywhere]) }
        return scopes.sign(of: extent).map { .unseen(at: $0.places) }
    }

    /// Nil for a contact that is nowhere and left nothing, or has a telephone number only.
    private func entry(_ contact: JSON) -> ListedEntry? {
        guard let address = contact["email"]?.text else { return nil }
        if contact["emailBlacklisted"]?.flag == true {
            let global = [OptOutNotice.globalExtent]
            return ListedEntry(address, places: [ListedEntry.everywhere], extents: global)
        }
        let left = contact["listUnsubscribed"]?.list ?? []
        let no = scopes.entry(address, at: left.compactMap(\.name))
        let named = scopes.all
        let joined = (contact["listIds"]?.list ?? []).compactMap(\.name).filter(named.contains)
        guard !joined.isEmpty || !left.isEmpty else { return nil }
        return ListedEntry(address, places: joined, extents: no.extents, unmapped: no.unmapped)
    }

    /// Checks the token a message comes with and reads its one event, or several.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        try secret.verify(delivery)
        let json = try delivery.json()
        let items = json.list ?? [json]
        let activities = items.compactMap { BrevoConnector.activity($0, at: now) }
        return .accepted(
            InboundBatch(items.flatMap { events($0, at: now) }, activities: activities)
        )
    }

    /// What a mail program's proxy opened, nobody has read.
    private static func activity(_ item: JSON, at now: Timestamp) -> InboundActivity? {
        let name = item["event"]?.text
        let kind: ActivityKind
        switch name {
        case "request": kind = .sent
        case "delivered": kind = .delivered
        case "opened", "unique_opened": kind = .opened
        case "click": kind = .clicked
        case "soft_bounce", "softBounce": kind = .softBounced
        case "hard_bounce", "hardBounce", "invalid_email": kind = .hardBounced
        case "spam", "complaint": kind = .complained
        case "unsubscribe", "unsubscribed": kind = .unsubscribed
        default: return nil
        }
        guard let address = item["email"]?.text else { return nil }
        let time = item["ts_epoch"] ?? item["ts_event"]
        let message = item["message-id"]?.text
        let id = InboundActivity.id(of: [
            name, message, address.lowercased(), time?.name, item["link"]?.text,
        ])
        let at =
            Timestamp(epoch: item["ts_epoch"], perSecond: 1000)
            ?? Timestamp(epoch: item["ts_event"]) ?? now
        var activity = InboundActivity(kind, address, at: at, id: id)
        activity.message = message
        activity.campaign =
            item["campaign name"]?.text ?? item["camp_id"]?.name ?? item["tags"]?.list?.first?.text
        activity.userAgent = item["user_agent"]?.text
        return activity
    }

    /// Without it an address made of digits only would be taken for a contact's number.
    private static let byAddress = [("identifierType", "email_id")]

    private func path(_ address: String) -> [String] { ["contacts", address] }

    private func update(_ address: String, _ change: JSON) -> OutboundRequest {
        api.send("PUT", path(address), query: Self.byAddress, change)
    }

    private func create(_ address: String) -> ConnectorStep {
        let contact: JSON = ["email": .text(address), "emailBlacklisted": .flag(true)]
        return .send(api.send("POST", ["contacts"], contact)) { response, later in
            // Somebody else made the contact meanwhile: begin again and update it.
            response.json?["code"]?.text == "duplicate_parameter"
                ? .answer(.retry(after: nil, response.summary))
                : .answer(rules.answer(to: response, at: later))
        }
    }

    private func events(_ item: JSON, at now: Timestamp) -> [InboundReading] {
        let name = item["event"]?.text
        let kind: InboundEvent.Kind? =
            switch name {
            case "unsubscribe", "unsubscribed": .unsubscribed
            case "spam", "complaint": .complained
            case "hard_bounce", "hardBounce", "invalid_email": .bounced
            default: nil
            }
        guard name != nil else { return [.unreadable] }
        guard let kind else { return [.ignored] }
        guard let address = item["email"]?.text else { return [.unreadable] }
        let lists = kind == .unsubscribed ? item["list_id"] : nil
        let places = (lists?.list ?? lists.map { [$0] } ?? []).compactMap(\.name)
        let at =
            Timestamp(epoch: item["ts_epoch"], perSecond: 1000)
            ?? Timestamp(epoch: item["ts_event"]) ?? now
        let message = item["message-id"]?.text.map { "\($0)/\(kind.rawValue)" }
        guard !places.isEmpty else {
            return [.event(InboundEvent(kind, address, at: at, id: message))]
        }
        return places.map { place in
            let event = InboundEvent(
                kind,
                address,
                place: place,
                extents: scopes.extents(of: place),
                at: at,
                id: message.map { "\($0)/\(place)" }
            )
            return .event(event)
        }
    }
}
