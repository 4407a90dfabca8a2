// Mailchimp as transcripts: unknown members are made, untouchable ones are out already.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Mailchimp connector")
struct MailchimpConnectorTests {
    private static let base = "https://us6.api.mailchimp.com/3.0/lists"
    /// MD5 of the address in lower case, computed with another implementation.
    private static let hash = "df200df91edf96df1d80f26801a571d6"
    private static let first = "\(base)/a1/members/\(hash)"
    private static let second = "\(base)/b2/members/\(hash)"
    private static let change = #"{"status":"unsubscribed"}"#
    private static let upsert =
        #"PUT \#(first)?skip_merge_validation=true {"email_address":"<WHO>","#
        + #""status":"unsubscribed","status_if_new":"unsubscribed"}"#

    private func connector(_ more: [String: String] = [:]) throws -> any Connector {
        let options = ["secret": "key-us6", "global": "a1,b2", "scope.newsletter": "a1"]
        return try made(.mailchimp, options.merging(more) { _, new in new })
    }

    private static func problem(_ title: String) -> Reply {
        Reply(400, #"{"title":"\#(title)","status":400,"detail":"\#(Scene.address) is out"}"#)
    }

    private static func status(_ text: String) -> Reply { Reply(200, #"{"status":"\#(text)"}"#) }

    private static let scenes = [
        Scene(
            .suppress("newsletter"),
            [status("unsubscribed")],
            ["PATCH \(first) \(change)"],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("newsletter"),
            [Reply(404), status("unsubscribed")],
            ["PATCH \(first) \(change)", upsert],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("newsletter"),
            [problem("Member In Compliance State")],
            ["PATCH \(first) \(change)"],
            .alreadyDone("HTTP 400: out already")
        ),
        Scene(
            .suppress("newsletter"),
            [Reply(404), problem("Forgotten Email Not Subscribed")],
            ["PATCH \(first) \(change)", upsert],
            .alreadyDone("HTTP 400: out already")
        ),
        Scene(
            .suppress("newsletter"),
            [problem("Invalid Resource")],
            ["PATCH \(first) \(change)"],
            .giveUp("HTTP 400")
        ),
        Scene(
            .suppress("newsletter"),
            [Reply(404), Reply(404)],
            ["PATCH \(first) \(change)", upsert],
            .retry(after: nil, "HTTP 404")
        ),
        Scene(
            .suppress("global"),
            [status("unsubscribed"), Reply(429)],
            ["PATCH \(first) \(change)", "PATCH \(second) \(change)"],
            .retry(after: nil, "HTTP 429")
        ),
        Scene(
            .readBack("newsletter"),
            [status("unsubscribed")],
            ["GET \(first)"],
            .done("HTTP 200")
        ),
        Scene(.readBack("newsletter"), [status("cleaned")], ["GET \(first)"], .done("HTTP 200")),
        Scene(
            .readBack("newsletter"),
            [status("archived")],
            ["GET \(first)"],
            .absent("HTTP 200")
        ),
        Scene(
            .readBack("newsletter"),
            [status("subscribed")],
            ["GET \(first)"],
            .absent("HTTP 200")
        ),
        Scene(.readBack("newsletter"), [Reply(404)], ["GET \(first)"], .absent("HTTP 404")),
        Scene(
            .erase,
            [Reply(204), Reply(404)],
            [
                "POST \(first)/actions/delete-permanent {}",
                "POST \(second)/actions/delete-permanent {}",
            ],
            .done("HTTP 204")
        ),
        Scene(
            .check,
            [Reply(200), Reply(200)],
            ["GET \(base)/a1?fields=id", "GET \(base)/b2?fields=id"],
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

    @Test(arguments: [
        (
            "type=unsubscribe&fired_at=2026-01-31+09%3A29%3A00&data%5Baction%5D=unsub"
                + "&data%5Breason%5D=manual&data%5Bemail%5D=a%40b.example&data%5Blist_id%5D=a1",
            "unsubscribed a@b.example a1 newsletter -"
        ),
        (
            "type=unsubscribe&data[reason]=abuse&data[email]=a%40b.example&data[list_id]=a1",
            "complained a@b.example a1 global -"
        ),
        (
            "type=unsubscribe&data[email]=a%40b.example&data[list_id]=b2",
            "unsubscribed a@b.example b2 global -"
        ),
        (
            "type=cleaned&data[reason]=hard&data[email]=a%40b.example&data[list_id]=a1",
            "bounced a@b.example a1 global -"
        ),
        (
            "type=subscribe&data[email]=a%40b.example&data[list_id]=a1",
            "resubscribed a@b.example a1 newsletter -"
        ),
        (
            "type=upemail&data[old_email]=a%40b.example&data[new_email]=c%40d.example",
            "address-changed a@b.example - global -"
        ),
        ("type=campaign&data[id]=1", ""), ("", ""),
        ("type=unsubscribe&data[id]=1", "?"), ("data[email]=a%40b.example", "?"),
    ])
    func events(_ body: String, _ line: String) throws {
        let connector = try connector(["webhook-secret": "correct-horse-battery"])
        let arrival = Arrival(query: "secret=correct-horse-battery", body: body)
        let batch = try arrival.batch(connector)
        #expect(batch.lines.joined() == line)
        #expect(batch.ignored == (line.isEmpty ? 1 : 0))
        if body.contains("fired_at") {
            #expect(batch.events[0].at == Scene.now.adding(seconds: -60))
        }
        #expect(try Arrival(query: "secret=x", body: body).problem(connector) == "authorization")
    }
}
