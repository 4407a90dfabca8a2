// Messages of providers spoiled by chance: read or refused, and believed only when they are proven.

import Crypto
import Foundation
import HeedConnectors
import HeedConsent
import TestSupport
import Testing

@Suite("Webhooks by chance")
struct WebhookFuzzTests {
    private static let password = "correct-horse-battery"
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let options: [ConnectorKind: [String: String]] = [
        .webhook: ["url": "https://crm.example/hook", "secret": secret],
        .resend: ["secret": "key", "webhook-secret": secret],
        .mailgun: ["secret": "key", "webhook-secret": "signing-key", "global": "none"],
        .postmark: [
            "secret": "token", "global": "broadcast", "scope.newsletter": "letters",
            "webhook-secret": password,
        ],
        .sparkpost: ["secret": "key", "webhook-secret": password],
        .brevo: ["secret": "key", "webhook-secret": password, "scope.newsletter": "7"],
        .mailchimp: ["secret": "key-us6", "global": "a1", "webhook-secret": password],
    ]
    /// The time and the token of this are signed, so one proof serves for every event.
    private static let mailgun =
        #"{"signature":{"timestamp":"1769851800","token":"#
        + #""a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0","signature":"#
        + #""54ec0283f1d29ea831289669e19f8d0f1dead7aab25a0134f3296ef8055bdf7d"},"event-data":"#

    private static let corpus = [
        #"[{"timestamp":1769851790,"email":"a@b.example","event":"bounce","type":"blocked","#
            + #""sg_event_id":"5","asm_group_id":101,"category":["a","b"],"ip":"192.0.2.1"}]"#,
        #"{"id":"e","recipient":"a@b.example","event":"failed","severity":"permanent","#
            + #""timestamp":1769851790.5,"message":{"headers":{"message-id":"m"}},"tags":["x"]}"#,
        #"{"RecordType":"SubscriptionChange","Recipient":"a@b.example","SuppressSending":true,"#
            + #""MessageStream":"letters","ChangedAt":"2026-01-31T09:00:00Z"}"#,
        #"{"RecordType":"Bounce","Email":"a@b.example","ID":7,"Type":"HardBounce","#
            + #""BouncedAt":"2026-01-31T09:00:00.123-05:00"}"#,
        #"[{"msys":{"message_event":{"type":"bounce","bounce_class":"21","event_id":"5","#
            + #""rcpt_to":"a@b.example","timestamp":"1769851790"}}},{"msys":{}}]"#,
        #"{"email":"a@b.example","ts_epoch":1769851790000,"event":"soft_bounce","camp_id":7}"#,
        #"{"event":"list_addition","email":["a@b.example"],"list_id":[7],"ts":1769851790}"#,
        "type=unsubscribe&data[email]=a%40b.example&data[list_id]=a1&data[campaign_id]=c1"
            + "&fired_at=2026-01-31+09:00:00",
        "type=upemail&data[old_email]=a@b.example&data[new_email]=c@d.example&data[list_id]=a1",
        #"{"type":"email.bounced","created_at":"2026-01-31T09:00:00Z","data":{"#
            + #""to":["a@b.example"],"email_id":"m","bounce":{"type":"Transient"}}}"#,
        #"{"type":"contact.updated","data":{"email":"a@b.example","unsubscribed":true}}"#,
        #"{"type":"recipient.unsubscribed","timestamp":"2026-01-31T09:30:00Z","data":{"address":"#
            + #""a@b.example","scope":"newsletter","message":"m","ip":"203.0.113.7"}}"#,
        #"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","feedbackId":"f","#
            + #""bouncedRecipients":[{"emailAddress":"a@b.example"}]}}"#,
        #"{"eventType":"Subscription","mail":{"destination":["a@b.example"]},"subscription":{"#
            + #""contactList":"main","newTopicPreferences":{"unsubscribeAll":false,"#
            + #""topicSubscriptionStatus":[{"topicName":"News","subscriptionStatus":"OptOut"}]},"#
            + #""oldTopicPreferences":{"unsubscribeAll":false,"topicSubscriptionStatus":[]}}}"#,
    ]

