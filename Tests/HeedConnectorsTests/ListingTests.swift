// Listings in general: walked to the end or not at all, redacted, and never led elsewhere.

import HeedConsent
import Testing

@testable import HeedConnectors

/// A listing and its expected course.
struct ListingScene: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: ConnectorKind
    let options: [String: String]
    let replies: [Reply]
    let lines: [String]
    let entries: [String]
    var failure: ConnectorAnswer?

    var testDescription: String { "\(kind.rawValue): \(name)" }

    /// Plays the listing and compares requests, entries and end.
    func expect() async throws {
        let played = try await ListingScene.play(made(kind, options), replies)
        #expect(played.lines == lines)
        #expect(played.entries == entries)
        #expect(played.failure == failure)
        #expect(played.unused == 0)
    }

    /// What was sent and heard; too few answers throw.
    static func play(
        _ connector: any Connector,
        _ replies: [Reply]
    ) async throws -> (lines: [String], entries: [String], failure: ConnectorAnswer?, unused: Int) {
        var rest = replies[...]
        var lines: [String] = []
        var entries: [String] = []
        let first = try connector.list(at: Scene.now)
        var dumped = ""
        dump(first, to: &dumped)
        #expect(!dumped.contains("://"))
        let failure = try await first.walk(
            now: { Scene.now },
            carry: { request in
                lines.append(Scene.line(request))
                let next = rest.popFirst()
                let reply = try #require(next, "one request too many: \(lines)")
                return reply.response(to: request)
            },
            page: { entries += $0.map(\.line) }
        )
        #expect(failure?.text.contains("@") != true)
        return (lines, entries, failure, rest.count)
    }
}

extension Reply {
    /// The answer, cut to what may be read of it.
    func response(to request: OutboundRequest) -> OutboundResponse {
        OutboundResponse(
            status: status,
            headers: headers,
            body: Array(body.utf8),
            bytesMaximum: request.answerBytesMaximum
        )
    }
}

extension ListedEntry {
    /// Address, kind, places, extents and what nobody mapped, in one line.
    var line: String {
        let places = places.joined(separator: "+")
        let more = unmapped == 0 ? "" : " and \(unmapped) more"
        return "\(address) \(kind.rawValue) at \(places) no to \(extents.joined(separator: "+"))"
            + more
    }
}

@Suite("Listing")
struct ListingTests {
    private static let request = OutboundRequest(
        method: "GET",
        url: "https://a.example/",
        headers: [],
        body: []
    )

    @Test(arguments: [
        ("https://evil.example/v3/other?page=next&address=a%40b.example", "a@b.example"),
        ("/v1/list?cursor=x&address=a%40b.example#address=z", "a@b.example"),
        ("https://evil.example/?address=", nil), ("https://evil.example/", nil), ("", nil),
        ("?address=%FF", nil), ("?address=" + String(repeating: "a", count: 5000), nil),
    ])
    func aLinkGivesAFieldAndNothingElse(_ link: String, _ field: String?) {
        #expect(linkField("address", of: link) == field)
    }

    @Test func anEndlessListIsGivenUp() async throws {
        @Sendable func again(_ now: Timestamp) -> ListingStep {
            .send(ListingTests.request) { _, _ in .page([]) { again($0) } }
        }
        var sent = 0
        let failure = try await again(Scene.now).walk(
            now: { Scene.now },
            carry: { _ in
                sent += 1
                return OutboundResponse(status: 200)
            },
            page: { _ in }
        )
        #expect(failure == .giveUp("the list had no end"))
        #expect(sent == ListingStep.requestsMaximum)
    }

    @Test func nothingShowsAnAddress() {
        let entry = ListedEntry("ana@mail.example", places: ["a"], extents: ["global"])
        for value in [entry as Any, ListingStep.page([entry]) { _ in .end }] {
            var dumped = ""
            dump(value, to: &dumped)
            #expect(!"\(value) \(String(reflecting: value)) \(dumped)".contains("ana"))
        }
    }

    /// One list after the other, and none after the first that failed.
    @Test func placesComeInTurn() async throws {
        let step = try ListingStep.each(["a", "b", "c"], at: Scene.now) { place, _ in
            let entry = ListedEntry(place, places: [], extents: [])
            return place == "b" ? .failed(.giveUp("b")) : .page([entry]) { _ in .end }
        }
        var seen: [String] = []
        let failure = try await step.walk(
            now: { Scene.now },
            carry: { _ in OutboundResponse(status: 200) },
            page: { seen += $0.map(\.address) }
        )
        #expect(seen == ["a"])
        #expect(failure == .giveUp("b"))
    }

    @Test func aWebhookSaysThatItCannotBeListed() throws {
        let secret = try WebhookSecret(bytes: Array(repeating: 7, count: 32)).text
        let connector = try made(.webhook, ["url": "https://a.example/", "secret": secret])
        do {
            _ = try connector.list(at: Scene.now)
            Issue.record("a webhook was listed")
        } catch {
            #expect(error.code == .noListing)
            #expect(error.message == "a webhook connector cannot be listed")
        }
        #expect(connector.sign(of: "global") == nil)
    }

    private static let options: [ConnectorKind: [String: String]] = [
        .ses: [
            "region": "eu-central-1", "access-key-id": "id", "contact-list": "main",
            "scope.newsletter": "News", "scope.off": "none",
        ],
        .sendgrid: ["scope.newsletter": "101,102", "scope.off": "none"],
        .mailgun: [
            "global": "a.example/*", "scope.newsletter": "a.example/n", "scope.off": "none",
        ],
        .postmark: ["global": "b", "scope.newsletter": "n", "scope.off": "none"],
        .sparkpost: ["scope.newsletter": "n", "scope.off": "none"],
        .mailchimp: [
            "url": "https://a.example", "global": "a,b", "scope.newsletter": "a",
            "scope.off": "none",
        ],
        .brevo: ["scope.newsletter": "7", "scope.off": "none"],
        .resend: ["scope.newsletter": "t", "scope.off": "none"],
    ]

    @Test(arguments: [
        (ConnectorKind.ses, ["*contacts", "*account"], ["News"]),
        (.sendgrid, ["*"], ["101", "102"]),
        (.mailgun, ["a.example/*"], ["a.example/n"]), (.postmark, ["b"], ["n"]),
        (.sparkpost, ["*"], ["n"]), (.mailchimp, ["a", "b"], ["a"]),
        (.resend, ["*contacts"], ["t"]),
    ])
    func signs(_ kind: ConnectorKind, _ global: [String], _ scope: [String]) throws {
        let options = (ListingTests.options[kind] ?? [:]).merging(["secret": "key"]) { $1 }
        let connector = try made(kind, options)
        #expect(connector.sign(of: "global") == .seen(at: global))
        #expect(connector.sign(of: "newsletter") == .seen(at: scope))
        #expect(connector.sign(of: "off")?.places == [])
        #expect(connector.sign(of: "unknown") == nil)
    }

    /// A contact of Brevo's that left a list is only not on it any more.
    @Test func aSignMayBeAbsence() throws {
        let options = (ListingTests.options[.brevo] ?? [:]).merging(["secret": "key"]) { $1 }
        let connector = try made(.brevo, options)
        #expect(connector.sign(of: "newsletter") == .unseen(at: ["7"]))
        #expect(connector.sign(of: "global") == .seen(at: ["*"]))
    }
}
