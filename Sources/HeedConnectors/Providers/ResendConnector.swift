// The connector for Resend: contacts, their topics, and the suppression list.

package import HeedConsent

/// Tells Resend: a scope is a topic, a global opt-out unsubscribes the contact from broadcasts.
///
/// The suppression list stops transactional mail too, so it is used only when `suppression` is
/// `global`.
package struct ResendConnector: Connector {
    /// The operator's name for it.
    package let name: String
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
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: 120,
        simultaneousRequests: 1,
        addressesPerRequest: 100,
        entriesPerPage: 100,
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
    package func suppress(
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
    package func readBack(
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
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        let erased = rules.reading(done: [200, 204], alreadyDone: [404])
        let step = ConnectorStep.ask(api.delete(["contacts", notice.address]), erased)
        guard suppresses else { return step }
        return try step.then(at: now) { _ in
            .ask(api.delete(["suppressions", notice.address]), erased)
        }
    }

    /// Finds out whether the key works and every topic in the settings exists.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        let contacts = ConnectorStep.ask(api.get(["contacts"], query: [("limit", "1")]), rules)
        return try contacts.then(at: now) { later throws(Refusal) in
            try .each(scopes.all, at: later) { topic, _ in
                .send(api.get(["topics", topic])) { response, later in
                    response.status == 404
                        ? .answer(.giveUp("\(response.summary): there is no topic \(topic)"))
                        : .answer(rules.answer(to: response, at: later))
                }
            }
        }
    }

    /// Lists the contacts that are unsubscribed or left a topic, and the suppressions if Heed makes
    /// any.
    ///
    /// Topics are asked for contact by contact, since there is no list of who left one.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        let step = try contacts(after: nil)
        guard suppresses else { return step }
        return try step.then(at: now) { later throws(Refusal) in
            try suppressions.pages(at: later)
        }
    }

    /// How a listing shows an opt-out.
    package func sign(of extent: String) -> OptOutSign? {
        let lists = suppresses ? [Self.unsubscribed, Self.suppressed] : [Self.unsubscribed]
        return scopes.sign(of: extent, everywhere: lists)
    }

    private static let unsubscribed = "*contacts"
    private static let suppressed = "*suppressions"

    private static func query(after id: String?) -> [(String, String)] {
        [("limit", rules.pageSize)] + (id.map { [("after", $0)] } ?? [])
    }

    /// The id by which the next page is asked for; nil inside when that was the last.
    private static func next(_ json: JSON, _ items: [JSON]) -> String?? {
        guard let hasMore = json["has_more"]?.flag else { return nil }
        guard hasMore else { return .some(nil) }
        guard let last = items.last?["id"]?.name else { return nil }
        return .some(last)
    }

    private func contacts(after id: String?) throws(Refusal) -> ListingStep {
        let request = api.get(["contacts"], query: Self.query(after: id)).expectingList
        return .send(request) { response, later throws(Refusal) in
            guard response.status == 200, let json = response.json,
                let items = json["data"]?.list, let next = Self.next(json, items)
            else { return .failed(response, rules, at: later) }
            var entries: [ListedEntry] = []
            var others: [String] = []
            for item in items {
                guard let address = item["email"]?.text, let isOut = item["unsubscribed"]?.flag
                else { return .failed(response, rules, at: later) }
                if isOut {
                    entries.append(scopes.everything(address, at: Self.unsubscribed))
                } else if !scopes.all.isEmpty {
                    others.append(address)
                }
            }
            let topics = try ListingStep.each(others, at: later) { address, _ in
                self.topics(of: address)
            }
            return .page(entries) { later throws(Refusal) in
                try topics.then(at: later) { _ throws(Refusal) in
                    guard let next else { return .end }
                    guard next != id else { return .failed(.giveUp("the list goes in circles")) }
                    return try contacts(after: next)
                }
            }
        }
    }

    private func topics(of address: String) -> ListingStep {
        let request = api.get(["contacts", address, "topics"], query: Self.query(after: nil))
        return .send(request.expectingList) { response, later throws(Refusal) in
            // The contact was removed since it was listed.
            if response.status == 404 { return .end }
            guard response.status == 200, let json = response.json,
                let items = json["data"]?.list, json["has_more"]?.flag == false
            else { return .failed(response, rules, at: later) }
            let left = items.filter { $0["subscription"]?.text == "opt_out" }
                .compactMap { $0["id"]?.text }
            guard !left.isEmpty else { return .end }
            return .page([scopes.entry(address, at: left)]) { _ in .end }
        }
    }

    private var suppressions: PagedListing {
        PagedListing(rules: rules) { cursor, _ in
            api.get(["suppressions"], query: Self.query(after: cursor))
        } read: { json, _ in
            guard let items = json["data"]?.list, let next = Self.next(json, items) else {
                return nil
            }
            let entries = items.compactMap { item in
                item["email"]?.text.map { address in
                    let kind: InboundEvent.Kind =
                        switch item["origin"]?.text {
                        case "bounce": .bounced
                        case "complaint": .complained
                        default: .unsubscribed
                        }
                    return ListedEntry(
                        address,
                        kind,
                        places: [Self.suppressed],
                        extents: [OptOutNotice.globalExtent]
                    )
                }
            }
            guard entries.count == items.count else { return nil }
            return PagedListing.Page(entries, next: next)
        }
    }

    /// Checks the signature, which is Svix's, and reads the one event of the message.
    package func receive(
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
        let replay = try secret.replay(of: delivery.headers, prefix: Self.prefix)
        let message = try delivery.json()
        let events = ResendConnector.events(message, replay.token, at: now)
        let activities = ResendConnector.activities(message, replay.token, at: now)
        return .accepted(InboundBatch(events, activities: activities, replay: replay))
    }

    private static func activities(
        _ message: JSON,
        _ id: String,
        at now: Timestamp
    ) -> [InboundActivity] {
        let data = message["data"]
        let kind: ActivityKind
        switch message["type"]?.text {
        case "email.sent": kind = .sent
        case "email.delivered": kind = .delivered
        case "email.opened": kind = .opened
        case "email.clicked": kind = .clicked
        case "email.bounced":
            let isHard = data?["bounce"]?["type"]?.text ?? "Permanent" == "Permanent"
            kind = isHard ? .hardBounced : .softBounced
        case "email.complained": kind = .complained
        default: return []
        }
        let visit = kind == .clicked ? data?["click"] : data?["open"]
        let at = Timestamp(date: visit?["timestamp"]) ?? Timestamp(date: message["created_at"])
        let recipients = (data?["to"]?.list ?? []).compactMap(\.text)
        return recipients.enumerated().map { index, address in
            let id = InboundActivity.id(id, index)
            var activity = InboundActivity(kind, address, at: at ?? now, id: id)
            activity.message = data?["email_id"]?.text
            activity.campaign = data?["broadcast_id"]?.text
            activity.ip = visit?["ipAddress"]?.text
            activity.userAgent = visit?["userAgent"]?.text
            return activity
        }
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
    ) -> [InboundReading] {
        guard let type = message["type"]?.text else { return [.unreadable] }
        let data = message["data"]
        let at = Timestamp(date: message["created_at"]) ?? now
        let kind: InboundEvent.Kind
        switch type {
        case "email.bounced" where data?["bounce"]?["type"]?.text ?? "Permanent" == "Permanent":
            kind = .bounced
        case "email.complained": kind = .complained
        case "contact.updated" where data?["unsubscribed"]?.flag == true:
            guard let address = data?["email"]?.text else { return [.unreadable] }
            return [.event(InboundEvent(.unsubscribed, address, at: at, id: id))]
        // `email.suppressed` repeats what the list knows already.
        default: return [.ignored]
        }
        guard let to = data?["to"]?.list, !to.isEmpty else { return [.unreadable] }
        return to.enumerated().map { index, item in
            guard let address = item.text else { return .unreadable }
            let once = index == 0 ? id : "\(id)/\(index + 1)"
            return .event(InboundEvent(kind, address, at: at, id: once))
        }
    }
}
