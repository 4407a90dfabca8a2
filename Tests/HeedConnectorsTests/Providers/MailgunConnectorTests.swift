// Mailgun as transcripts: domains, tags, and events.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Mailgun connector")
struct MailgunConnectorTests {
    private static let base = "https://api.mailgun.net/v3"
    private static let all = "address=@@&tag=%2A"

    private func connector() throws -> any Connector {
        try made(
            .mailgun,
            [
                "secret": "key", "global": "mg.a.example/*,mg.b.example/*",
                "scope.newsletter": "mg.a.example/news",
            ]
        )
    }

    private static func tags(_ names: String...) -> Reply {
        Reply(200, #"{"tags":[\#(names.map { "\"\($0)\"" }.joined(separator: ","))]}"#)
    }

    private static let tables = ["a", "b"].flatMap { domain in
        ["unsubscribes", "complaints", "bounces"].map {
            "DELETE \(base)/mg.\(domain).example/\($0)/@@"
        }
    }

    private static let scenes = [
        Scene(
            .suppress("newsletter"),
            [Reply(200)],
            ["POST \(base)/mg.a.example/unsubscribes address=@@&tag=news"],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("global"),
            [Reply(200), Reply(200)],
            [
                "POST \(base)/mg.a.example/unsubscribes \(all)",
                "POST \(base)/mg.b.example/unsubscribes \(all)",
            ],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("global"),
            [Reply(200), Reply(404)],
            [
                "POST \(base)/mg.a.example/unsubscribes \(all)",
                "POST \(base)/mg.b.example/unsubscribes \(all)",
            ],
            .retry(after: nil, "HTTP 404")
        ),
        Scene(
            .readBack("newsletter"),
            [tags("news")],
            ["GET \(base)/mg.a.example/unsubscribes/@@"],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [tags("*")],
            ["GET \(base)/mg.a.example/unsubscribes/@@"],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [tags("offers")],
            ["GET \(base)/mg.a.example/unsubscribes/@@"],
            .absent("HTTP 200")
        ),
        Scene(
            .readBack("global"),
            [tags("*"), Reply(404)],
            [
                "GET \(base)/mg.a.example/unsubscribes/@@",
                "GET \(base)/mg.b.example/unsubscribes/@@",
            ],
            .absent("HTTP 404")
        ),
        Scene(
            .erase,
            [200, 404, 404, 404, 404, 404].map { Reply($0) },
            tables,
            .done("HTTP 200")
        ),
        Scene(.erase, Array(repeating: Reply(404), count: 6), tables, .alreadyDone("HTTP 404")),
        Scene(
            .check,
            [Reply(200), Reply(401)],
            [
                "GET \(base)/mg.a.example/unsubscribes?limit=1",
                "GET \(base)/mg.b.example/unsubscribes?limit=1",
            ],
            .retry(after: nil, "HTTP 401")
        ),
    ]

    @Test(arguments: scenes)
    func transcripts(_ scene: Scene) throws {
        try scene.expect(of: connector())
    }

    @Test func commonStatuses() throws {
        try expectCommonStatuses(connector())
    }

    /// The proof covers time and token only, so one serves for every event here.
    @Test(arguments: [
        (#""event":"unsubscribed""#, "unsubscribed a@b.example - global e"),
        (#""event":"complained""#, "complained a@b.example - global e"),
        (#""event":"failed","severity":"permanent""#, "bounced a@b.example - global e"),
        (#""event":"failed","severity":"temporary""#, ""),
        (#""event":"failed","severity":"permanent","reason":"suppress-unsubscribe""#, ""),
        (#""event":"delivered""#, ""), (#""kind":"unsubscribed""#, "?"),
        (#""event":"complained","recipient":null"#, "?"),
    ])
    func events(_ event: String, _ line: String) throws {
        let arrival = Arrival(
            body: #"{"signature":{"timestamp":"1769851800","token":"#
                + #""a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0","signature":"#
                + #""54ec0283f1d29ea831289669e19f8d0f1dead7aab25a0134f3296ef8055bdf7d"},"#
                + #""event-data":{"id":"e","recipient":"a@b.example",\#(event)}}"#
        )
        let options = ["secret": "key", "webhook-secret": "signing-key", "global": "none"]
        let batch = try arrival.batch(made(.mailgun, options))
        #expect(batch.lines.joined() == line)
        #expect(batch.ignored == (line.isEmpty ? 1 : 0))
    }
}
