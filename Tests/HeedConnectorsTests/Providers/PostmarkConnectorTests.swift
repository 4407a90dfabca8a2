// Postmark as transcripts: an order counts when it can be read back.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Postmark connector")
struct PostmarkConnectorTests {
    private static let base = "https://api.postmarkapp.com/message-streams"
    private static let body = #"{"Suppressions":[{"EmailAddress":"<WHO>"}]}"#
    private static let news = "POST \(base)/news/suppressions \(body)"
    private static let newsDump = "GET \(base)/news/suppressions/dump?EmailAddress=@@"
    private static let cast = "POST \(base)/broadcast/suppressions \(body)"
    private static let castDump = "GET \(base)/broadcast/suppressions/dump?EmailAddress=@@"

    private static func status(_ text: String) -> Reply {
        Reply(200, #"{"Suppressions":[{"EmailAddress":"x","Status":"\#(text)","Message":null}]}"#)
    }

    private static let listed = Reply(
        200,
        #"{"Suppressions":[{"EmailAddress":"\#(Scene.address.lowercased())","#
            + #""SuppressionReason":"ManualSuppression"}]}"#
    )
    private static let others = Reply(200, #"{"Suppressions":[{"EmailAddress":"x@y.example"}]}"#)

    private func connector(_ more: [String: String] = [:]) throws -> any Connector {
        let options = [
            "secret": "key", "global": "broadcast,news", "scope.newsletter": "news",
            "scope.offers": "news",
        ]
        return try made(.postmark, options.merging(more) { _, new in new })
    }

    private static let scenes = [
        Scene(
            .suppress("newsletter"),
            [status("Suppressed"), listed],
            [news, newsDump],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("newsletter"),
            [status("Suppressed"), Reply(200, #"{"Suppressions":[]}"#)],
            [news, newsDump],
            .retry(after: 60, "HTTP 200: not there yet")
        ),
        Scene(
            .suppress("newsletter"),
            [status("Suppressed"), others],
            [news, newsDump],
            .retry(after: 60, "HTTP 200: not there yet")
        ),
        Scene(
            .suppress("newsletter"),
            [status("Failed"), listed],
            [news, newsDump],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("newsletter"),
            [status("Failed"), others],
            [news, newsDump],
            .giveUp("HTTP 200: refused by Postmark")
        ),
        Scene(.suppress("newsletter"), [Reply(422)], [news], .giveUp("HTTP 422")),
        Scene(
            .suppress("global"),
            [status("Suppressed"), listed, status("Suppressed"), listed],
            [cast, castDump, news, newsDump],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("newsletter"),
            [status("Suppressed"), Reply(500)],
            [news, newsDump],
            .retry(after: nil, "HTTP 500")
        ),
        Scene(.readBack("newsletter"), [listed], [newsDump], .done("HTTP 200")),
        Scene(.readBack("newsletter"), [others], [newsDump], .absent("HTTP 200")),
        Scene(
            .erase,
            [status("Deleted"), status("Deleted")],
            [
                "POST \(base)/broadcast/suppressions/delete \(body)",
                "POST \(base)/news/suppressions/delete \(body)",
            ],
            .done("HTTP 200")
        ),
        Scene(
            .erase,
            [status("Failed")],
            ["POST \(base)/broadcast/suppressions/delete \(body)"],
            .giveUp("HTTP 200: refused by Postmark")
        ),
        Scene(
            .check,
            [Reply(200), Reply(200)],
            ["GET \(base)/broadcast", "GET \(base)/news"],
            .done("HTTP 200")
        ),
    ]

    @Test(arguments: scenes)
    func transcripts(_ scene: Scene) throws {
        try scene.expect(of: connector())
    }

    @Test func commonStatuses() throws {
        try expectCommonStatuses(connector())
    }

    private static let change =
        #""RecordType":"SubscriptionChange","Recipient":"a@b.example","MessageID":"m""#
    private static let samples: [(String, String)] = [
        (
            #"{\#(change),"MessageStream":"news","SuppressSending":true,"#
                + #""SuppressionReason":"ManualSuppression"}"#,
            "unsubscribed a@b.example news newsletter+offers m"
        ),
        (
            #"{\#(change),"MessageStream":"broadcast","SuppressSending":true}"#,
            "unsubscribed a@b.example broadcast global m"
        ),
        (
            #"{\#(change),"MessageStream":"other","SuppressSending":true}"#,
            "unsubscribed a@b.example other  m"
        ),
        (
            #"{\#(change),"MessageStream":"news","SuppressSending":true,"#
                + #""SuppressionReason":"HardBounce"}"#,
            "bounced a@b.example news global m"
        ),
        (
            #"{\#(change),"MessageStream":"news","SuppressSending":true,"#
                + #""SuppressionReason":"SpamComplaint"}"#,
            "complained a@b.example news global m"
        ),
        (
            #"{\#(change),"MessageStream":"news","SuppressSending":false}"#,
            "resubscribed a@b.example news newsletter+offers m"
        ),
        (
            #"{"RecordType":"Bounce","Type":"HardBounce","Email":"a@b.example","ID":42}"#,
            "bounced a@b.example - global 42"
        ),
        (#"{"RecordType":"Bounce","Type":"SoftBounce","Email":"a@b.example"}"#, ""),
        (
            #"{"RecordType":"SpamComplaint","Email":"a@b.example","ID":42,"#
                + #""BouncedAt":"2019-11-05T16:33:54.9070259Z"}"#,
            "complained a@b.example - global 42"
        ),
        (#"{"RecordType":"Open","Recipient":"a@b.example"}"#, ""),
        (#"{"RecordType":"SpamComplaint","ID":42}"#, "?"), ("{}", "?"), ("[]", "?"),
        (#"{"RecordType":"SubscriptionChange","Recipient":"a@b.example"}"#, "?"),
    ]

    @Test(arguments: samples.indices)
    func events(_ index: Int) throws {
        let (body, line) = Self.samples[index]
        let connector = try connector(["webhook-secret": "correct-horse-battery"])
        let arrival = Arrival(
            headers: [("Authorization", "Bearer correct-horse-battery")],
            body: body
        )
        let batch = try arrival.batch(connector)
        #expect(batch.lines.joined() == line)
        #expect(batch.ignored == (line.isEmpty ? 1 : 0))
        #expect(try Arrival(body: body).problem(connector) == "authorization")
    }
}
