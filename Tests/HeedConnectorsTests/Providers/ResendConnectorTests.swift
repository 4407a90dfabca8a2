// Resend as transcripts: contacts, topics, the suppression list, and Svix's signature.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Resend connector")
struct ResendConnectorTests {
    private static let base = "https://api.resend.com"
    private static let contact = "\(base)/contacts/@@"
    private static let topics = "\(base)/contacts/@@/topics"
    private static let out = #"[{"id":"t-1","subscription":"opt_out"}]"#
    private static let suppress = #"POST \#(base)/suppressions {"email":"<WHO>"}"#

    private func connector(_ more: [String: String] = [:]) throws -> any Connector {
        let options = ["secret": "key", "scope.newsletter": "t-1"]
        return try made(.resend, options.merging(more) { _, new in new })
    }

    private static func topic(_ subscription: String) -> Reply {
        Reply(200, #"{"data":[{"id":"t-1","subscription":"\#(subscription)"}]}"#)
    }

    private static let scenes = [
        Scene(
            .suppress("global"),
            [Reply(200)],
            [#"PATCH \#(contact) {"unsubscribed":true}"#],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("global"),
            [Reply(404), Reply(201)],
            [
                #"PATCH \#(contact) {"unsubscribed":true}"#,
                #"POST \#(base)/contacts {"email":"<WHO>","unsubscribed":true}"#,
            ],
            .done("HTTP 201")
        ),
        Scene(.suppress("newsletter"), [Reply(200)], ["PATCH \(topics) \(out)"], .done("HTTP 200")),
        Scene(
            .suppress("newsletter"),
            [Reply(404), Reply(201)],
            [
                "PATCH \(topics) \(out)",
                #"POST \#(base)/contacts {"email":"<WHO>","topics":\#(out)}"#,
            ],
            .done("HTTP 201")
        ),
        Scene(
            .suppress("newsletter"),
            [Reply(422)],
            ["PATCH \(topics) \(out)"],
            .giveUp("HTTP 422")
        ),
        Scene(
            .suppress("newsletter"),
            [Reply(429, headers: [("ratelimit-reset", "1")])],
            ["PATCH \(topics) \(out)"],
            .retry(after: 1, "HTTP 429")
        ),
        Scene(
            .readBack("global"),
            [Reply(200, #"{"unsubscribed":true}"#)],
            ["GET \(contact)"],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("global"),
            [Reply(200, #"{"unsubscribed":false}"#)],
            ["GET \(contact)"],
            .absent("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [topic("opt_out")],
            ["GET \(topics)?limit=100"],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [topic("opt_in")],
            ["GET \(topics)?limit=100"],
            .absent("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [Reply(404)],
            ["GET \(topics)?limit=100"],
            .absent("HTTP 404")
        ),
        Scene(.erase, [Reply(200)], ["DELETE \(contact)"], .done("HTTP 200")),
        Scene(.erase, [Reply(404)], ["DELETE \(contact)"], .alreadyDone("HTTP 404")),
        Scene(
            .check,
            [Reply(200), Reply(404)],
            ["GET \(base)/contacts?limit=1", "GET \(base)/topics/t-1"],
            .giveUp("HTTP 404: there is no topic t-1")
        ),
        Scene(
            .check,
            [Reply(200), Reply(200)],
            ["GET \(base)/contacts?limit=1", "GET \(base)/topics/t-1"],
            .done("HTTP 200")
        ),
    ]

    private static let suppressing = [
        Scene(
            .suppress("global"),
            [Reply(200), Reply(201)],
            [#"PATCH \#(contact) {"unsubscribed":true}"#, suppress],
            .done("HTTP 201")
        ),
        Scene(
            .suppress("global"),
            [Reply(200), Reply(409)],
            [#"PATCH \#(contact) {"unsubscribed":true}"#, suppress],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("global"),
            [Reply(200, #"{"unsubscribed":true}"#), Reply(404)],
            ["GET \(contact)", "GET \(base)/suppressions/@@"],
            .absent("HTTP 404")
        ),
        Scene(
            .erase,
            [Reply(404), Reply(200)],
            ["DELETE \(contact)", "DELETE \(base)/suppressions/@@"],
            .done("HTTP 200")
        ),
    ]

    @Test(arguments: scenes)
    func transcripts(_ scene: Scene) throws {
        try scene.expect(of: connector())
    }

    @Test(arguments: suppressing)
    func transcriptsWithTheSuppressionList(_ scene: Scene) throws {
        try scene.expect(of: connector(["suppression": "global"]))
    }

    @Test func commonStatuses() throws {
        try expectCommonStatuses(connector())
    }

    private func arrival(_ body: String) throws -> Arrival {
        let secret = try WebhookSecret(WebhookVector.published[0].secret)
        let signature = secret.sign(id: "m-1", timestamp: Scene.now, body: Array(body.utf8))
        return Arrival(
            headers: [
                ("svix-id", "m-1"), ("svix-timestamp", String(Scene.now.wholeSeconds)),
                ("svix-signature", signature),
            ],
            body: body
        )
    }

    @Test(
        arguments: [
            (
                #"{"type":"contact.updated","data":{"email":"a@b.example","unsubscribed":true}}"#,
                ["unsubscribed a@b.example - global m-1"]
            ),
            (
                #"{"type":"contact.updated","data":{"email":"a@b.example","unsubscribed":false}}"#,
                []
            ),
            (
                #"{"type":"email.bounced","data":{"to":["a@b.example","c@d.example"],"#
                    + #""bounce":{"type":"Permanent"}}}"#,
                ["bounced a@b.example - global m-1", "bounced c@d.example - global m-1/2"]
            ),
            (
                #"{"type":"email.bounced","data":{"to":["a@b.example"],"#
                    + #""bounce":{"type":"Transient"}}}"#, []
            ),
            (
                #"{"type":"email.complained","data":{"to":["a@b.example"]}}"#,
                ["complained a@b.example - global m-1"]
            ),
            (#"{"type":"email.suppressed","data":{"to":["a@b.example"]}}"#, []),
            (#"{"type":"email.delivered","data":{"to":["a@b.example"]}}"#, []),
            (#"{"type":"email.complained","data":{"to":[]}}"#, ["?"]),
            (#"{"type":"email.complained","data":{"email":"a@b.example"}}"#, ["?"]),
            (#"{"type":"contact.updated","data":{"unsubscribed":true}}"#, ["?"]),
            (#"{"data":{"to":["a@b.example"]}}"#, ["?"]),
        ] as [(String, [String])]
    )
    func events(_ body: String, _ lines: [String]) throws {
        let connector = try connector(["webhook-secret": WebhookVector.published[0].secret])
        var arrival = try arrival(body)
        let batch = try arrival.batch(connector)
        #expect(batch.lines == lines)
        #expect(batch.ignored == (lines.isEmpty ? 1 : 0))
        #expect(batch.replay?.token == "m-1")
        arrival.body += " "
        #expect(try arrival.problem(connector) == "svix-signature")
        arrival.headers = arrival.headers.map {
            ($0.name.replacing("svix", with: "webhook"), $0.value)
        }
        #expect(try arrival.problem(connector) == "svix-id")
    }
}
