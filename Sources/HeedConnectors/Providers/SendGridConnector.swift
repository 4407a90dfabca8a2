// The connector for SendGrid: its global suppression list and its unsubscribe groups.

package import HeedConsent

/// Tells SendGrid: a scope is an unsubscribe group, a global opt-out the global list.
///
/// A group that does not exist is an error and never becomes a global suppression, which would stop
/// receipts too.
package struct SendGridConnector: Connector {
    /// The operator's name for it.
    package let name: String
    let scopes: ScopeMap
    let webhookKey: SendGridPublicKey?
    private let api: ProviderAPI

    static let options: [ConnectorOption] = [
        .url, .secret("secret", "the API key", required: true),
        .optional("on-behalf-of", "the subuser to act for"),
        .optional("webhook-key", "the public key of the signed event webhook"),
    ]

    /// SendGrid publishes no number and says in `X-RateLimit-Reset` when to come back.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: nil,
        entriesPerPage: 500,
        done: [200, 201],
        giveUp: [400, 413],
        pause: .instant("x-ratelimit-reset")
    )

    /// SendGrid takes 100 erasures a minute, of up to 5,000 addresses each.
    static let erasureRules = ProviderRules(
        requestsPerMinute: 100,
        addressesPerRequest: 5000,
        done: [202],
        giveUp: [400, 413],
        pause: .instant("x-ratelimit-reset")
    )

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        name = configuration.name
        scopes = configuration.scopes
        webhookKey = try configuration.text("webhook-key").map { text throws(Refusal) in
            try SendGridPublicKey(text)
        }
        var headers = [
            (name: "authorization", value: "Bearer \(try configuration.credential("secret"))")
        ]
        if configuration.text("on-behalf-of") != nil {
            headers.append(("on-behalf-of", try configuration.credential("on-behalf-of")))
        }
        api = ProviderAPI(try configuration.base("https://api.sendgrid.com"), headers: headers)
    }

    /// Adds to the global list or to the scope's groups.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let body: JSON = ["recipient_emails": [.text(notice.address)]]
        guard !notice.isGlobal else {
            return .ask(api.send("POST", ["v3", "asm", "suppressions", "global"], body), rules)
        }
        let groups = try scopes.places(for: notice.extent)
        return try .each(groups, at: now) { group, _ in
            let path = ["v3", "asm", "groups", group, "suppressions"]
            return .send(api.send("POST", path, body)) { response, later in
                response.status == 404
                    ? .answer(.giveUp("\(response.summary): there is no such group"))
                    : .answer(rules.answer(to: response, at: later))
            }
        }
    }

    /// Asks the global list, or for the person's groups.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let global = notice.isGlobal
        let groups = global ? [] : try scopes.places(for: notice.extent)
        guard global || !groups.isEmpty else { return .nothing }
        let path = ["v3", "asm", "suppressions"] + (global ? ["global"] : []) + [notice.address]
        return .question(api.get(path), rules, unknown: nil) { json, text in
            guard !global else { return .found(json["recipient_email"] != nil, text) }
            let left = (json["suppressions"]?.list ?? [])
                .filter { $0["suppressed"]?.flag == true }
                .compactMap { $0["id"]?.name }
            return .found(groups.allSatisfy(left.contains), text)
        }
    }

    /// Asks SendGrid to erase what it holds about the address; it does so within days.
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        let body: JSON = ["email_addresses": [.text(notice.address)]]
        return .ask(api.send("POST", ["v3", "recipients", "erasejob"], body), Self.erasureRules)
    }

    /// Finds out whether the key works and every group in the settings exists.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        .question(api.get(["v3", "asm", "groups"]), rules, unknown: nil) { json, text in
            guard let groups = json.list else { return nil }
            let known = groups.compactMap { $0["id"]?.name }
            guard let missing = scopes.all.first(where: { !known.contains($0) }) else {
                return .done(text)
            }
            return .giveUp("there is no unsubscribe group \(missing)")
        }
    }

    /// Lists the global unsubscribes page by page, then each group in the settings.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        let everywhere = PagedListing(rules: rules) { cursor, _ in
            api.get(
                ["v3", "suppression", "unsubscribes"],
                query: [("limit", Self.rules.pageSize), ("offset", cursor ?? "0")]
            )
        } read: { json, cursor in
            guard let items = json.list else { return nil }
            let addresses = items.compactMap { $0["email"]?.text }
            guard addresses.count == items.count else { return nil }
            return PagedListing.Page(
                addresses.map { scopes.everything($0) },
                of: items.count,
                from: cursor
            )
        }
        return try everywhere.pages(at: now).then(at: now) { later throws(Refusal) in
            try .each(scopes.all, at: later) { group, later throws(Refusal) in
                try self.group(group).pages(at: later)
            }
        }
    }

    /// How a listing shows an opt-out.
    package func sign(of extent: String) -> OptOutSign? {
        scopes.sign(of: extent, everywhere: [ListedEntry.everywhere])
    }

    /// The addresses of a group, which come all at once.
    private func group(_ group: String) -> PagedListing {
        PagedListing(rules: rules) { _, _ in
            api.get(["v3", "asm", "groups", group, "suppressions"])
        } read: { json, _ in
            guard let items = json.list else { return nil }
            let addresses = items.compactMap(\.text)
            guard addresses.count == items.count else { return nil }
            return PagedListing.Page(addresses.map { scopes.entry($0, at: [group]) }, next: nil)
        }
    }

    /// Checks SendGrid's signature and reads a batch of events.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        guard let webhookKey else { throw .noWebhooks("webhook-key") }
        try webhookKey.verify(delivery, at: now)
        guard let items = try delivery.json().list else {
            throw Refusal(.malformed, "the body is not a list of events")
        }
        let activities = items.compactMap { activity($0, at: now) }
        return .accepted(
            InboundBatch(items.map { event($0, at: now) }, activities: activities)
        )
    }

    /// What SendGrid dropped was not sent, and what it defers is told again.
    private func activity(_ item: JSON, at now: Timestamp) -> InboundActivity? {
        let kind: ActivityKind
        switch item["event"]?.text {
        case "processed": kind = .sent
        case "delivered": kind = .delivered
        case "open": kind = .opened
        case "click": kind = .clicked
        case "bounce": kind = item["type"]?.text == "blocked" ? .softBounced : .hardBounced
        case "spamreport": kind = .complained
        case "unsubscribe", "group_unsubscribe": kind = .unsubscribed
        default: return nil
        }
        guard let address = item["email"]?.text, let id = item["sg_event_id"]?.text else {
            return nil
        }
        let at = Timestamp(epoch: item["timestamp"]) ?? now
        var activity = InboundActivity(kind, address, at: at, id: id)
        activity.message = item["sg_message_id"]?.text
        let category = item["category"]
        activity.campaign =
            item["singlesend_name"]?.text ?? item["marketing_campaign_name"]?.text
            ?? category?.text ?? category?.list?.first?.text
        if let group = item["asm_group_id"]?.name {
            activity.setScope(scopes.extents(of: group))
        }
        // Of a delivery it is SendGrid's own.
        if [.opened, .clicked, .unsubscribed].contains(kind) { activity.ip = item["ip"]?.text }
        activity.userAgent = item["useragent"]?.text
        return activity
    }

    private func event(_ item: JSON, at now: Timestamp) -> InboundReading {
        let name = item["event"]?.text
        let isAboutGroup = name?.hasPrefix("group_") == true
        let group = isAboutGroup ? item["asm_group_id"]?.name : nil
        let kind = SendGridConnector.kind(of: item)
        return InboundReading(kind, named: name, of: item["email"]?.text) { kind, address in
            InboundEvent(
                kind,
                address,
                place: group,
                extents: isAboutGroup
                    ? scopes.extents(of: group ?? "") : [OptOutNotice.globalExtent],
                at: Timestamp(epoch: item["timestamp"]) ?? now,
                id: item["sg_event_id"]?.text
            )
        }
    }

    private static func kind(of item: JSON) -> InboundEvent.Kind? {
        switch item["event"]?.text {
        case "unsubscribe", "group_unsubscribe": .unsubscribed
        case "group_resubscribe": .resubscribed
        case "spamreport": .complained
        // A message that was only blocked may be taken tomorrow.
        case "bounce": item["type"]?.text == "blocked" ? nil : .bounced
        case "dropped":
            switch item["reason"]?.text {
            case "Unsubscribed Address": .unsubscribed
            case "Bounced Address": .bounced
            case "Spam Reporting Address": .complained
            default: nil
            }
        default: nil
        }
    }
}
