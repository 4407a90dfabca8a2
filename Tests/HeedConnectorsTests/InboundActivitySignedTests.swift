// What Resend, SES and receivers of our own kind tell of messages, each in a signed envelope.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Activities in signed envelopes")
struct InboundActivitySignedTests {
    @Test(arguments: [
        Told(
            #"{"type":"email.sent","data":{"to":["a@b.example","c@d.example"],"email_id":"m"}}"#,
            "sent a@b.example m - - - -",
            "sent c@d.example m - - - -"
        ),
        Told(
            #"{"type":"email.delivered","data":{"to":["a@b.example"],"broadcast_id":"b"}}"#,
            "delivered a@b.example - b - - -"
        ),
        Told(
            #"{"type":"email.opened","data":{"to":["a@b.example"]}}"#,
            "opened a@b.example - - - - -"
        ),
        Told(
            #"{"type":"email.clicked","data":{"to":["a@b.example"],"#
                + #""click":{"ipAddress":"203.0.113.7","userAgent":"Mosaic"}}}"#,
            "clicked a@b.example - - - 203.0.113.7 Mosaic"
        ),
        Told(
            #"{"type":"email.bounced","data":{"to":["a@b.example"],"#
                + #""bounce":{"type":"Transient"}}}"#,
            "soft-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"type":"email.bounced","data":{"to":["a@b.example"]}}"#,
            "hard-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"type":"email.complained","data":{"to":["a@b.example"]}}"#,
            "complained a@b.example - - - - -"
        ),
        Told(#"{"type":"email.delivery_delayed","data":{"to":["a@b.example"]}}"#),
        Told(#"{"type":"email.opened","data":{}}"#),
    ])
    func resend(_ told: Told) throws {
        let secret = try WebhookSecret(bytes: Array(repeating: 7, count: 32))
        let connector = try made(.resend, ["secret": "key", "webhook-secret": secret.text])
        try told.expect(of: connector) { signed($0, by: secret, "svix-") }
    }

    private func signed(_ body: String, by secret: WebhookSecret, _ prefix: String) -> Arrival {
        let code = secret.sign(id: "m-1", timestamp: Scene.now, body: Array(body.utf8))
        return Arrival(
            headers: [
                (prefix + "id", "m-1"), (prefix + "timestamp", String(Scene.now.wholeSeconds)),
                (prefix + "signature", code),
            ],
            body: body
        )
    }

    @Test(arguments: [
        Told(
            #"{"type":"recipient.opened","data":{"address":"a@b.example","message":"m","#
                + #""campaign":"spring","scope":"newsletter","ip":"203.0.113.7","#
                + #""userAgent":"Mosaic"}}"#,
            "opened a@b.example m spring newsletter 203.0.113.7 Mosaic"
        ),
        Told(
            #"{"type":"recipient.soft-bounced","data":{"address":"a@b.example"}}"#,
            "soft-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"type":"recipient.bounced","data":{"address":"a@b.example"}}"#,
            "hard-bounced a@b.example - - - - -"
        ),
        Told(
            #"{"type":"recipient.unsubscribed","data":{"address":"a@b.example"}}"#,
            "unsubscribed a@b.example - - - - -"
        ),
        Told(#"{"type":"recipient.read","data":{"address":"a@b.example"}}"#),
        Told(#"{"type":"order.sent","data":{"address":"a@b.example"}}"#),
    ])
    func ownWebhooks(_ told: Told) throws {
        let secret = try WebhookSecret(bytes: Array(repeating: 7, count: 32))
        let connector = try made(
            .webhook,
            ["url": "https://crm.example/hook", "secret": secret.text]
        )
        try told.expect(of: connector) { signed($0, by: secret, "webhook-") }
        let batch = try signed(told.body, by: secret, "webhook-").batch(connector)
        let isWrong = told.body.contains("recipient.read")
        #expect(batch.unreadable == (isWrong ? 1 : 0))
    }

    private static let mail =
        #""mail":{"messageId":"m","timestamp":"2026-01-31T09:00:00Z","#
        + #""tags":{"campaign":["spring"]},"destination":["a@b.example","c@d.example"]}"#

    @Test(arguments: [
        Told(
            #"{"eventType":"Send",\#(mail)}"#,
            "sent a@b.example m spring - - -",
            "sent c@d.example m spring - - -"
        ),
        Told(
            #"{"eventType":"Delivery",\#(mail),"delivery":{"recipients":["c@d.example"]}}"#,
            "delivered c@d.example m spring - - -"
        ),
        Told(
            #"{"eventType":"Open",\#(mail),"open":{"ipAddress":"203.0.113.7","#
                + #""userAgent":"Mosaic"}}"#,
            "opened a@b.example m spring - 203.0.113.7 Mosaic",
            "opened c@d.example m spring - 203.0.113.7 Mosaic"
        ),
        Told(
            #"{"eventType":"Bounce",\#(mail),"bounce":{"bounceType":"Transient","#
                + #""bouncedRecipients":[{"emailAddress":"a@b.example"}]}}"#,
            "soft-bounced a@b.example m spring - - -"
        ),
        Told(
            #"{"eventType":"Bounce",\#(mail),"bounce":{"bounceType":"Permanent","#
                + #""bouncedRecipients":[{"emailAddress":"a@b.example"}]}}"#,
            "hard-bounced a@b.example m spring - - -"
        ),
        Told(
            #"{"eventType":"Bounce",\#(mail),"bounce":{"bounceType":"Permanent","#
                + #""bounceSubType":"OnAccountSuppressionList","#
                + #""bouncedRecipients":[{"emailAddress":"a@b.example"}]}}"#
        ),
        Told(
            #"{"eventType":"Complaint",\#(mail),"complaint":{"userAgent":"ISP/1","#
                + #""complainedRecipients":[{"emailAddress":"a@b.example"}]}}"#,
            "complained a@b.example m spring - - -"
        ),
        Told(#"{"eventType":"DeliveryDelay",\#(mail)}"#),
    ])
    func ses(_ told: Told) throws {
        let connector = try made(
            .ses,
            [
                "region": "eu-central-1", "access-key-id": "AKID", "secret": "key",
                "topic-arn": SNSSample.topic, "contact-list": "main",
            ]
        )
        let read = try SNSEnvelope.signed(told.body).read(
            by: connector,
            certificate: SigningKey.certificate()
        )
        let batch = try #require(read.batch)
        #expect(batch.activities.map(\.tellingLine) == told.lines)
        #expect(Set(batch.activities.map(\.id)).count == told.lines.count)
    }
}
