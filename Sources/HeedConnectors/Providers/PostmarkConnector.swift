// The connector for Postmark: the suppressions of each message stream.

package import HeedConsent

/// Tells Postmark, stream by stream.
///
/// Postmark takes an order at once and carries it out within a minute or so. Its word for it does
/// not count; the suppression is done when it can be read back.
package struct PostmarkConnector: Connector {
    /// The operator's name for it.
    package let name: String
    private let scopes: ScopeMap
    private let api: ProviderAPI
    private let secret: SharedSecret?

    /// How long Postmark is given before it is asked again.
    static let settleSeconds: Int64 = 60

    static let options: [ConnectorOption] = [
        .url, .secret("secret", "the token of the server", required: true),
        .secret("webhook-secret", "the password webhooks come with", required: false), .global,
    ]

    /// Postmark publishes no number; it takes up to 50 addresses at once.
    package var rules: ProviderRules { Self.rules }

    static let rules = ProviderRules(
        requestsPerMinute: nil,
        addressesPerRequest: 50,
        done: [200],
        giveUp: [413, 422]
    )

    init(_ configuration: ConnectorConfiguration) throws(Refusal) {
        name = configuration.name
        scopes = configuration.scopes
        secret = try configuration.sharedSecret()
        api = ProviderAPI(
            try configuration.base("https://api.postmarkapp.com"),
            headers: [("x-postmark-server-token", try configuration.credential("secret"))]
        )
    }

    /// Suppresses in each stream the scope stands for, and reads it back.
    package func suppress(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        let streams = try scopes.places(for: notice.extent)
        return try .each(streams, at: now) { stream, _ in
            .send(change(["suppressions"], stream, notice.address)) { response, later in
                guard response.status == 200 else {
                    return .answer(rules.answer(to: response, at: later))
                }
                let failed = PostmarkConnector.status(in: response) == "Failed"
                return listed(notice.address, in: stream) { answer in
                    guard case .absent(let text) = answer else { return answer }
                    return failed
                        ? .giveUp("\(text): refused by Postmark")
                        : .retry(after: PostmarkConnector.settleSeconds, "\(text): not there yet")
                }
            }
        }
    }

    /// Asks each stream for the address.
    package func readBack(
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws(Refusal) -> ConnectorStep {
        try .each(scopes.places(for: notice.extent), at: now) { stream, _ in
            listed(notice.address, in: stream) { $0 }
        }
    }

    /// Removes the address from each stream's suppressions, which is all this interface can remove.
    ///
    /// Postmark keeps complaints and says so; messages fall out of its archive by age.
    package func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep
    {
        try .each(scopes.all, at: now) { stream, _ in
            let request = change(["suppressions", "delete"], stream, notice.address)
            return .send(request) { response, later in
                let answer = rules.answer(to: response, at: later)
                guard response.status == 200,
                    PostmarkConnector.status(in: response) == "Failed"
                else { return .answer(answer) }
                return .answer(.giveUp("\(response.summary): refused by Postmark"))
            }
        }
    }

    /// Finds out whether the token works and every stream exists.
    package func check(at now: Timestamp) throws(Refusal) -> ConnectorStep {
        try .each(scopes.all, at: now) { stream, _ in
            .ask(api.get(["message-streams", stream]), rules)
        }
    }

    /// Lists the suppressions of each stream in the settings.
    package func list(at now: Timestamp) throws(Refusal) -> ListingStep {
        try .each(scopes.all, at: now) { stream, _ in dump(stream, of: nil) }
    }

    /// How a listing shows an opt-out.
    package func sign(of extent: String) -> OptOutSign? { scopes.sign(of: extent) }

    /// Earlier than any suppression: Postmark began in 2009.
    private static let firstDay = CivilDay(year: 2009, month: 1, day: 1)?.number ?? 0

    /// The dump of a stream, which has no pages: one that is too long is asked for in halves, by
    /// the days on which the suppressions were made.
    private func dump(_ stream: String, of days: ClosedRange<Int64>?) -> ListingStep {
        let query = days.map {
            [
                ("fromdate", CivilDay(number: $0.lowerBound).text),
                ("todate", CivilDay(number: $0.upperBound).text),
            ]
        }
        let request = api.get(
            ["message-streams", stream, "suppressions", "dump"],
            query: query ?? []
        )
        return .send(request.expectingList) { response, later throws(Refusal) in
            // Tomorrow too: it has begun somewhere.
            let days = days ?? Self.firstDay...(later.day.number + 1)
            if response.status == 200, response.isCut, days.count > 1 {
                let middle = (days.lowerBound + days.upperBound) / 2
                return try dump(stream, of: days.lowerBound...middle).then(at: later) { _ in
                    dump(stream, of: (middle + 1)...days.upperBound)
                }
            }
            guard response.status == 200, let items = response.json?["Suppressions"]?.list else {
                return .failed(response, rules, at: later)
            }
            let entries = items.compactMap { item in
                item["EmailAddress"]?.text.map { address in
                    let kind = Self.kind(item["SuppressionReason"]?.text)
                    return scopes.entry(address, kind, at: [stream])
                }
            }
            guard entries.count == items.count else { return .failed(response, rules, at: later) }
            return .page(entries) { _ in .end }
        }
    }

    /// Checks the password a message comes with and reads it.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        try secret.verify(delivery)
        let message = try delivery.json()
        let activity = activity(message, at: now)
        return .accepted(
            InboundBatch([event(message, at: now)], activities: activity.map { [$0] } ?? [])
        )
    }

    private func activity(_ message: JSON, at now: Timestamp) -> InboundActivity? {
        let kind: ActivityKind
        var time = message["ReceivedAt"]
        let name = message["RecordType"]?.text
        switch name {
        case "Delivery": (kind, time) = (.delivered, message["DeliveredAt"])
        case "Open": kind = .opened
        case "Click": kind = .clicked
        case "Bounce":
            let isHard = ["HardBounce", "BadEmailAddress"].contains(message["Type"]?.text)
            (kind, time) = (isHard ? .hardBounced : .softBounced, message["BouncedAt"])
        case "SpamComplaint": (kind, time) = (.complained, message["BouncedAt"])
        case "SubscriptionChange":
            guard PostmarkConnector.change(message) == .unsubscribed else { return nil }
            (kind, time) = (.unsubscribed, message["ChangedAt"])
        default: return nil
        }
        guard let address = message["Recipient"]?.text ?? message["Email"]?.text else {
            return nil
        }
        let id = InboundActivity.id(of: [
            name, message["ID"]?.name, message["MessageID"]?.text, address.lowercased(),
            time?.text, message["OriginalLink"]?.text,
        ])
        let at = Timestamp(date: time) ?? now
        var activity = InboundActivity(kind, address, at: at, id: id)
        activity.message = message["MessageID"]?.text
        activity.campaign = message["Tag"]?.text
        if let stream = message["MessageStream"]?.text {
            activity.setScope(scopes.extents(of: stream))
        }
        activity.ip = message["Geo"]?["IP"]?.text
        activity.userAgent = message["UserAgent"]?.text
        return activity
    }

    private func change(_ path: [String], _ stream: String, _ address: String) -> OutboundRequest {
        api.send(
            "POST",
            ["message-streams", stream] + path,
            ["Suppressions": [["EmailAddress": .text(address)]]]
        )
    }

    private func listed(
        _ address: String,
        in stream: String,
        _ then: @escaping @Sendable (ConnectorAnswer) -> ConnectorAnswer
    ) -> ConnectorStep {
        let request = api.get(
            ["message-streams", stream, "suppressions", "dump"],
            query: [("EmailAddress", address)]
        )
        return .question(request, rules, unknown: nil) { dump, text in
            guard let found = dump["Suppressions"]?.list else { return nil }
            // The filter may match more than was asked for.
            let isThere = found.contains {
                $0["EmailAddress"]?.text?.lowercased() == address.lowercased()
            }
            return then(.found(isThere, text))
        }
    }

    private static func status(in response: OutboundResponse) -> String? {
        response.json?["Suppressions"]?.list?.first?["Status"]?.text
    }

    private func event(_ message: JSON, at now: Timestamp) -> InboundReading {
        let name = message["RecordType"]?.text
        let stream = message["MessageStream"]?.text
        var address = message["Email"]?.text
        var time = message["BouncedAt"]
        let kind: InboundEvent.Kind?
        switch name {
        case "SubscriptionChange":
            address = message["Recipient"]?.text
            time = message["ChangedAt"]
            guard let change = PostmarkConnector.change(message) else { return .unreadable }
            kind = change
        case "SpamComplaint": kind = .complained
        case "Bounce":
            let isHard = ["HardBounce", "BadEmailAddress"].contains(message["Type"]?.text)
            kind = isHard ? .bounced : nil
        default: kind = nil
        }
        return InboundReading(kind, named: name, of: address) { kind, address in
            let isAboutStream = kind == .unsubscribed || kind == .resubscribed
            return InboundEvent(
                kind,
                address,
                place: stream,
                extents: isAboutStream
                    ? scopes.extents(of: stream ?? "") : [OptOutNotice.globalExtent],
                at: Timestamp(date: time) ?? now,
                id: message["ID"]?.name ?? message["MessageID"]?.text
            )
        }
    }

    private static func change(_ message: JSON) -> InboundEvent.Kind? {
        guard let suppressed = message["SuppressSending"]?.flag else { return nil }
        return suppressed ? kind(message["SuppressionReason"]?.text) : .resubscribed
    }

    private static func kind(_ reason: String?) -> InboundEvent.Kind {
        switch reason {
        case "HardBounce": return .bounced
        case "SpamComplaint": return .complained
        default: return .unsubscribed
        }
    }
}
