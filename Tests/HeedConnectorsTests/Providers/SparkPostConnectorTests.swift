// SparkPost as transcripts: entries for everything, entries of lists, and batches of events.

import HeedConnectors
import HeedConsent
import Testing

@Suite("SparkPost connector")
struct SparkPostConnectorTests {
    private static let list = "https://api.sparkpost.com/api/v1/suppression-list"
    private static let one = "GET \(list)/@@"
    private static let described = #""description":"opt-out \#(Scene.target)""#

    private static func put(_ entries: [String]) -> String {
        #"PUT \#(list)/ {"recipients":[\#(entries.joined(separator: ","))]}"#
    }

    private static func entry(_ listID: String?) -> String {
        let listed = listID.map { #""list_id":"\#($0)","# } ?? ""
        return #"{\#(described),\#(listed)"recipient":"<WHO>","type":"non_transactional"}"#
    }

    private static func found(_ entries: String...) -> Reply {
        Reply(200, #"{"results":[\#(entries.joined(separator: ","))]}"#)
    }

    private func connector(_ more: [String: String] = [:]) throws -> any Connector {
        let options = ["secret": "key", "scope.newsletter": "news", "scope.both": "news,offers"]
        return try made(.sparkpost, options.merging(more) { _, new in new })
    }

    private static let scenes = [
        Scene(.suppress("global"), [Reply(200)], [put([entry(nil)])], .done("HTTP 200")),
        Scene(.suppress("newsletter"), [Reply(200)], [put([entry("news")])], .done("HTTP 200")),
        Scene(
            .suppress("both"),
            [Reply(200)],
            [put([entry("news"), entry("offers")])],
            .done("HTTP 200")
        ),
        Scene(.suppress("global"), [Reply(400)], [put([entry(nil)])], .giveUp("HTTP 400")),
        Scene(
            .readBack("newsletter"),
            [found(#"{"type":"non_transactional","list_id":"news"}"#)],
            [one],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [found(#"{"type":"non_transactional"}"#)],
            [one],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [found(#"{"type":"transactional"}"#)],
            [one],
            .absent("HTTP 200")
        ),
        Scene(
            .readBack("global"),
            [found(#"{"type":"non_transactional","list_id":"news"}"#)],
            [one],
            .absent("HTTP 200")
        ),
        Scene(.readBack("global"), [Reply(404)], [one], .absent("HTTP 404")),
        Scene(.erase, [Reply(204)], ["DELETE \(list)/@@"], .done("HTTP 204")),
        Scene(.erase, [Reply(404)], ["DELETE \(list)/@@"], .alreadyDone("HTTP 404")),
        Scene(
            .erase,
            [Reply(403)],
            ["DELETE \(list)/@@"],
            .giveUp("HTTP 403: SparkPost keeps its own entry")
        ),
        Scene(.check, [Reply(200)], ["GET \(list)?cursor=initial&per_page=1"], .done("HTTP 200")),
    ]

    @Test(arguments: scenes)
    func transcripts(_ scene: Scene) throws {
        try scene.expect(of: connector())
    }

    @Test func commonStatuses() throws {
        try expectCommonStatuses(connector())
    }

    private static let samples: [(String, String)] = [
        (
            #"{"unsubscribe_event":{"type":"list_unsubscribe","rcpt_to":"A@b.example","#
                + #""raw_rcpt_to":"a@b.example","event_id":"92356927693813856"}}"#,
            "unsubscribed a@b.example - global 92356927693813856"
        ),
        (
            #"{"unsubscribe_event":{"type":"link_unsubscribe","rcpt_to":"a@b.example"}}"#,
            "unsubscribed a@b.example - global -"
        ),
        (
            #"{"message_event":{"type":"spam_complaint","rcpt_to":"a@b.example"}}"#,
            "complained a@b.example - global -"
        ),
        (
            #"{"message_event":{"type":"bounce","bounce_class":"10","rcpt_to":"a@b.example"}}"#,
            "bounced a@b.example - global -"
        ),
        (
            #"{"message_event":{"type":"out_of_band","bounce_class":90,"rcpt_to":"a@b.example"}}"#,
            "unsubscribed a@b.example - global -"
        ),
        (
            #"{"message_event":{"type":"bounce","bounce_class":"21","rcpt_to":"a@b.example"}}"#,
            ""
        ),
        (#"{"message_event":{"type":"delivery","rcpt_to":"a@b.example"}}"#, ""),
        ("{}", ""), (#"{"message_event":{"rcpt_to":"a@b.example"}}"#, "?"),
        (#"{"unsubscribe_event":{"type":"list_unsubscribe"}}"#, "?"),
    ]

    @Test func events() throws {
        let connector = try connector(["webhook-secret": "correct-horse-battery"])
        let items = Self.samples.map { #"{"msys":\#($0.0)}"# }
        var arrival = Arrival(
            headers: [
                ("Authorization", "Bearer correct-horse-battery"),
                ("X-MessageSystems-Batch-ID", "b-1"),
            ],
            body: "[\(items.joined(separator: ","))]"
        )
        let batch = try arrival.batch(connector)
        let expected = Self.samples.map(\.1).filter { !$0.isEmpty }
        #expect(batch.lines == expected)
        #expect(batch.ignored == Self.samples.count - expected.count)
        #expect(batch.replay?.token == "b-1")
        arrival.body = "{}"
        #expect(try arrival.problem(connector) == "malformed-body")
        arrival.headers = []
        #expect(try arrival.problem(connector) == "authorization")
    }
}
