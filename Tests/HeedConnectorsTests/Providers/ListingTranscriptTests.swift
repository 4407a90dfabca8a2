// Each provider's listing as transcripts: several pages, none, half of one, and a link elsewhere.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Provider listings")
struct ListingTranscriptTests {
    private static let unreadable = ConnectorAnswer.giveUp("HTTP 200: not readable")

    // MARK: - Mailgun

    private static let mailgun = [
        "secret": "key", "global": "a.example/*", "scope.newsletter": "a.example/news",
    ]
    private static let mailgunURL =
        "GET https://api.mailgun.net/v3/a.example/unsubscribes?limit=1000"
    private static func mailgunPage(_ items: String, next: String) -> Reply {
        Reply(200, #"{"items":[\#(items)],"paging":{"next":"\#(next)"}}"#)
    }

    private static let mailgunScenes = [
        ListingScene(
            name: "pages, the next one named by a hostile link",
            kind: .mailgun,
            options: mailgun,
            replies: [
                mailgunPage(
                    #"{"address":"1@x.example","tags":["*"]},{"address":"2@x.example","#
                        + #""tags":["news","other"]}"#,
                    next: "https://evil.example/steal?address=2%40x.example&page=next&key=1"
                ),
                mailgunPage("", next: "https://evil.example/"),
            ],
            lines: [mailgunURL, mailgunURL + "&page=next&address=2%40x.example"],
            entries: [
                "1@x.example unsubscribed at a.example/*+a.example/news no to global",
                "2@x.example unsubscribed at a.example/news no to newsletter and 1 more",
            ]
        ),
        ListingScene(
            name: "a page without a link is no end",
            kind: .mailgun,
            options: mailgun,
            replies: [Reply(200, #"{"items":[{"address":"1@x.example","tags":["*"]}]}"#)],
            lines: [mailgunURL],
            entries: [],
            failure: unreadable
        ),
        ListingScene(
            name: "a list that goes in circles",
            kind: .mailgun,
            options: mailgun,
            replies: Array(
                repeating: mailgunPage(
                    #"{"address":"1@x.example","tags":["x"]}"#,
                    next: "/?address=1"
                ),
                count: 2
            ),
            lines: [mailgunURL, mailgunURL + "&page=next&address=1"],
            entries: Array(
                repeating: "1@x.example unsubscribed at  no to  and 1 more",
                count: 2
            ),
            failure: .giveUp("the list goes in circles")
        ),
    ]

    // MARK: - SendGrid

    private static let sendgridURL = "GET https://api.sendgrid.com/v3"
    private static let sendgridScenes = [
        ListingScene(
            name: "the global list by position, then each group",
            kind: .sendgrid,
            options: ["secret": "key", "scope.newsletter": "101"],
            replies: [
                Reply(200, #"[{"created":1,"email":"1@x.example"}]"#), Reply(200, "[]"),
                Reply(200, #"["2@x.example"]"#),
            ],
            lines: [
                sendgridURL + "/suppression/unsubscribes?limit=500&offset=0",
                sendgridURL + "/suppression/unsubscribes?limit=500&offset=1",
                sendgridURL + "/asm/groups/101/suppressions",
            ],
            entries: [
                "1@x.example unsubscribed at *+101 no to global",
                "2@x.example unsubscribed at 101 no to newsletter",
            ]
        ),
        ListingScene(
            name: "too many requests in the middle",
            kind: .sendgrid,
            options: ["secret": "key"],
            replies: [
                Reply(200, #"[{"email":"1@x.example"}]"#),
                Reply(429, headers: [("X-RateLimit-Reset", "1769851830")]),
            ],
            lines: [
                sendgridURL + "/suppression/unsubscribes?limit=500&offset=0",
                sendgridURL + "/suppression/unsubscribes?limit=500&offset=1",
            ],
            entries: ["1@x.example unsubscribed at * no to global"],
            failure: .retry(after: 30, "HTTP 429")
        ),
        ListingScene(
            name: "an entry without an address spoils the page",
            kind: .sendgrid,
            options: ["secret": "key"],
            replies: [Reply(200, #"[{"email":"1@x.example"},{"created":2}]"#)],
            lines: [sendgridURL + "/suppression/unsubscribes?limit=500&offset=0"],
            entries: [],
            failure: unreadable
        ),
    ]

    // MARK: - SparkPost

    private static func sparkpost(_ cursor: String) -> String {
        "GET https://api.sparkpost.com/api/v1/suppression-list?cursor=\(cursor)&per_page=5000"
            + "&types=non_transactional"
    }
    private static let sparkpostScenes = [
        ListingScene(
            name: "pages by cursor, the link on another host",
            kind: .sparkpost,
            options: ["secret": "key", "scope.newsletter": "n"],
            replies: [
                Reply(
                    200,
                    #"{"results":[{"recipient":"1@x.example","type":"non_transactional","#
                        + #""source":"Spam Complaint"},{"recipient":"t@x.example","#
                        + #""type":"transactional"}],"links":[{"rel":"next","#
                        + #""href":"https://evil.example/?cursor=a%2Bb%3D"}]}"#
                ),
                Reply(
                    200,
                    #"{"results":[{"recipient":"2@x.example","type":"non_transactional","#
                        + #""list_id":"n"},{"recipient":"3@x.example","#
                        + #""type":"non_transactional","list_id":"m","source":"Bounce Rule"}],"#
                        + #""links":[{"rel":"first","href":"/x"}]}"#
                ),
            ],
            lines: [sparkpost("initial"), sparkpost("a%2Bb%3D")],
            entries: [
                "1@x.example complained at *+n no to global",
                "2@x.example unsubscribed at n no to newsletter",
                "3@x.example bounced at  no to  and 1 more",
            ]
        ),
        ListingScene(
            name: "a link without a cursor is no end",
            kind: .sparkpost,
            options: ["secret": "key"],
            replies: [Reply(200, #"{"results":[],"links":[{"rel":"next","href":"/x"}]}"#)],
            lines: [sparkpost("initial")],
            entries: [],
            failure: unreadable
        ),
    ]

    // MARK: - Mailchimp, Brevo

    private static func mailchimp(_ list: String, _ status: String, _ offset: Int) -> String {
        "GET https://us6.api.mailchimp.com/3.0/lists/\(list)/members?status=\(status)&count=1000"
            + "&offset=\(offset)&sort_field=last_changed&sort_dir=ASC"
            + "&fields=members.email_address%2Cmembers.status"
    }
    private static let none = Reply(200, #"{"members":[]}"#)
    private static let brevoURL = "GET https://api.brevo.com/v3/contacts?limit=1000&offset="

    private static let contactScenes = [
        ListingScene(
            name: "each audience and status",
            kind: .mailchimp,
            options: ["secret": "key-us6", "global": "a,b", "scope.newsletter": "a"],
            replies: [
                none,
                Reply(
                    200,
                    #"{"members":[{"email_address":"1@x.example","status":"unsubscribed"}]}"#
                ), none,
                Reply(200, #"{"members":[{"email_address":"2@x.example","status":"cleaned"}]}"#),
                none, none,
            ],
            lines: [
                mailchimp("a", "cleaned", 0), mailchimp("a", "unsubscribed", 0),
                mailchimp("a", "unsubscribed", 1), mailchimp("b", "cleaned", 0),
                mailchimp("b", "cleaned", 1), mailchimp("b", "unsubscribed", 0),
            ],
            entries: [
                "1@x.example unsubscribed at a no to newsletter",
                "2@x.example bounced at b no to global",
            ]
        ),
        ListingScene(
            name: "members of another status mean that the filter was not understood",
            kind: .mailchimp,
            options: ["secret": "key-us6", "global": "a"],
            replies: [
                Reply(200, #"{"members":[{"email_address":"1@x.example","status":"subscribed"}]}"#)
            ],
            lines: [mailchimp("a", "cleaned", 0)],
            entries: [],
            failure: unreadable
        ),
        ListingScene(
            name: "the flag, the lists somebody is on, and those they left",
            kind: .brevo,
            options: ["secret": "key", "scope.newsletter": "7", "scope.offers": "8"],
            replies: [
                Reply(
                    200,
                    #"{"contacts":[{"email":"1@x.example","emailBlacklisted":true,"listIds":[7]},"#
                        + #"{"email":"2@x.example","emailBlacklisted":false,"listIds":[8,9],"#
                        + #""listUnsubscribed":[7,6]},{"emailBlacklisted":false,"listIds":[]},"#
                        + #"{"email":"3@x.example","emailBlacklisted":false,"listIds":[5],"#
                        + #""listUnsubscribed":null}]}"#
                ), Reply(200, #"{"contacts":[]}"#),
            ],
            lines: [brevoURL + "0&sort=asc", brevoURL + "4&sort=asc"],
            entries: [
                "1@x.example unsubscribed at * no to global",
                "2@x.example unsubscribed at 8 no to newsletter and 1 more",
            ]
        ),
        ListingScene(
            name: "a contact without a flag spoils the page",
            kind: .brevo,
            options: ["secret": "key"],
            replies: [Reply(200, #"{"contacts":[{"email":"1@x.example","listIds":[]}]}"#)],
            lines: [brevoURL + "0&sort=asc"],
            entries: [],
            failure: unreadable
        ),
    ]

    @Test(arguments: mailgunScenes + sendgridScenes + sparkpostScenes + contactScenes)
    func transcripts(_ scene: ListingScene) async throws {
        try await scene.expect()
    }
}
