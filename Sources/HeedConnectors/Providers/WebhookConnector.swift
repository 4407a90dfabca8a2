// The connector for any system that takes webhooks: one signed JSON message for each opt-out.

package import HeedConsent

/// Tells a receiver by a Standard Webhooks message of type `optout.requested`.
///
/// The body is the same for every attempt; only `webhook-timestamp` and the signature change.
/// Receivers in private networks are what a self-hosted Heed is for, so the host is not restricted.
package struct WebhookConnector: Connector {
    /// The operator's name for it.
    package let name: String
    private let url: String
    private let secret: WebhookSecret

    /// Makes a connector; refuses a URL that is not `https`, or `http` to this machine.
    package init(name: String, url: String, secret: String) throws(Refusal) {
        try EndpointURL.check(url)
        self.name = name
        self.url = url
        self.secret = try WebhookSecret(secret)
    }

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        try self.init(
            name: configuration.name,
            url: configuration.required("url"),
            secret: configuration.required("secret")
        )
    }

    /// 2xx is a yes, 410 a lasting no, and anything else not yet an answer.
    ///
    /// Standard Webhooks counts 3xx as a failure and 410 as "send no more". Other 4xx are tried
    /// again too: a receiver that is being mended answers 401 or 404, and an opt-out must not be
    /// lost to that.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: nil,
        done: Set(200...299),
        giveUp: [410]
    )

    static let options: [ConnectorOption] = [
        .required("url", "where messages are sent"),
        .secret("secret", "the secret both sides share, 'whsec_' and base64", required: true),
    ]

    /// Sends a signed message of type `optout.requested`.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let about = ErasureNotice(
            target: notice.target,
            address: notice.address,
            contact: notice.contact,
            requestedAt: notice.requestedAt
        )
        let body = WebhookConnector.body("optout.requested", about, scope: notice.extent)
        return try tell(notice.target, body, at: now)
    }

    /// Says that it cannot be found out: Standard Webhooks has no way to ask.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        .answer(.giveUp("a webhook receiver cannot be asked"))
    }

    /// Sends a signed message of type `erasure.requested`.
    package func erase(
        _ notice: ErasureNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        try tell(notice.target, WebhookConnector.body("erasure.requested", notice), at: now)
    }

    /// Sends a signed message of type `connector.checked`, which asks for nothing but a 2xx.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        let body: JSON = [
            "data": [:], "timestamp": .text(now.text), "type": .text("connector.checked"),
        ]
        return try tell("check-\(now.wholeSeconds)", body, at: now)
    }

    /// Refuses: Standard Webhooks has no way to ask.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        throw .noListing(.webhook)
    }

    /// Nothing shows it, since nothing is listed.
    package func sign(of extent: String) -> OptOutSign? { nil }

    /// Reads a message signed with the same secret, of a type `recipient.…`.
    ///
    /// The types are `recipient.unsubscribed`, `recipient.complained` and `recipient.bounced`, with
    /// `data.address` and, for less than everything, `data.scope`; and, for the counts only,
    /// `recipient.sent`, `….delivered`, `….opened`, `….clicked` and `….soft-bounced`. All may have
    /// `data.message`, `data.campaign`, `data.ip` and `data.userAgent`.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        try secret.verify(headers: delivery.headers, body: delivery.body, at: now)
        let replay = try secret.replay(of: delivery.headers)
        let message = try delivery.json()
        let activity = WebhookConnector.activity(message, replay.token, at: now)
        return .accepted(
            InboundBatch(
                [event(message, replay.token, at: now)],
                activities: activity.map { [$0] } ?? [],
                replay: replay
            )
        )
    }

    /// What a type without `recipient.` means for the counts.
    private static func kind(_ type: String) -> ActivityKind? {
        guard type.hasPrefix(prefix) else { return nil }
        let name = String(type.dropFirst(prefix.count))
        return name == InboundEvent.Kind.bounced.rawValue
            ? .hardBounced : ActivityKind(rawValue: name)
    }

    private static let prefix = "recipient."

    private static func activity(
        _ message: JSON,
        _ id: String,
        at now: Timestamp
    ) -> InboundActivity? {
        let data = message["data"]
        guard let kind = message["type"]?.text.flatMap(kind), let address = data?["address"]?.text
        else { return nil }
        let at = Timestamp(date: message["timestamp"]) ?? now
        var activity = InboundActivity(kind, address, at: at, id: id)
        activity.message = data?["message"]?.text
        activity.campaign = data?["campaign"]?.text
        activity.ip = data?["ip"]?.text
        activity.userAgent = data?["userAgent"]?.text
        if let scope = data?["scope"]?.text { activity.setScope([scope]) }
        return activity
    }

    /// A type that does not begin with `recipient.` is about something else; one that does and is
    /// none of ours is a mistake, since both sides know the list.
    private func event(_ message: JSON, _ id: String, at now: Timestamp) -> InboundReading {
        guard let type = message["type"]?.text else { return .unreadable }
        let prefix = WebhookConnector.prefix
        guard type.hasPrefix(prefix) else { return .ignored }
        guard let address = message["data"]?["address"]?.text else { return .unreadable }
        guard let kind = InboundEvent.Kind(rawValue: String(type.dropFirst(prefix.count))) else {
            return WebhookConnector.kind(type) == nil ? .unreadable : .ignored
        }
        let scope = message["data"]?["scope"]?.text
        let event = InboundEvent(
            kind,
            address,
            place: scope,
            extents: [scope ?? OptOutNotice.globalExtent],
            at: Timestamp(date: message["timestamp"]) ?? now,
            id: id
        )
        return .event(event)
    }

    /// The message about a person; both kinds say the same but for the scope.
    private static func body(
        _ type: String,
        _ notice: ErasureNotice,
        scope: String? = nil
    ) -> JSON {
        let asked = JSON.text(notice.requestedAt.text)
        var data: [String: JSON] = [
            "address": .text(notice.address), "channel": .text(Channel.email.rawValue),
            "contactId": .text(notice.contact), "id": .text(notice.target), "requestedAt": asked,
        ]
        data["scope"] = scope.map(JSON.text)
        return ["data": .object(data), "timestamp": asked, "type": .text(type)]
    }

    private func tell(
        _ id: String,
        _ body: JSON,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        // A full stop would move the borders of what is signed, a line break those of the header.
        guard isPlainName(id, symbols: "-_") else {
            throw Refusal(
                .invalid,
                field: "target",
                "a message id has 1 to 64 of letters, digits, '-' and '_'"
            )
        }
        let bytes = body.bytes
        let request = OutboundRequest(
            method: "POST",
            url: url,
            headers: [
                ("content-type", "application/json"),
                ("user-agent", "Heed"),
                ("webhook-id", id),
                ("webhook-timestamp", String(now.wholeSeconds)),
                ("webhook-signature", secret.sign(id: id, timestamp: now, body: bytes)),
            ],
            body: bytes
        )
        return .ask(request, rules)
    }
}

extension WebhookConnector: CustomStringConvertible, CustomReflectable {
    /// The kind and the operator's name: the URL may open a door.
    package var description: String { "webhook \(name)" }

    /// Shows nothing, so that `dump` opens no door either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
