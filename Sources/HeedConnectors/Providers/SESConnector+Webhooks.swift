// What Amazon SES reports by way of SNS: bounces, complaints and changed subscriptions.

package import HeedConsent

extension SESConnector {
    /// Fetches the certificate a message names, checks its signature, and reads it.
    ///
    /// A subscription to the topic in the settings is confirmed by fetching the URL it came with.
    package func receive(
        _ delivery: WebhookDelivery,
        at now: Timestamp
    ) throws(Refusal) -> InboundStep {
        guard let topic else { throw .noWebhooks("topic-arn") }
        let message = try SNSMessage(delivery.body, topic: topic, hashes: hashes)
        let fetch = InboundStep.get(message.certificateURL)
        return .fetch(fetch) { response, later throws(Refusal) in
            guard response.status == 200 else {
                throw Refusal(.invalid, field: "SigningCertURL", response.summary)
            }
            try message.verify(SNSCertificate(pem: response.body), at: later)
            guard let confirm = message.subscribeURL else {
                return .accepted(batch(of: message))
            }
            return .fetch(InboundStep.get(confirm)) { confirmed, _ throws(Refusal) in
                guard confirmed.status == 200 else {
                    throw Refusal(.invalid, field: "SubscribeURL", confirmed.summary)
                }
                return .accepted(InboundBatch(ignored: 1, replay: message.replay))
            }
        }
    }

    private func batch(of message: SNSMessage) -> InboundBatch {
        // SES tries a new topic out with a sentence.
        guard message.kind == .notification, !message.text.hasPrefix(Self.trial) else {
            return InboundBatch(ignored: 1, replay: message.replay)
        }
        guard let json = JSON(Array(message.text.utf8)) else {
            return InboundBatch(unreadable: 1, replay: message.replay)
        }
        let type = json["eventType"]?.text ?? json["notificationType"]?.text
        let readings: [InboundReading] =
            switch type {
            case "Bounce": bounces(json["bounce"], message)
            case "Complaint": complaints(json["complaint"], message)
            case "Subscription": subscriptions(json, message)
            case nil: [.unreadable]
            default: [.ignored]
            }
        let activities = SESConnector.activities(json, message)
        return InboundBatch(readings, activities: activities, replay: message.replay)
    }

    private static func activities(_ json: JSON, _ message: SNSMessage) -> [InboundActivity] {
        let mail = json["mail"]
        let kind: ActivityKind
        let report: JSON?
        var recipients = mail?["destination"]?.list
        switch json["eventType"]?.text ?? json["notificationType"]?.text {
        case "Send": (kind, report) = (.sent, mail)
        case "Delivery":
            (kind, report) = (.delivered, json["delivery"])
            recipients = report?["recipients"]?.list
        case "Open": (kind, report) = (.opened, json["open"])
        case "Click": (kind, report) = (.clicked, json["click"])
        case "Bounce":
            report = json["bounce"]
            recipients = report?["bouncedRecipients"]?.list
            kind = report?["bounceType"]?.text == "Permanent" ? .hardBounced : .softBounced
        case "Complaint":
            (kind, report) = (.complained, json["complaint"])
            recipients = report?["complainedRecipients"]?.list
            guard report?["complaintFeedbackType"]?.text != "not-spam" else { return [] }
        case "Subscription":
            (kind, report) = (.unsubscribed, json["subscription"])
            guard SESPreferences.isLeaving(report) else { return [] }
        default: return []
        }
        // What the list itself refused was never sent.
        let subtype = report?["bounceSubType"]?.text ?? report?["complaintSubType"]?.text
        guard subtype != "OnAccountSuppressionList" else { return [] }
        let at = Timestamp(date: report?["timestamp"]) ?? message.sentAt
        return (recipients ?? []).enumerated().compactMap { index, item in
            guard let address = item.text ?? item["emailAddress"]?.text else { return nil }
            let id = InboundActivity.id(message.id, index)
            var activity = InboundActivity(kind, address, at: at, id: id)
            activity.message = mail?["messageId"]?.text
            activity.campaign = mail?["tags"]?["campaign"]?.list?.first?.text
            activity.ip = report?["ipAddress"]?.text
            activity.userAgent =
                kind == .complained ? nil : report?["userAgent"]?.text
            return activity
        }
    }

