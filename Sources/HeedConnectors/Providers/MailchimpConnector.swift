// The connector for Mailchimp Marketing: the members of each audience.

import Crypto
package import HeedConsent

/// Tells Mailchimp, audience by audience.
///
/// A member that Mailchimp does not know is made as an unsubscribed one, so that a later import
/// there finds the "no". One that Mailchimp will not touch, because the person opted out or was
/// deleted there for good, is told already.
package struct MailchimpConnector: Connector {
    /// The operator's name for it.
    package let name: String
    private let scopes: ScopeMap
    private let api: ProviderAPI
    private let secret: SharedSecret?

    static let options: [ConnectorOption] = [
        .url, .secret("secret", "the API key, with the data centre at its end", required: true),
        .secret("webhook-secret", "the secret in the URL of webhooks", required: false), .global,
    ]

    /// Mailchimp allows ten connections at once and sends no header about limits.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: nil,
        simultaneousRequests: 10,
        addressesPerRequest: 500,
        entriesPerPage: 1000,
        done: [200],
        giveUp: [400, 405, 413, 422]
    )

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        name = configuration.name
        scopes = configuration.scopes
        secret = try configuration.sharedSecret()
        let key = try configuration.credential("secret")
        let centre = key.split(separator: "-").last.map(String.init) ?? ""
        if configuration.text("url") == nil {
            guard key.contains("-"), isPlainName(centre, symbols: "") else {
                throw Refusal(
                    .invalid,
                    field: "secret",
                    "a Mailchimp key ends in '-' and the data centre, or the option url says it"
                )
            }
        }
        api = ProviderAPI(
            try configuration.base("https://\(centre).api.mailchimp.com/3.0"),
            headers: [("authorization", basicCredentials("heed", key))]
        )
    }

    /// Unsubscribes in each audience the scope stands for.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        try .each(scopes.places(for: notice.extent), at: now) { list, _ in
            let member = MailchimpConnector.member(notice.address, of: list)
            let change: JSON = ["status": .text("unsubscribed")]
            return .send(api.send("PATCH", member, change)) { response, later in
                guard response.status == 404 else { return .answer(read(response, at: later)) }
                return upsert(notice.address, member)
            }
        }
    }

    /// Asks each audience for the member's status.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        try .each(scopes.places(for: notice.extent), at: now) { list, _ in
            let member = MailchimpConnector.member(notice.address, of: list)
            return .question(api.get(member), rules) { json, text in
                json["status"]?.text.map { .found(Self.isOut.contains($0), text) }
            }
        }
    }

    /// Deletes the member from each audience for good; Mailchimp then refuses to import it again.
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        let erased = rules.reading(done: [200, 204], alreadyDone: [404])
        return try .each(scopes.all, at: now) { list, _ in
            let path = MailchimpConnector.member(notice.address, of: list)
            return .ask(api.send("POST", path + ["actions", "delete-permanent"], [:]), erased)
        }
    }

    /// Finds out whether the key works and every audience exists.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        try .each(scopes.all, at: now) { list, _ in
            .ask(api.get(["lists", list], query: [("fields", "id")]), rules)
        }
    }

    /// Lists the members of each audience that are not mailed.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        try .each(scopes.all, at: now) { list, later throws(Refusal) in
            try .each(Self.isOut.sorted(), at: later) { status, later throws(Refusal) in
                try members(of: list, status).pages(at: later)
            }
        }
    }

    /// How a listing shows an opt-out.
    package func sign(of extent: String) -> OptOutSign? { scopes.sign(of: extent) }

    /// By last change, so that who leaves meanwhile comes at the end and moves nobody.
    private func members(of list: String, _ status: String) -> PagedListing {
        PagedListing(rules: rules) { cursor, _ in
            api.get(
                ["lists", list, "members"],
                query: [
                    ("status", status), ("count", Self.rules.pageSize), ("offset", cursor ?? "0"),
                    ("sort_field", "last_changed"), ("sort_dir", "ASC"),
                    ("fields", "members.email_address,members.status"),
                ]
            )
        } read: { json, cursor in
            guard let items = json["members"]?.list else { return nil }
            var entries: [ListedEntry] = []
            for item in items {
                // Another status would mean that the filter was not understood.
                guard let address = item["email_address"]?.text, item["status"]?.text == status
                else { return nil }
                let kind: InboundEvent.Kind = status == "cleaned" ? .bounced : .unsubscribed
                entries.append(scopes.entry(address, kind, at: [list]))
            }
            return PagedListing.Page(entries, of: items.count, from: cursor)
        }
    }

    /// Checks the secret in the URL and reads the form.
    ///
    /// Mailchimp first calls a new URL without a form, which is answered like any other message.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        try secret.verify(delivery)
        guard let fields = formDecoded(delivery.body) else {
            throw Refusal(.malformed, "the body is not a form")
        }
        let activity = MailchimpConnector.activity(fields, at: now)
        return .accepted(
            InboundBatch(
                [fields.isEmpty ? .ignored : event(fields, at: now)],
                activities: activity.map { [$0] } ?? []
            )
        )
    }

    /// Mailchimp tells who leaves and who cannot be reached; of opens it tells nothing.
    private static func activity(
        _ fields: [String: String],
        at now: Timestamp
    ) -> InboundActivity? {
        let kind: ActivityKind
        switch fields["type"] {
        case "unsubscribe", "cleaned":
            let usual: ActivityKind =
                fields["type"] == "cleaned" ? .hardBounced : .unsubscribed
            kind = fields["data[reason]"] == "abuse" ? .complained : usual
        default: return nil
        }
        guard let address = fields["data[email]"] else { return nil }
        let id = InboundActivity.id(of: [
            fields["type"], fields["data[list_id]"], address.lowercased(), fields["fired_at"],
            fields["data[campaign_id]"],
        ])
        let at = fields["fired_at"].flatMap { Timestamp(text: $0) } ?? now
        var activity = InboundActivity(kind, address, at: at, id: id)
        activity.campaign = fields["data[campaign_id]"]
        return activity
    }

    /// The member's path: the hash is MD5 of the address in lower case.
    private static func member(_ address: String, of list: String) -> [String] {
        let hash = Insecure.MD5.hash(data: Array(address.lowercased().utf8))
        return ["lists", list, "members", hexadecimal(hash)]
    }

    private func upsert(_ address: String, _ member: [String]) -> ConnectorStep {
        let status = JSON.text("unsubscribed")
        let request = api.send(
            "PUT",
            member,
            query: [("skip_merge_validation", "true")],
            ["email_address": .text(address), "status": status, "status_if_new": status]
        )
        return .send(request) { response, later in .answer(read(response, at: later)) }
    }

    /// Statuses of a member that is not mailed and that no import brings back.
    ///
    /// An archived member is not mailed either, but an import brings it back.
    private static let isOut: Set<String> = ["unsubscribed", "cleaned"]

    /// A change counts when the member says so; two refusals say that the person is out already.
    private func read(_ response: OutboundResponse, at now: Timestamp) -> ConnectorAnswer {
        let summary = response.summary
        switch response.status {
        case 200:
            let status = response.json?["status"]?.text ?? ""
            return Self.isOut.contains(status)
                ? .done(summary) : .retry(after: nil, "\(summary): not unsubscribed")
        case 400:
            let titles = ["Member In Compliance State", "Forgotten Email Not Subscribed"]
            guard let title = response.json?["title"]?.text, titles.contains(title) else {
                return .giveUp(summary)
            }
            return .alreadyDone("\(summary): out already")
        default: return rules.answer(to: response, at: now)
        }
    }

    private func event(_ fields: [String: String], at now: Timestamp) -> InboundReading {
        let kind: InboundEvent.Kind?
        switch fields["type"] {
        case "unsubscribe", "cleaned":
            let isAbuse = fields["data[reason]"] == "abuse"
            let usual: InboundEvent.Kind =
                fields["type"] == "cleaned" ? .bounced : .unsubscribed
            kind = isAbuse ? .complained : usual
        case "subscribe": kind = .resubscribed
        case "upemail": kind = .addressChanged
        default: kind = nil
        }
        let address = fields["data[email]"] ?? fields["data[old_email]"]
        let list = fields["data[list_id]"]
        return InboundReading(kind, named: fields["type"], of: address) { kind, address in
            let isAboutList = kind == .unsubscribed || kind == .resubscribed
            return InboundEvent(
                kind,
                address,
                place: list,
                extents: isAboutList
                    ? scopes.extents(of: list ?? "") : [OptOutNotice.globalExtent],
                // Mailchimp writes UTC without saying so.
                at: fields["fired_at"].flatMap { Timestamp(text: $0) } ?? now,
                id: nil
            )
        }
    }
}
