// Brevo as transcripts: the flag on the contact, its lists, and a contact it does not know.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Brevo connector")
struct BrevoConnectorTests {
    private static let contact = "https://api.brevo.com/v3/contacts/@@?identifierType=email_id"
    private static let account = "GET https://api.brevo.com/v3/account"
    private static let list = "GET https://api.brevo.com/v3/contacts/lists/7"
    private static let flag = #"PUT \#(contact) {"emailBlacklisted":true}"#
    private static let unlink = #"PUT \#(contact) {"unlinkListIds":[7]}"#
    private static let create =
        #"POST https://api.brevo.com/v3/contacts {"email":"<WHO>","emailBlacklisted":true}"#

    private func connector(_ more: [String: String] = [:]) throws -> any Connector {
        let options = ["secret": "key", "scope.newsletter": "7"]
        return try made(.brevo, options.merging(more) { _, new in new })
    }

    private static func state(_ blocked: Bool, _ lists: String) -> Reply {
        Reply(200, #"{"emailBlacklisted":\#(blocked),"listIds":[\#(lists)]}"#)
    }

    private static let scenes = [
        Scene(.suppress("global"), [Reply(204)], [flag], .done("HTTP 204")),
        Scene(.suppress("global"), [Reply(404), Reply(201)], [flag, create], .done("HTTP 201")),
        Scene(
            .suppress("global"),
            [Reply(404), Reply(400, #"{"code":"duplicate_parameter"}"#)],
            [flag, create],
            .retry(after: nil, "HTTP 400")
        ),
        Scene(
            .suppress("global"),
            [Reply(404), Reply(400, #"{"code":"invalid_parameter"}"#)],
            [flag, create],
            .giveUp("HTTP 400")
        ),
        Scene(.suppress("newsletter"), [Reply(204)], [unlink], .done("HTTP 204")),
        Scene(.suppress("newsletter"), [Reply(404)], [unlink], .alreadyDone("HTTP 404")),
        Scene(.suppress("newsletter"), [Reply(400)], [unlink], .giveUp("HTTP 400")),
        Scene(
            .suppress("newsletter"),
            [Reply(429, headers: [("x-sib-ratelimit-reset", "9")])],
            [unlink],
            .retry(after: 9, "HTTP 429")
        ),
        Scene(.readBack("global"), [state(true, "")], ["GET \(contact)"], .done("HTTP 200")),
        Scene(.readBack("global"), [state(false, "")], ["GET \(contact)"], .absent("HTTP 200")),
        Scene(.readBack("global"), [Reply(404)], ["GET \(contact)"], .absent("HTTP 404")),
        Scene(.readBack("newsletter"), [state(false, "8")], ["GET \(contact)"], .done("HTTP 200")),
        Scene(
            .readBack("newsletter"),
            [state(false, "7,8")],
            ["GET \(contact)"],
            .absent("HTTP 200")
        ),
        Scene(.readBack("newsletter"), [state(true, "7")], ["GET \(contact)"], .done("HTTP 200")),
        Scene(.readBack("newsletter"), [Reply(404)], ["GET \(contact)"], .done("HTTP 404")),
        Scene(.erase, [Reply(204)], ["DELETE \(contact)"], .done("HTTP 204")),
        Scene(.erase, [Reply(404)], ["DELETE \(contact)"], .alreadyDone("HTTP 404")),
        Scene(.check, [Reply(200), Reply(200)], [account, list], .done("HTTP 200")),
        Scene(
            .check,
            [Reply(200), Reply(404)],
            [account, list],
            .giveUp("HTTP 404: there is no list 7")
        ),
        Scene(.check, [Reply(401)], [account], .retry(after: nil, "HTTP 401")),
    ]

    @Test(arguments: scenes)
    func transcripts(_ scene: Scene) throws {
        try scene.expect(of: connector())
    }

    @Test func commonStatuses() throws {
        try expectCommonStatuses(connector())
    }

    @Test(
        arguments: [
            (
                #"{"event":"unsubscribed"}"#,
                ["unsubscribed a@b.example - global <m@x>/unsubscribed"]
            ),
            (
                #"{"event":"unsubscribe","list_id":[7,8]}"#,
                [
                    "unsubscribed a@b.example 7 newsletter <m@x>/unsubscribed/7",
                    "unsubscribed a@b.example 8  <m@x>/unsubscribed/8",
                ]
            ),
            (
                #"{"event":"unsubscribe","list_id":7}"#,
                ["unsubscribed a@b.example 7 newsletter <m@x>/unsubscribed/7"]
            ),
            (#"{"event":"spam"}"#, ["complained a@b.example - global <m@x>/complained"]),
            (#"{"event":"complaint"}"#, ["complained a@b.example - global <m@x>/complained"]),
            (#"{"event":"hard_bounce"}"#, ["bounced a@b.example - global <m@x>/bounced"]),
            (#"{"event":"soft_bounce"}"#, []), (#"{"event":"opened"}"#, []),
            (#"{"kind":"spam"}"#, ["?"]), (#"{"event":"spam","email":null}"#, ["?"]),
        ] as [(String, [String])]
    )
    func events(_ item: String, _ lines: [String]) throws {
        let connector = try connector(["webhook-secret": "correct-horse-battery"])
        let address = item.contains("email") ? "" : #""email":"a@b.example","#
        let body =
            #"{"ts_epoch":1769851799500,"message-id":"<m@x>","# + address + item.dropFirst()
        for text in [body, "[\(body)]"] {
            let arrival = Arrival(
                headers: [("Authorization", "Bearer correct-horse-battery")],
                body: text
            )
            let batch = try arrival.batch(connector)
            #expect(batch.lines == lines)
            #expect(batch.ignored == (lines.isEmpty ? 1 : 0))
            let at = Timestamp(microseconds: 1_769_851_799_500_000)
            #expect(batch.events.allSatisfy { $0.at == at })
        }
    }
}
