// SendGrid as transcripts: the global list, groups, and a group that does not exist.

import Crypto
import Foundation
import HeedConnectors
import HeedConsent
import Testing

@Suite("SendGrid connector")
struct SendGridConnectorTests {
    private static let asm = "https://api.sendgrid.com/v3/asm"
    private static let body = #"{"recipient_emails":["<WHO>"]}"#
    private static let group = "POST \(asm)/groups/101/suppressions \(body)"
    private static let second = "POST \(asm)/groups/102/suppressions \(body)"

    private func connector(_ more: [String: String] = [:]) throws -> any Connector {
        let options = ["secret": "key", "scope.newsletter": "101", "scope.offers": "101, 102"]
        return try made(.sendgrid, options.merging(more) { _, new in new })
    }

    private static func groups(_ flags: [(Int, Bool)]) -> Reply {
        let items = flags.map { #"{"id":\#($0.0),"suppressed":\#($0.1)}"# }
        return Reply(200, #"{"suppressions":[\#(items.joined(separator: ","))]}"#)
    }

    private static let scenes = [
        Scene(
            .suppress("global"),
            [Reply(201)],
            ["POST \(asm)/suppressions/global \(body)"],
            .done("HTTP 201")
        ),
        Scene(.suppress("newsletter"), [Reply(201)], [group], .done("HTTP 201")),
        Scene(
            .suppress("newsletter"),
            [Reply(404)],
            [group],
            .giveUp("HTTP 404: there is no such group")
        ),
        Scene(
            .suppress("offers"),
            [Reply(201), Reply(201)],
            [group, second],
            .done("HTTP 201")
        ),
        Scene(
            .suppress("offers"),
            [Reply(201), Reply(500)],
            [group, second],
            .retry(after: nil, "HTTP 500")
        ),
        Scene(.suppress("newsletter"), [Reply(400)], [group], .giveUp("HTTP 400")),
        Scene(
            .suppress("newsletter"),
            [Reply(429, headers: [("X-RateLimit-Reset", "1769851812")])],
            [group],
            .retry(after: 12, "HTTP 429")
        ),
        Scene(
            .readBack("global"),
            [Reply(200, #"{"recipient_email":"x"}"#)],
            ["GET \(asm)/suppressions/global/@@"],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("global"),
            [Reply(200, "{}")],
            ["GET \(asm)/suppressions/global/@@"],
            .absent("HTTP 200")
        ),
        Scene(
            .readBack("offers"),
            [groups([(101, true), (102, true)])],
            ["GET \(asm)/suppressions/@@"],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("offers"),
            [groups([(101, true), (102, false)])],
            ["GET \(asm)/suppressions/@@"],
            .absent("HTTP 200")
        ),
        Scene(
            .erase,
            [Reply(202, #"{"job_id":"j"}"#)],
            [
                "POST https://api.sendgrid.com/v3/recipients/erasejob "
                    + #"{"email_addresses":["<WHO>"]}"#
            ],
            .done("HTTP 202")
        ),
        Scene(
            .check,
            [Reply(200, #"[{"id":101},{"id":102}]"#)],
            ["GET \(asm)/groups"],
            .done("HTTP 200")
        ),
        Scene(
            .check,
            [Reply(200, #"[{"id":101}]"#)],
            ["GET \(asm)/groups"],
            .giveUp("there is no unsubscribe group 102")
        ),
    ]

    @Test(arguments: scenes)
    func transcripts(_ scene: Scene) throws {
        try scene.expect(of: connector())
    }

    @Test func commonStatuses() throws {
        try expectCommonStatuses(connector())
    }

    private static let samples: [(String, String)] = [
        (#"{"event":"unsubscribe","sg_event_id":"e"}"#, "unsubscribed a@b.example - global e"),
        (
            #"{"event":"group_unsubscribe","asm_group_id":101,"sg_event_id":"e"}"#,
            "unsubscribed a@b.example 101 newsletter+offers e"
        ),
        (
            #"{"event":"group_resubscribe","asm_group_id":102,"sg_event_id":"e"}"#,
            "resubscribed a@b.example 102 offers e"
        ),
        (#"{"event":"group_unsubscribe","asm_group_id":7}"#, "unsubscribed a@b.example 7  -"),
        (#"{"event":"spamreport","asm_group_id":101}"#, "complained a@b.example - global -"),
        (#"{"event":"bounce","type":"bounce"}"#, "bounced a@b.example - global -"),
        (#"{"event":"bounce","type":"blocked"}"#, ""),
        (#"{"event":"dropped","reason":"Bounced Address"}"#, "bounced a@b.example - global -"),
        (
            #"{"event":"dropped","reason":"Unsubscribed Address"}"#,
            "unsubscribed a@b.example - global -"
        ),
        (
            #"{"event":"dropped","reason":"Spam Reporting Address"}"#,
            "complained a@b.example - global -"
        ),
        (#"{"event":"dropped","reason":"Invalid SMTPAPI header"}"#, ""),
        (#"{"event":"delivered"}"#, ""), (#"{"kind":"unsubscribe"}"#, "?"),
        (#"{"event":"unsubscribe","email":null}"#, "?"),
    ]

    @Test func events() throws {
        let key = P256.Signing.PrivateKey()
        let public64 = key.publicKey.derRepresentation.base64EncodedString()
        let items = Self.samples.map { item, _ in
            #"{"timestamp":1769851790,"#
                + (item.contains("email") ? "" : #""email":"a@b.example","#) + item.dropFirst()
        }
        let body = "[\(items.joined(separator: ","))]"
        let seconds = String(Scene.now.wholeSeconds)
        let signature = try key.signature(for: Data((seconds + body).utf8))
        let arrival = Arrival(
            headers: [
                (
                    "x-twilio-email-event-webhook-signature",
                    signature.derRepresentation.base64EncodedString()
                ), ("x-twilio-email-event-webhook-timestamp", seconds),
            ],
            body: body
        )
        let batch = try arrival.batch(connector(["webhook-key": public64]))
        let expected = Self.samples.map(\.1).filter { !$0.isEmpty }
        #expect(batch.lines == expected)
        #expect(batch.ignored == Self.samples.count - expected.count)
        #expect(batch.events.allSatisfy { $0.at == Timestamp(seconds: 1_769_851_790) })
    }
}
