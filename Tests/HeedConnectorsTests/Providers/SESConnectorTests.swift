// Amazon SES as transcripts: contact list, suppression list, and an account that would not act.

import HeedConnectors
import HeedConsent
import Testing

@Suite("SES connector")
struct SESConnectorTests {
    private static let base = "https://email.eu-central-1.amazonaws.com/v2/email"
    private static let contact = "\(base)/contact-lists/main/contacts/@@"
    private static let entry = "\(base)/suppression/addresses/@@"
    private static let put =
        #"PUT \#(base)/suppression/addresses {"EmailAddress":"<WHO>","Reason":"COMPLAINT"}"#
    private static let account = "GET \(base)/account"
    private static let list = "GET \(base)/contact-lists/main"
    private static let on = Reply(
        200,
        #"{"SuppressionAttributes":{"SuppressedReasons":["BOUNCE","COMPLAINT"]}}"#
    )
    private static let off = Reply(
        200,
        #"{"SuppressionAttributes":{"SuppressedReasons":["BOUNCE"]}}"#
    )
    private static let joined = Reply(
        200,
        #"{"UnsubscribeAll":false,"AttributesData":"{}","TopicPreferences":["#
            + #"{"TopicName":"Offers","SubscriptionStatus":"OPT_IN"}]}"#
    )
    private static let left = Reply(
        200,
        #"{"UnsubscribeAll":false,"TopicPreferences":["#
            + #"{"TopicName":"News","SubscriptionStatus":"OPT_OUT"}]}"#
    )
    private static let leftAll = Reply(200, #"{"UnsubscribeAll":true}"#)
    private static let newsOut = #"{"SubscriptionStatus":"OPT_OUT","TopicName":"News"}"#
    private static let offersIn = #"{"SubscriptionStatus":"OPT_IN","TopicName":"Offers"}"#

    private func connector(_ more: [String: String] = [:]) throws -> any Connector {
        let options = [
            "region": "eu-central-1", "access-key-id": "AKID", "secret": "key",
            "contact-list": "main", "scope.newsletter": "News",
        ]
        return try made(.ses, options.merging(more) { _, new in new })
    }

    private static let scenes = [
        Scene(
            .suppress("newsletter"),
            [Reply(404), Reply(200, "{}")],
            [
                "GET \(contact)",
                #"POST \#(base)/contact-lists/main/contacts {"EmailAddress":"<WHO>","#
                    + #""TopicPreferences":[\#(newsOut)],"UnsubscribeAll":false}"#,
            ],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("newsletter"),
            [joined, Reply(200, "{}")],
            [
                "GET \(contact)",
                #"PUT \#(contact) {"AttributesData":"{}","TopicPreferences":[\#(newsOut),"#
                    + #"\#(offersIn)],"UnsubscribeAll":false}"#,
            ],
            .done("HTTP 200")
        ),
        Scene(.suppress("newsletter"), [left], ["GET \(contact)"], .alreadyDone("HTTP 200")),
        Scene(.suppress("newsletter"), [leftAll], ["GET \(contact)"], .alreadyDone("HTTP 200")),
        Scene(
            .suppress("newsletter"),
            [joined, Reply(500, headers: [("x-amzn-RequestId", "r-1")])],
            [
                "GET \(contact)",
                #"PUT \#(contact) {"AttributesData":"{}","TopicPreferences":[\#(newsOut),"#
                    + #"\#(offersIn)],"UnsubscribeAll":false}"#,
            ],
            .retry(after: nil, "HTTP 500, request r-1")
        ),
        Scene(
            .suppress("global"),
            [joined, Reply(200), Reply(200), on],
            [
                "GET \(contact)",
                #"PUT \#(contact) {"AttributesData":"{}","TopicPreferences":["#
                    + #"\#(offersIn)],"UnsubscribeAll":true}"#,
                put, account,
            ],
            .done("HTTP 200")
        ),
        Scene(
            .suppress("global"),
            [leftAll, Reply(200), off],
            ["GET \(contact)", put, account],
            .retry(after: 3600, "the account's suppression list is off for COMPLAINT")
        ),
        Scene(
            .suppress("global"),
            [leftAll, Reply(429)],
            ["GET \(contact)", put],
            .retry(after: nil, "HTTP 429")
        ),
        Scene(.readBack("newsletter"), [left], ["GET \(contact)"], .done("HTTP 200")),
        Scene(.readBack("newsletter"), [joined], ["GET \(contact)"], .absent("HTTP 200")),
        Scene(.readBack("newsletter"), [Reply(404)], ["GET \(contact)"], .absent("HTTP 404")),
        Scene(
            .readBack("global"),
            [leftAll, Reply(200, #"{"SuppressedDestination":{"Reason":"COMPLAINT"}}"#)],
            ["GET \(contact)", "GET \(entry)"],
            .done("HTTP 200")
        ),
        Scene(
            .readBack("global"),
            [leftAll, Reply(404)],
            ["GET \(contact)", "GET \(entry)"],
            .absent("HTTP 404")
        ),
        Scene(
            .erase,
            [Reply(200), Reply(404)],
            ["DELETE \(contact)", "DELETE \(entry)"],
            .done("HTTP 200")
        ),
        Scene(
            .erase,
            [Reply(404), Reply(404)],
            ["DELETE \(contact)", "DELETE \(entry)"],
            .alreadyDone("HTTP 404")
        ),
        Scene(
            .check,
            [on, Reply(200, #"{"Topics":[{"TopicName":"News"},{"TopicName":"Offers"}]}"#)],
            [account, list],
            .done("HTTP 200")
        ),
        Scene(
            .check,
            [on, Reply(200, #"{"Topics":[{"TopicName":"Other"}]}"#)],
            [account, list],
            .giveUp("contact list main has no topic News")
        ),
        Scene(
            .check,
            [on, Reply(404)],
            [account, list],
            .giveUp("HTTP 404: there is no contact list main")
        ),
        Scene(
            .check,
            [Reply(200, "{}")],
            [account],
            .giveUp("the account's suppression list is off for BOUNCE and COMPLAINT")
        ),
    ]

    @Test(arguments: scenes)
    func transcripts(_ scene: Scene) throws {
        try scene.expect(of: connector())
    }

    @Test func aContactSomebodyElseMadeIsUpdatedNextTime() throws {
        let exists = Reply(400, headers: [("x-amzn-ErrorType", "AlreadyExistsException:http://x")])
        let step = try Scene.begin(.suppress("newsletter"), connector())
        #expect(
            try Scene.play(step, [Reply(404), exists]).answer == .retry(after: nil, "HTTP 400")
        )
        #expect(try Scene.play(step, [Reply(404), Reply(400)]).answer == .giveUp("HTTP 400"))
    }

    @Test func withoutAContactListOnlyTheAccountIsTold() throws {
        let named = #expect(throws: Refusal.self) { try self.connector(["contact-list": ""]) }
        #expect(named?.field == "scope.newsletter")
        let connector = try connector(["contact-list": "", "scope.newsletter": "none"])
        try Scene(
            .suppress("global"),
            [Reply(200), Self.on],
            [Self.put, Self.account],
            .done("HTTP 200")
        )
        .expect(of: connector)
        try Scene(
            .suppress("newsletter"),
            [],
            [],
            .alreadyDone("not sent through this system")
        )
        .expect(of: connector)
    }

    @Test func anAccountThatSendsReceiptsIsNotSuppressed() throws {
        let connector = try connector(["account-suppression": "never"])
        try Scene(
            .suppress("global"),
            [Self.leftAll],
            ["GET \(Self.contact)"],
            .alreadyDone("HTTP 200")
        ).expect(of: connector)
    }

    @Test func requestsAreSigned() throws {
        let fields = try headers(connector(["session-token": "token"]))
        #expect(fields[0] == "accept: application/json")
        #expect(fields[1] == "x-amz-date: 20260131T093000Z")
        #expect(fields[2] == "x-amz-security-token: token")
        let scope = "AKID/20260131/eu-central-1/ses/aws4_request"
        #expect(fields[3].hasPrefix("authorization: AWS4-HMAC-SHA256 Credential=\(scope), "))
        #expect(fields[3].contains("SignedHeaders=host;x-amz-date;x-amz-security-token, "))
        try expectCommonStatuses(connector())
    }
}