    private static let trial = "Successfully validated SNS topic"

    private func bounces(_ bounce: JSON?, _ message: SNSMessage) -> [InboundReading] {
        guard let type = bounce?["bounceType"]?.text else { return [.unreadable] }
        // What the list itself refused says nothing new about the address.
        guard type == "Permanent", bounce?["bounceSubType"]?.text != "OnAccountSuppressionList"
        else { return [.ignored] }
        return events(.bounced, of: bounce, bounce?["bouncedRecipients"], message)
    }

    private func complaints(_ complaint: JSON?, _ message: SNSMessage) -> [InboundReading] {
        guard complaint?["complaintFeedbackType"]?.text != "not-spam",
            complaint?["complaintSubType"]?.text != "OnAccountSuppressionList"
        else { return [.ignored] }
        return events(.complained, of: complaint, complaint?["complainedRecipients"], message)
    }

    private func events(
        _ kind: InboundEvent.Kind,
        of report: JSON?,
        _ recipients: JSON?,
        _ message: SNSMessage
    ) -> [InboundReading] {
        let id = report?["feedbackId"]?.text ?? message.id
        guard let recipients = recipients?.list, !recipients.isEmpty else { return [.unreadable] }
        return recipients.enumerated().map { index, recipient in
            guard let address = recipient["emailAddress"]?.text else { return .unreadable }
            let event = InboundEvent(
                kind,
                address,
                at: Timestamp(date: report?["timestamp"]) ?? message.sentAt,
                id: index == 0 ? id : "\(id)/\(index + 1)"
            )
            return .event(event)
        }
    }

    /// Compares the preferences before and after, because a message repeats those that stayed.
    private func subscriptions(_ json: JSON, _ message: SNSMessage) -> [InboundReading] {
        guard let address = json["mail"]?["destination"]?.list?.first?.text else {
            return [.unreadable]
        }
        let subscription = json["subscription"]
        let old = SESPreferences(subscription?["oldTopicPreferences"])
        let new = SESPreferences(subscription?["newTopicPreferences"])
        let at = Timestamp(date: subscription?["timestamp"]) ?? message.sentAt
        if new.isOutOfAll != old.isOutOfAll {
            let kind: InboundEvent.Kind = new.isOutOfAll ? .unsubscribed : .resubscribed
            return [.event(InboundEvent(kind, address, at: at, id: message.id))]
        }
        let changed = new.topics.keys.sorted().filter { new.topics[$0] != old.topics[$0] }
        guard !changed.isEmpty else { return [.ignored] }
        return changed.map { topic in
            let event = InboundEvent(
                new.topics[topic] == true ? .unsubscribed : .resubscribed,
                address,
                place: topic,
                extents: scopes.extents(of: topic),
                at: at,
                id: "\(message.id)/\(topic)"
            )
            return .event(event)
        }
    }
}

/// The preferences of one person as a subscription event tells them.
private struct SESPreferences {
    let isOutOfAll: Bool
    /// For each topic, whether the person left it.
    let topics: [String: Bool]

    init(_ json: JSON?) {
        isOutOfAll = json?["unsubscribeAll"]?.flag ?? false
        var topics: [String: Bool] = [:]
        for topic in json?["topicSubscriptionStatus"]?.list ?? [] {
            guard let name = topic["topicName"]?.text else { continue }
            topics[name] = topic["subscriptionStatus"]?.text == "OptOut"
        }
        self.topics = topics
    }

    /// True when a subscription event says that the person left something.
    static func isLeaving(_ subscription: JSON?) -> Bool {
        let old = SESPreferences(subscription?["oldTopicPreferences"])
        let new = SESPreferences(subscription?["newTopicPreferences"])
        if new.isOutOfAll != old.isOutOfAll { return new.isOutOfAll }
        return new.topics.contains { $0.value && old.topics[$0.key] != true }
    }
}

extension InboundStep {
    /// A request that fetches a URL which was checked before.
    fileprivate static func get(_ url: String) -> OutboundRequest {
        OutboundRequest(method: "GET", url: url, headers: [("user-agent", "Heed")], body: [])
    }
}
