// What providers tell of deliveries, opens and the like, provider by provider, and that it is told
// once.

import Crypto
import Foundation
import HeedConnectors
import HeedConsent
import Testing

/// A message by its provider, and the lines of what it tells.
struct Told: Sendable, CustomTestStringConvertible {
    let body: String
    let lines: [String]
    var testDescription: String { String(body.prefix(80)) }

    init(_ body: String, _ lines: String...) {
        self.body = body
        self.lines = lines
    }
}

extension InboundActivity {
    /// Kind, address, message, campaign, scope, IP address and browser.
    var tellingLine: String {
        let rest = [message, campaign, scope, ip, userAgent].map { $0 ?? "-" }
        return "\(kind.rawValue) \(address) " + rest.joined(separator: " ")
    }
}

private let password = "correct-horse-battery"
private let bearer = [(name: "Authorization", value: "Bearer " + password)]

extension Told {
    /// What a connector reads in the message, and that it reads the same again.
    func expect(of connector: any Connector, _ arrival: (String) throws -> Arrival) throws {
        let batch = try arrival(body).batch(connector)
        #expect(batch.activities.map(\.tellingLine) == lines)
        // The same when it comes again, and each by itself.
        let again = try arrival(body).batch(connector).activities.map(\.id)
        #expect(again == batch.activities.map(\.id))
        #expect(Set(again).count == again.count)
        for activity in batch.activities {
            #expect(activity.at < Scene.now.adding(seconds: 1))
            #expect(!"\(activity)".contains("@") && !String(reflecting: activity).contains("@"))
        }
    }
}

