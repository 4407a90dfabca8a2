// SendGrid's signature: the example its own library is tested with, and every change of it.

import HeedConnectors
import HeedConsent
import Testing

@Suite("SendGrid signatures")
struct SendGridSignatureTests {
    private static let key =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe6"
        + "2gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
    private static let otherKey =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8RE"
        + "ntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA=="
    private static let signature =
        "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15Tl"
        + "uLtEZtM="
    private static let body =
        #"[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","#
        + #""sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","#
        + #""sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-"#
        + #"5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","#
        + #""timestamp":1600112492}]"# + "\r\n"
    private static let sent: Int64 = 1_600_112_502

    private func connector(_ key: String = key) throws -> any Connector {
        try made(.sendgrid, ["secret": "key", "webhook-key": key])
    }

    private var arrival: Arrival {
        Arrival(
            headers: [
                ("X-Twilio-Email-Event-Webhook-Signature", Self.signature),
                ("X-Twilio-Email-Event-Webhook-Timestamp", String(Self.sent)),
            ],
            body: Self.body
        )
    }

    private func problem(_ arrival: Arrival, after seconds: Int64 = 0) throws -> String? {
        try arrival.problem(connector(), at: Timestamp(seconds: Self.sent + seconds))
    }

    @Test func theExampleIsAccepted() throws {
        let batch = try arrival.batch(connector(), at: Timestamp(seconds: Self.sent))
        #expect(
            batch.events.map(\.line) == [
                "bounced hello@world.com - global "
                    + "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA"
            ]
        )
    }

    @Test func anyFlippedByteIsRefused() throws {
        for index in Self.body.utf8.indices {
            var bytes = Array(Self.body.utf8)
            bytes[Self.body.utf8.distance(from: Self.body.utf8.startIndex, to: index)] ^= 1
            var changed = arrival
            changed.body = String(decoding: bytes, as: UTF8.self)
            #expect(try problem(changed) == "x-twilio-email-event-webhook-signature")
        }
    }

    @Test func withoutItsLineBreakItIsAnotherMessage() throws {
        var changed = arrival
        changed.body = String(Self.body.dropLast())
        #expect(try problem(changed) == "x-twilio-email-event-webhook-signature")
    }

    @Test func anotherTimeSignatureOrKeyIsRefused() throws {
        var changed = arrival
        changed.headers[1].value = String(Self.sent + 1)
        #expect(try problem(changed) == "x-twilio-email-event-webhook-signature")
        changed.headers[1].value = "timestamp"
        #expect(try problem(changed) == "x-twilio-email-event-webhook-timestamp")
        changed = arrival
        changed.headers[0].value = "MEUC" + Self.signature.dropFirst(4).reversed()
        #expect(try problem(changed) == "x-twilio-email-event-webhook-signature")
        changed.headers.remove(at: 0)
        #expect(try problem(changed) == "x-twilio-email-event-webhook-signature")
        let other = try connector(Self.otherKey)
        let found = try arrival.problem(other, at: Timestamp(seconds: Self.sent))
        #expect(found == "x-twilio-email-event-webhook-signature")
    }

    @Test(
        arguments: [(-301, false), (-300, true), (90_000, true), (90_001, false)]
            as [(Int64, Bool)]
    )
    func aMessageIsFreshForADay(_ age: Int64, _ isFresh: Bool) throws {
        let expected = isFresh ? nil : "x-twilio-email-event-webhook-timestamp"
        #expect(try problem(arrival, after: age) == expected)
    }
}