    /// A proven message of a kind with this body.
    private func proven(_ kind: ConnectorKind, _ body: [UInt8]) throws -> WebhookDelivery {
        var (headers, query, body) = ([(name: String, value: String)](), "", body)
        switch kind {
        case .webhook, .resend:
            let prefix = kind == .resend ? "svix-" : "webhook-"
            let code = try WebhookSecret(Self.secret).sign(
                id: "m-1",
                timestamp: Scene.now,
                body: body
            )
            headers = [
                (prefix + "id", "m-1"), (prefix + "timestamp", String(Scene.now.wholeSeconds)),
                (prefix + "signature", code),
            ]
        case .mailgun: body = Array(Self.mailgun.utf8) + body + [UInt8(ascii: "}")]
        case .mailchimp: query = "secret=" + Self.password
        default: headers = [("Authorization", "Bearer " + Self.password)]
        }
        return WebhookDelivery(query: query, headers: headers, body: body)
    }

    /// What is wrong with what a connector makes of a message.
    private func complaint(_ connector: any Connector, _ delivery: WebhookDelivery) -> String? {
        do {
            guard case .accepted(let batch) = try connector.receive(delivery, at: Scene.now) else {
                return "something is to be fetched"
            }
            return complaint(batch, delivery.body.count)
        } catch {
            return error.description.contains("@") ? "a refusal with an address" : nil
        }
    }

    private func complaint(_ batch: InboundBatch, _ bytes: Int) -> String? {
        let count = batch.events.count + batch.activities.count + batch.unreadable
        return count > 2 * bytes + 2 ? "more events than bytes" : nil
    }

    @Test(arguments: options.keys.sorted { $0.rawValue < $1.rawValue })
    func aProvenMessageIsReadOrRefused(_ kind: ConnectorKind) throws {
        let connector = try made(kind, Self.options[kind] ?? [:])
        try Fuzz("webhook-\(kind.rawValue)", cases: 1500, corpus: Self.corpus).run { tried in
            complaint(connector, try proven(kind, tried.input))
        }
    }

    @Test func sendGridsMessagesAreReadOrRefused() throws {
        let key = P256.Signing.PrivateKey()
        let text = key.publicKey.derRepresentation.base64EncodedString()
        let options = ["secret": "key", "scope.newsletter": "101", "webhook-key": text]
        let connector = try made(.sendgrid, options)
        let seconds = String(Scene.now.wholeSeconds)
        try Fuzz("webhook-sendgrid", cases: 1500, corpus: Self.corpus).run { tried in
            let code = try key.signature(for: Data(seconds.utf8) + Data(tried.input))
            let name = "x-twilio-email-event-webhook-"
            let headers = [
                (name: name + "signature", value: code.derRepresentation.base64EncodedString()),
                (name: name + "timestamp", value: seconds),
            ]
            return complaint(connector, WebhookDelivery(headers: headers, body: tried.input))
        }
    }

    private static let ses = [
        "region": "eu-central-1", "access-key-id": "AKID", "secret": "key",
        "topic-arn": SNSSample.topic, "contact-list": "main", "scope.newsletter": "News",
    ]

    /// What is published is spoiled, and then signed.
    @Test func whatSESPublishesIsReadOrRefused() throws {
        let connector = try made(.ses, Self.ses)
        let certificate = try SigningKey.certificate()
        try Fuzz("webhook-ses", cases: 400, corpus: Self.corpus).run { tried in
            let envelope = try SNSEnvelope.signed(tried.text)
            let read = envelope.read(by: connector, certificate: certificate)
            return read.batch.flatMap { complaint($0, tried.input.count) }
        }
    }

    /// The envelope or the certificate is spoiled, after it was signed.
    @Test func noSpoiledSNSMessageIsBelieved() throws {
        let connector = try made(.ses, Self.ses)
        let good = SNSEnvelope.note
        let corpus = [good.delivery.body, SNSEnvelope.subscription.delivery.body]
        try Fuzz("sns", cases: 1500, corpus: corpus).run { tried in
            guard let json = JSON(tried.input), case .object(let members) = json else {
                return nil
            }
            let envelope = SNSEnvelope(members: members.compactMapValues(\.text))
            let read = envelope.read(by: connector)
            // Another region's SNS is SNS, too.
            let isOfSNS = read.fetched.allSatisfy {
                let host = $0.dropFirst("GET https://".count).prefix { $0 != "/" }
                return host.hasPrefix("sns.") && host.contains(".amazonaws.com")
                    && host.split(separator: ".").count < 6
            }
            guard isOfSNS else { return "fetched from elsewhere: \(read.fetched)" }
            guard read.batch != nil else { return nil }
            let signed = ["Message", "MessageId", "Timestamp", "TopicArn", "Type", "Subject"]
            let others = [good, SNSEnvelope.subscription]
            let isGood = others.contains { other in
                signed.allSatisfy { same(envelope.members[$0], other.members[$0]) }
            }
            return isGood ? nil : "a message that nobody signed is believed"
        }
    }