@Suite("Activities that come in")
struct InboundActivityTests {
    @Test(arguments: [
        Told(
            #"{"event":"processed","sg_event_id":"1","sg_message_id":"m","category":["spring"]}"#,
            "sent a@b.example m spring - - -"
        ),
        Told(
            #"{"event":"delivered","sg_event_id":"2","ip":"192.0.2.1","category":"spring"}"#,
            "delivered a@b.example - spring - - -"
        ),
        Told(
            #"{"event":"open","sg_event_id":"3","ip":"203.0.113.7","useragent":"Mosaic","#
                + #""asm_group_id":102,"singlesend_name":"May"}"#,
            "opened a@b.example - May offers 203.0.113.7 Mosaic"
        ),
        Told(#"{"event":"click","sg_event_id":"4"}"#, "clicked a@b.example - - - - -"),
        Told(
            #"{"event":"bounce","type":"blocked","sg_event_id":"5"}"#,
            "soft-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"event":"bounce","type":"bounce","sg_event_id":"5"}"#,
            "hard-bounced a@b.example - - - - -"
        ),
        Told(#"{"event":"spamreport","sg_event_id":"6"}"#, "complained a@b.example - - - - -"),
        Told(
            #"{"event":"group_unsubscribe","sg_event_id":"7","asm_group_id":101}"#,
            "unsubscribed a@b.example - - - - -"
        ),
        Told(#"{"event":"deferred","sg_event_id":"8"}"#),
        Told(#"{"event":"dropped","sg_event_id":"9","reason":"Bounced Address"}"#),
        Told(#"{"event":"open"}"#),
    ])
    func sendGrid(_ told: Told) throws {
        let key = P256.Signing.PrivateKey()
        let connector = try made(
            .sendgrid,
            [
                "secret": "key", "scope.newsletter": "101", "scope.offers": "102",
                "scope.more": "101",
                "webhook-key": key.publicKey.derRepresentation.base64EncodedString(),
            ]
        )
        try told.expect(of: connector) { text in
            let body =
                #"[{"timestamp":1769851790,"email":"a@b.example",\#(text.dropFirst())]"#
            let seconds = String(Scene.now.wholeSeconds)
            let signature = try key.signature(for: Data((seconds + body).utf8))
            let name = "x-twilio-email-event-webhook-"
            return Arrival(
                headers: [
                    (name + "signature", signature.derRepresentation.base64EncodedString()),
                    (name + "timestamp", seconds),
                ],
                body: body
            )
        }
    }

    @Test(arguments: [
        Told(#""event":"accepted""#, "sent a@b.example - - - - -"),
        Told(
            #""event":"delivered","message":{"headers":{"message-id":"m"}},"tags":["spring"]"#,
            "delivered a@b.example m spring - - -"
        ),
        Told(
            #""event":"opened","ip":"203.0.113.7","client-info":{"user-agent":"Mosaic"}"#,
            "opened a@b.example - - - 203.0.113.7 Mosaic"
        ),
        Told(#""event":"clicked""#, "clicked a@b.example - - - - -"),
        Told(
            #""event":"failed","severity":"temporary""#,
            "soft-bounced a@b.example - - - - -"
        ),
        Told(
            #""event":"failed","severity":"permanent""#,
            "hard-bounced a@b.example - - - - -"
        ),
        Told(#""event":"failed","severity":"permanent","reason":"suppress-bounce""#),
        Told(#""event":"complained""#, "complained a@b.example - - - - -"),
        Told(#""event":"unsubscribed""#, "unsubscribed a@b.example - - - - -"),
        Told(#""event":"stored""#),
    ])
    func mailgun(_ told: Told) throws {
        let options = ["secret": "key", "webhook-secret": "signing-key", "global": "none"]
        try told.expect(of: made(.mailgun, options)) { text in
            Arrival(
                body: #"{"signature":{"timestamp":"1769851800","token":"#
                    + #""a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0","signature":"#
                    + #""54ec0283f1d29ea831289669e19f8d0f1dead7aab25a0134f3296ef8055bdf7d"},"#
                    + #""event-data":{"id":"e","recipient":"a@b.example",\#(text)}}"#
            )
        }
    }

    @Test(arguments: [
        Told(
            #"{"RecordType":"Delivery","Recipient":"a@b.example","MessageID":"m","#
                + #""Tag":"spring","MessageStream":"letters","#
                + #""DeliveredAt":"2026-01-31T09:00:00Z"}"#,
            "delivered a@b.example m spring newsletter - -"
        ),
        Told(
            #"{"RecordType":"Open","Recipient":"a@b.example","MessageID":"m","UserAgent":"Mosaic","#
                + #""Geo":{"IP":"203.0.113.7"},"ReceivedAt":"2026-01-31T09:00:00Z"}"#,
            "opened a@b.example m - - 203.0.113.7 Mosaic"
        ),
        Told(
            #"{"RecordType":"Click","Recipient":"a@b.example","OriginalLink":"https://x.example"}"#,
            "clicked a@b.example - - - - -"
        ),
        Told(
            #"{"RecordType":"Bounce","Email":"a@b.example","ID":7,"Type":"Transient"}"#,
            "soft-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"RecordType":"Bounce","Email":"a@b.example","ID":7,"Type":"HardBounce"}"#,
            "hard-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"RecordType":"SpamComplaint","Email":"a@b.example","ID":8}"#,
            "complained a@b.example - - - - -"
        ),
        Told(
            #"{"RecordType":"SubscriptionChange","Recipient":"a@b.example","#
                + #""SuppressSending":true,"MessageStream":"letters"}"#,
            "unsubscribed a@b.example - - newsletter - -"
        ),
        Told(
            #"{"RecordType":"SubscriptionChange","Recipient":"a@b.example","#
                + #""SuppressSending":false}"#
        ),
        Told(#"{"RecordType":"Open"}"#),
    ])
    func postmark(_ told: Told) throws {
        let options = [
            "secret": "token", "global": "broadcast", "scope.newsletter": "letters",
            "webhook-secret": password,
        ]
        try told.expect(of: made(.postmark, options)) { Arrival(headers: bearer, body: $0) }
    }

    @Test(arguments: [
        Told(
            #"{"message_event":{"type":"injection","event_id":"1","message_id":"m","#
                + #""campaign_id":"spring","rcpt_to":"a@b.example"}}"#,
            "sent a@b.example m spring - - -"
        ),
        Told(
            #"{"message_event":{"type":"delivery","event_id":"2","ip_address":"192.0.2.1","#
                + #""rcpt_to":"a@b.example"}}"#,
            "delivered a@b.example - - - - -"
        ),
        Told(
            #"{"track_event":{"type":"initial_open","event_id":"3","ip_address":"203.0.113.7","#
                + #""user_agent":"Mosaic","rcpt_to":"a@b.example"}}"#,
            "opened a@b.example - - - 203.0.113.7 Mosaic"
        ),
        Told(
            #"{"track_event":{"type":"click","event_id":"4","raw_rcpt_to":"a@b.example"}}"#,
            "clicked a@b.example - - - - -"
        ),
        Told(
            #"{"message_event":{"type":"bounce","bounce_class":"21","event_id":"5","#
                + #""rcpt_to":"a@b.example"}}"#,
            "soft-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"message_event":{"type":"bounce","bounce_class":"10","event_id":"6","#
                + #""rcpt_to":"a@b.example"}}"#,
            "hard-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"message_event":{"type":"spam_complaint","event_id":"7","#
                + #""rcpt_to":"a@b.example"}}"#,
            "complained a@b.example - - - - -"
        ),
        Told(
            #"{"unsubscribe_event":{"type":"list_unsubscribe","event_id":"8","#
                + #""rcpt_to":"a@b.example"}}"#,
            "unsubscribed a@b.example - - - - -"
        ),
        Told(#"{"message_event":{"type":"delay","event_id":"9","rcpt_to":"a@b.example"}}"#),
        Told("{}"),
    ])
    func sparkPost(_ told: Told) throws {
        let connector = try made(.sparkpost, ["secret": "key", "webhook-secret": password])
        try told.expect(of: connector) {
            Arrival(headers: bearer, body: #"[{"msys":\#($0)}]"#)
        }
    }

    @Test(arguments: [
        Told(#"{"event":"request","message-id":"m"}"#, "sent a@b.example m - - - -"),
        Told(
            #"{"event":"delivered","campaign name":"spring"}"#,
            "delivered a@b.example - spring - - -"
        ),
        Told(
            #"{"event":"unique_opened","camp_id":7,"user_agent":"Mosaic"}"#,
            "opened a@b.example - 7 - - Mosaic"
        ),
        Told(#"{"event":"click","link":"https://x.example"}"#, "clicked a@b.example - - - - -"),
        Told(#"{"event":"soft_bounce"}"#, "soft-bounced a@b.example - - - - -"),
        Told(#"{"event":"hardBounce"}"#, "hard-bounced a@b.example - - - - -"),
        Told(#"{"event":"spam"}"#, "complained a@b.example - - - - -"),
        Told(#"{"event":"unsubscribed"}"#, "unsubscribed a@b.example - - - - -"),
        Told(#"{"event":"proxy_open"}"#), Told(#"{"event":"list_addition"}"#),
    ])
    func brevo(_ told: Told) throws {
        let connector = try made(.brevo, ["secret": "key", "webhook-secret": password])
        try told.expect(of: connector) { text in
            let body = #"{"email":"a@b.example","ts_epoch":1769851790000,\#(text.dropFirst())"#
            return Arrival(headers: bearer, body: body)
        }
    }

    @Test(arguments: [
        Told(
            "type=unsubscribe&data[campaign_id]=c1&data[reason]=manual",
            "unsubscribed a@b.example - c1 - - -"
        ),
        Told("type=cleaned&data[reason]=hard", "hard-bounced a@b.example - - - - -"),
        Told("type=cleaned&data[reason]=abuse", "complained a@b.example - - - - -"),
        Told("type=subscribe"), Told("type=upemail"),
    ])
    func mailchimp(_ told: Told) throws {
        let connector = try made(
            .mailchimp,
            ["secret": "key-us6", "global": "a1", "webhook-secret": password]
        )
        try told.expect(of: connector) {
            let rest = "&data[email]=a@b.example&fired_at=2026-01-31+09:00:00"
            return Arrival(query: "secret=" + password, body: $0 + rest)
        }
    }

    /// Whatever it says, a message that is not proven tells nothing.
    @Test func whatIsNotProvenTellsNothing() throws {
        let connector = try made(.sparkpost, ["secret": "key", "webhook-secret": password])
        let arrival = Arrival(body: #"[{"msys":{"track_event":{"type":"open"}}}]"#)
        #expect(try arrival.problem(connector) == "authorization")
    }
}
