// The listings of SES, Postmark and Resend as transcripts: several lists each, and one too long.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Provider listings of several lists")
struct ListingOfSeveralTests {
    private static let unreadable = ConnectorAnswer.giveUp("HTTP 200: not readable")

    // MARK: - Resend

    private static let resendURL = "GET https://api.resend.com"
    private static let resendScenes = [
        ListingScene(
            name: "contacts, topics of those who get broadcasts, suppressions",
            kind: .resend,
            options: ["secret": "key", "scope.newsletter": "t", "suppression": "global"],
            replies: [
                Reply(
                    200,
                    #"{"has_more":true,"data":[{"id":"i","email":"1@x.example","#
                        + #""unsubscribed":true},{"id":"j","email":"2@x.example","#
                        + #""unsubscribed":false}]}"#
                ),
                Reply(
                    200,
                    #"{"has_more":false,"data":[{"id":"t","subscription":"opt_out"},"#
                        + #"{"id":"u","subscription":"opt_out"},"#
                        + #"{"id":"v","subscription":"opt_in"}]}"#
                ),
                Reply(
                    200,
                    #"{"has_more":false,"data":[{"id":"k","email":"3@x.example","#
                        + #""unsubscribed":false}]}"#
                ), Reply(404),
                Reply(
                    200,
                    #"{"has_more":false,"data":[{"id":"s","email":"4@x.example","#
                        + #""origin":"bounce"}]}"#
                ),
            ],
            lines: [
                resendURL + "/contacts?limit=100",
                resendURL + "/contacts/2%40x.example/topics?limit=100",
                resendURL + "/contacts?limit=100&after=j",
                resendURL + "/contacts/3%40x.example/topics?limit=100",
                resendURL + "/suppressions?limit=100",
            ],
            entries: [
                "1@x.example unsubscribed at *contacts+t no to global",
                "2@x.example unsubscribed at t no to newsletter and 1 more",
                "4@x.example bounced at *suppressions no to global",
            ]
        ),
        ListingScene(
            name: "more to come, and nobody to go on from",
            kind: .resend,
            options: ["secret": "key"],
            replies: [Reply(200, #"{"has_more":true,"data":[]}"#)],
            lines: [resendURL + "/contacts?limit=100"],
            entries: [],
            failure: unreadable
        ),
    ]

    // MARK: - Postmark, SES

    private static let dumpURL =
        "GET https://api.postmarkapp.com/message-streams/news/suppressions/dump"
    private static let long = Reply(200, String(repeating: " ", count: 4_194_304))

    private static let streamScenes = [
        ListingScene(
            name: "a dump too long to be read comes in halves, by days",
            kind: .postmark,
            options: ["secret": "key", "global": "news"],
            replies: [
                long,
                Reply(
                    200,
                    #"{"Suppressions":[{"EmailAddress":"1@x.example","#
                        + #""SuppressionReason":"HardBounce"}]}"#
                ),
                Reply(
                    200,
                    #"{"Suppressions":[{"EmailAddress":"2@x.example","#
                        + #""SuppressionReason":"ManualSuppression"}]}"#
                ),
            ],
            lines: [
                dumpURL, dumpURL + "?fromdate=2009-01-01&todate=2017-07-18",
                dumpURL + "?fromdate=2017-07-19&todate=2026-02-01",
            ],
            entries: [
                "1@x.example bounced at news no to global",
                "2@x.example unsubscribed at news no to global",
            ]
        ),
        ListingScene(
            name: "the token is refused",
            kind: .postmark,
            options: ["secret": "key", "global": "news"],
            replies: [Reply(401)],
            lines: [dumpURL],
            entries: [],
            failure: .retry(after: nil, "HTTP 401")
        ),
    ]

    private static let sesURL = "https://email.eu-central-1.amazonaws.com/v2/email"
    private static let sesOptions = [
        "region": "eu-central-1", "access-key-id": "id", "secret": "key", "contact-list": "main",
        "scope.newsletter": "News",
    ]
    private static let sesScenes = [
        ListingScene(
            name: "contacts, then the account's list",
            kind: .ses,
            options: sesOptions,
            replies: [
                Reply(
                    200,
                    #"{"Contacts":[{"EmailAddress":"1@x.example","UnsubscribeAll":true},"#
                        + #"{"EmailAddress":"2@x.example","UnsubscribeAll":false,"#
                        + #""TopicDefaultPreferences":[{"TopicName":"News","#
                        + #""SubscriptionStatus":"OPT_OUT"}]}],"NextToken":"a+b="}"#
                ),
                Reply(
                    200,
                    #"{"Contacts":[{"EmailAddress":"3@x.example","TopicPreferences":"#
                        + #"[{"TopicName":"News","SubscriptionStatus":"OPT_OUT"},"#
                        + #"{"TopicName":"Old","SubscriptionStatus":"OPT_OUT"}]}]}"#
                ),
                Reply(
                    200,
                    #"{"SuppressedDestinationSummaries":[{"EmailAddress":"4@x.example","#
                        + #""Reason":"BOUNCE"}],"NextToken":"c/d"}"#
                ),
                Reply(200, #"{"SuppressedDestinationSummaries":[]}"#),
            ],
            lines: [
                "POST \(sesURL)/contact-lists/main/contacts/list {\"PageSize\":1000}",
                "POST \(sesURL)/contact-lists/main/contacts/list "
                    + "{\"NextToken\":\"a+b=\",\"PageSize\":1000}",
                "GET \(sesURL)/suppression/addresses?PageSize=1000",
                "GET \(sesURL)/suppression/addresses?PageSize=1000&NextToken=c%2Fd",
            ],
            entries: [
                "1@x.example unsubscribed at *contacts+News no to global",
                "3@x.example unsubscribed at News no to newsletter and 1 more",
                "4@x.example bounced at *account no to global",
            ]
        ),
        ListingScene(
            name: "a body that is no list",
            kind: .ses,
            options: sesOptions,
            replies: [Reply(200, "<html>")],
            lines: ["POST \(sesURL)/contact-lists/main/contacts/list {\"PageSize\":1000}"],
            entries: [],
            failure: unreadable
        ),
    ]

    @Test(arguments: resendScenes + streamScenes + sesScenes)
    func transcripts(_ scene: ListingScene) async throws {
        try await scene.expect()
    }

    /// A day that alone is too long cannot be halved.
    @Test func aDumpThatStaysTooLongIsGivenUp() async throws {
        let connector = try made(.postmark, ["secret": "key", "global": "news"])
        let played = try await ListingScene.play(
            connector,
            Array(repeating: ListingOfSeveralTests.long, count: 14)
        )
        #expect(played.failure == .giveUp("HTTP 200: longer than may be read"))
        #expect(played.unused == 0)
        #expect(played.lines.last == Self.dumpURL + "?fromdate=2009-01-01&todate=2009-01-01")
    }
}
