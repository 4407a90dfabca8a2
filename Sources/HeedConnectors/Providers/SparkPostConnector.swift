// The connector for SparkPost: its suppression list, for everything or for a list.

package import HeedConsent

/// Tells SparkPost: a scope is a list, a global opt-out an entry without one.
///
/// Entries are of the type `non_transactional`, so receipts go on.
package struct SparkPostConnector: Connector {
    /// The operator's name for it.
    package let name: String
    private let scopes: ScopeMap
    private let api: ProviderAPI
    private let secret: SharedSecret?

    private static let type = JSON.text("non_transactional")

    static let options: [ConnectorOption] = [
        .url, .secret("secret", "the API key", required: true),
        .optional("subaccount", "the number of the subaccount to act for"),
        .secret("webhook-secret", "the password webhooks come with", required: false),
    ]

    /// SparkPost publishes no number; it takes up to 10,000 addresses at once.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: nil,
        addressesPerRequest: 10_000,
        entriesPerPage: 5000,
        done: [200],
        giveUp: [400, 413, 422]
    )

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        name = configuration.name
        scopes = configuration.scopes
        secret = try configuration.sharedSecret()
        var headers = [(name: "authorization", value: try configuration.credential("secret"))]
        if let subaccount = configuration.text("subaccount") {
            // SparkPost takes another word for no number, and speaks for the main account.
            guard (1...10).contains(subaccount.utf8.count),
                subaccount.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw Refusal(.invalid, field: "subaccount", "it is a number, such as 123") }
            headers.append(("x-msys-subaccount", subaccount))
        }
        let usual = "https://api.sparkpost.com/api/v1"
        api = ProviderAPI(try configuration.base(usual), headers: headers)
    }

    /// Adds an entry for everything or for each of the scope's lists.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let lists = notice.isGlobal ? nil : try scopes.places(for: notice.extent)
        guard lists?.isEmpty != true else { return .nothing }
        let entries = (lists?.map(Optional.some) ?? [nil]).map { list -> JSON in
            var entry: [String: JSON] = [
                "recipient": .text(notice.address), "type": SparkPostConnector.type,
                "description": .text("opt-out \(notice.target)"),
            ]
            entry["list_id"] = list.map(JSON.text)
            return .object(entry)
        }
        // With a slash at its end the path takes many, and the address stays out of the URL.
        return .ask(
            api.send("PUT", ["suppression-list", ""], ["recipients": .list(entries)]),
            rules
        )
    }

    /// Asks for the entries of the address.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let lists = notice.isGlobal ? nil : try scopes.places(for: notice.extent)
        guard lists?.isEmpty != true else { return .nothing }
        return .question(api.get(["suppression-list", notice.address]), rules) { json, text in
            guard let entries = json["results"]?.list else { return nil }
            let found = entries.filter { $0["type"] == SparkPostConnector.type }
            let isGlobal = found.contains { $0["list_id"] == nil }
            let isThere =
                isGlobal
                || lists?.allSatisfy { list in
                    found.contains { $0["list_id"]?.text == list }
                } ?? false
            return .found(isThere, text)
        }
    }

    /// Removes every entry of the address; entries of SparkPost's own compliance stay (403).
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        let erased = rules.reading(done: [200, 204], alreadyDone: [404])
        return .send(api.delete(["suppression-list", notice.address])) { response, later in
            response.status == 403
                ? .answer(.giveUp("\(response.summary): SparkPost keeps its own entry"))
                : .answer(erased.answer(to: response, at: later))
        }
    }

    /// Finds out whether the key works.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        let query = [("cursor", "initial"), ("per_page", "1")]
        return .ask(api.get(["suppression-list"], query: query), rules)
    }

    /// Lists the entries that stop mail which is not transactional.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        let entries = PagedListing(rules: rules) { cursor, _ in
            api.get(
                ["suppression-list"],
                query: [
                    ("cursor", cursor ?? "initial"), ("per_page", Self.rules.pageSize),
                    ("types", "non_transactional"),
                ]
            )
        } read: { json, _ in
            guard let items = json["results"]?.list else { return nil }
            let wanted = items.filter { $0["type"] == SparkPostConnector.type }
            let entries = wanted.compactMap(entry)
            guard entries.count == wanted.count else { return nil }
            let link = json["links"]?.list?.first { $0["rel"]?.text == "next" }
            let next = link?["href"]?.text.flatMap { linkField("cursor", of: $0) }
            // A link that cannot be read is no end.
            guard link == nil || next != nil else { return nil }
            return PagedListing.Page(entries, next: next)
        }
        return try entries.pages(at: now)
    }

    /// How a listing shows an opt-out.
    package func sign(of extent: String) -> OptOutSign? {
        scopes.sign(of: extent, everywhere: [ListedEntry.everywhere])
    }

    private func entry(_ item: JSON) -> ListedEntry? {
        guard let address = item["recipient"]?.text else { return nil }
        let kind: InboundEvent.Kind =
            switch item["source"]?.text {
            case "Spam Complaint": .complained
            case "Bounce Rule": .bounced
            default: .unsubscribed
            }
        return item["list_id"]?.text.map { scopes.entry(address, kind, at: [$0]) }
            ?? scopes.everything(address, kind)
    }

    /// Checks the password a message comes with and reads its batch of events.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        try secret.verify(delivery)
        guard let items = try delivery.json().list else {
            throw Refusal(.malformed, "the body is not a list of events")
        }
        let batch = delivery.headers.first {
            $0.name.lowercased() == "x-messagesystems-batch-id"
        }
        // Batches that got no 200 come again for eight hours.
        let replay = batch.map { InboundBatch.Replay(token: $0.value) }
        let events = items.map { SparkPostConnector.event($0["msys"], at: now) }
        let activities = items.compactMap { SparkPostConnector.activity($0["msys"], at: now) }
        return .accepted(InboundBatch(events, activities: activities, replay: replay))
    }

    /// One that names neither its event nor whom it is about tries a new URL out.
    private static func activity(_ msys: JSON?, at now: Timestamp) -> InboundActivity? {
        let groups = ["message_event", "track_event", "unsubscribe_event"]
        guard let group = groups.lazy.compactMap({ msys?[$0] }).first else { return nil }
        let kind: ActivityKind
        switch group["type"]?.text {
        case "injection": kind = .sent
        case "delivery": kind = .delivered
        case "open", "initial_open": kind = .opened
        case "click": kind = .clicked
        case "bounce", "out_of_band":
            let number = group["bounce_class"]?.name ?? ""
            kind =
                number == unsubscribeClass
                ? .unsubscribed : hardClasses.contains(number) ? .hardBounced : .softBounced
        case "spam_complaint": kind = .complained
        case "list_unsubscribe", "link_unsubscribe": kind = .unsubscribed
        default: return nil
        }
        guard let address = group["raw_rcpt_to"]?.text ?? group["rcpt_to"]?.text,
            let id = group["event_id"]?.name
        else { return nil }
        let at = Timestamp(epoch: group["timestamp"]) ?? now
        var activity = InboundActivity(kind, address, at: at, id: id)
        activity.message = group["message_id"]?.text
        activity.campaign = group["campaign_id"]?.text
        // Of a delivery it is the receiving server's.
        if [.opened, .clicked].contains(kind) { activity.ip = group["ip_address"]?.text }
        activity.userAgent = group["user_agent"]?.text
        return activity
    }

    /// Classes of bounces that say that there is no such mailbox.
    private static let hardClasses: Set<String> = ["10", "30"]
    /// The class of a message that asks for no more.
    private static let unsubscribeClass = "90"

    private static func event(_ msys: JSON?, at now: Timestamp) -> InboundReading {
        guard let msys else { return .unreadable }
        let group = ["unsubscribe_event", "message_event"].lazy.compactMap { msys[$0] }.first
        // Clicks and the like; an empty one is SparkPost's trial of a new URL.
        guard let group else { return .ignored }
        let kind: InboundEvent.Kind?
        switch group["type"]?.text {
        case "list_unsubscribe", "link_unsubscribe": kind = .unsubscribed
        case "spam_complaint": kind = .complained
        case "bounce", "out_of_band":
            let number = group["bounce_class"]?.name ?? ""
            kind =
                number == unsubscribeClass
                ? .unsubscribed : hardClasses.contains(number) ? .bounced : nil
        default: kind = nil
        }
        let address = group["raw_rcpt_to"]?.text ?? group["rcpt_to"]?.text
        return InboundReading(kind, named: group["type"]?.text, of: address) { kind, address in
            InboundEvent(
                kind,
                address,
                at: Timestamp(epoch: group["timestamp"]) ?? now,
                id: group["event_id"]?.name
            )
        }
    }
}