    private func same(_ one: String?, _ other: String?) -> Bool {
        one.map { Array($0.utf8) } == other.map { Array($0.utf8) }
    }

    @Test func aSpoiledCertificateIsNoTrap() throws {
        let connector = try made(.ses, Self.ses)
        let corpus = [SNSSample.certificate, SNSSample.stranger, SNSSample.elliptic]
        try Fuzz("certificate", cases: 600, corpus: corpus).run { tried in
            _ = SNSEnvelope.note.read(by: connector, certificate: tried.text)
            return nil
        }
        // Below the base64, where there is DER.
        let ders = corpus.compactMap { pem in
            Data(base64Encoded: pem.split(separator: "\n").dropFirst().dropLast().joined())
        }
        try #require(ders.count == corpus.count)
        try Fuzz("der", cases: 1500, corpus: ders.map(Array.init)).run { tried in
            let pem =
                "-----BEGIN CERTIFICATE-----\n" + Data(tried.input).base64EncodedString()
                + "\n-----END CERTIFICATE-----\n"
            _ = SNSEnvelope.note.read(by: connector, certificate: pem)
            guard let value = DERValue(tried.input) else { return nil }
            guard Array(value.whole) == tried.input else { return "bytes are left over" }
            let inner = value.children?.map { Array($0.whole) }.joined()
            return inner.map { Array($0) == Array(value.content) } ?? true
                ? nil : "the parts are not the whole"
        }
    }

    /// A signed message of which any byte differs is not proven.
    @Test func noSpoiledSignatureHolds() throws {
        let secret = try WebhookSecret(Self.secret)
        try Fuzz("signature", cases: 4000, corpus: Self.corpus).run { tried in
            let seconds = String(Scene.now.wholeSeconds)
            let code = secret.sign(id: "m-1", timestamp: Scene.now, body: tried.original)
            let headers = [("webhook-id", "m-1"), ("webhook-timestamp", seconds)]
            func holds(_ more: String, _ body: [UInt8]) -> Bool {
                let all = (headers + [("webhook-signature", more)]).map { (name: $0, value: $1) }
                return (try? secret.verify(headers: all, body: body, at: Scene.now)) != nil
            }
            guard holds(code, tried.original) else { return "the good one does not hold" }
            guard holds(code, tried.input) == (tried.input == tried.original) else {
                return "it holds for another body"
            }
            return holds(tried.text, tried.original) ? "anything is a signature" : nil
        }
    }

    /// What our own writer writes is read as the same value.
    @Test func jsonThatIsReadIsWrittenAndReadTheSame() throws {
        try Fuzz("json", cases: 4000, corpus: Self.corpus).run { tried in
            _ = formDecoded(tried.input)
            guard let value = JSON(tried.input) else { return nil }
            let written = value.bytes
            guard let again = JSON(written) else { return "what was written is not JSON" }
            return again.bytes == written ? nil : "written again it differs"
        }
    }

    @Test func urlsAndHostsAreReadOrRefused() throws {
        let corpus = [
            "https://api.mail.example/v3", "http://127.0.0.1:8080/a", "https://[::1]:8443/",
            "https://[::ffff:10.0.0.1]/", "169.254.169.254", "fe80::1%eth0",
            "https://a.example:443",
        ]
        try Fuzz("url", cases: 4000, corpus: corpus).run { tried in
            _ = NetworkAddress(host: tried.text)
            try? OutboundNetworks.outsideOnly.check(url: tried.text)
            guard let base = try? EndpointURL(tried.text) else { return nil }
            return (try? EndpointURL(base.text)) == base ? nil : "\(base.text) is another base"
        }
    }
}
