// The webhook connector as transcripts: the exact request, and what every answer means.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Webhook connector")
struct WebhookConnectorTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let id = "0198f0c2-7a11-7aaa-9bbb-0123456789ab"
    /// 2026-01-31T09:30:00Z, when the person asked.
    private static let asked = Timestamp(seconds: 1_769_851_800)

    private func connector(_ url: String = "https://crm.example/hook") throws -> WebhookConnector {
        try WebhookConnector(name: "crm", url: url, secret: Self.secret)
    }

    private func request(
        _ connector: WebhookConnector,
        _ notice: OptOutNotice,
        at now: Timestamp
    ) throws -> OutboundRequest {
        let played = try Scene.play(connector.suppress(notice, at: now), [])
        return try #require(played.requests.first)
    }

    private func notice(
        target: String = id,
        address: String = "Ana.Núñez@mail.example"
    ) -> OptOutNotice {
        OptOutNotice(
            target: target,
            address: address,
            extent: "newsletter",
            contact: "0198f0c2-7a10-7c3d-8f21-5d3b9a6e4c01",
            requestedAt: Self.asked
        )
    }

    private let golden =
        #"{"data":{"address":"Ana.Núñez@mail.example","channel":"email","#
        + #""contactId":"0198f0c2-7a10-7c3d-8f21-5d3b9a6e4c01","#
        + #""id":"0198f0c2-7a11-7aaa-9bbb-0123456789ab","requestedAt":"2026-01-31T09:30:00Z","#
        + #""scope":"newsletter"},"timestamp":"2026-01-31T09:30:00Z","type":"optout.requested"}"#

    /// The signatures were computed with another implementation of HMAC.
    @Test(
        arguments: [
            (5, "v1,+6MtrM7HUCDaCA5pGCeEq8/bLT59k8UYLMQfl4rro8g="),
            (135, "v1,ADfpnOjfCghYuV32vl2D8x1VbkBKWqvybIuYCXjdXUQ="),
        ] as [(Int64, String)]
    )
    func theRequest(_ delay: Int64, _ signature: String) throws {
        let now = Self.asked.adding(seconds: delay)
        let request = try request(connector(), notice(), at: now)
        #expect(request.method == "POST")
        #expect(request.url == "https://crm.example/hook")
        #expect(String(decoding: request.body, as: UTF8.self) == golden)
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "content-type: application/json",
                "user-agent: Heed",
                "webhook-id: \(Self.id)",
                "webhook-timestamp: \(1_769_851_800 + delay)",
                "webhook-signature: \(signature)",
            ]
        )
        try WebhookSecret(Self.secret).verify(headers: request.headers, body: request.body, at: now)
    }

    @Test func textIsEscapedAsJSONDemands() throws {
        let address = "\"a\\b\u{1}\n\u{7F}\u{2028}😀\"@mail.example"
        let request = try request(connector(), notice(address: address), at: Self.asked)
        let body = String(decoding: request.body, as: UTF8.self)
        let escaped = #""\"a\\b\u0001\u000a"# + "\u{7F}\u{2028}😀" + #"\"@mail.example""#
        #expect(body.contains(#""address":"# + escaped + ","))
    }

    @Test(arguments: ["", "a.b", "a b", "a\r\nx-evil: 1", "é", String(repeating: "a", count: 65)])
    func aMessageIDThatWouldBreakTheSignatureIsRefused(_ target: String) throws {
        let connector = try connector()
        let refusal = #expect(throws: Refusal.self) {
            try connector.suppress(notice(target: target), at: Self.asked)
        }
        #expect(refusal?.field == "target")
    }

    @Test func everyStatusHasItsMeaning() throws {
        let connector = try connector()
        for status in 100...599 {
            let step = try connector.suppress(notice(), at: Self.asked)
            let answer = try Scene.play(step, [Reply(status)]).answer
            let expected: ConnectorAnswer =
                switch status {
                case 200...299: .done("HTTP \(status)")
                case 410: .giveUp("HTTP 410")
                default: .retry(after: nil, "HTTP \(status)")
                }
            #expect(answer == expected)
        }
    }

    @Test(arguments: [301, 400, 401, 404, 408, 409, 425, 429, 500, 502, 503, 504])
    func aRetryComesWhenTheReceiverAsksForIt(_ status: Int) throws {
        let reply = Reply(
            status,
            "no such person: Ana.Núñez@mail.example",
            headers: [("Retry-After", "120"), ("X-Request-Id", "r-1")]
        )
        let played = try Scene.play(connector().suppress(notice(), at: Self.asked), [reply])
        #expect(played.answer == .retry(after: 120, "HTTP \(status), request r-1"))
    }

    @Test(arguments: [
        "https://crm.example", "https://crm.example:8443/hook?key=1", "HTTPS://crm.example/",
        "https://10.0.0.7/hook", "https://[fd00::7]/hook", "http://127.0.0.1:9000/hook",
        "http://127.255.0.9/", "http://localhost:9000", "http://LOCALHOST/", "http://[::1]:9000/h",
    ])
    func usableURLs(_ url: String) throws {
        #expect(try request(connector(url), notice(), at: Self.asked).url == url)
    }

    @Test(arguments: [
        "", " ", "crm.example/hook", "/hook", "ftp://crm.example/", "file:///etc/passwd",
        "mailto:a@b.example", "https://", "https:///hook", "https:crm.example", "https://:443/",
        "https://ana:secret@crm.example/", "https://ana@crm.example/", "https://@crm.example/",
        "https://crm.example/a b", "https://crm.example/\r\nx: 1", "https://crm exa/",
        "http://crm.example/", "http://10.0.0.7/", "http://128.0.0.1/", "http://127.0.0.1.example/",
        "http://127.1/", "http://127.0.0.256/", "http://127.0.0.01/", "http://localhost.example/",
        "http://[::2]/", "https://crm.example:0/", "https://crm.example:65536/",
        "https://crm.example:-1/", "https://crm.example:99999999999999999999/", "http://0.0.0.0/",
    ])
    func unusableURLs(_ url: String) throws {
        let refusal = #expect(throws: Refusal.self) { try connector(url) }
        #expect(refusal?.field == "url")
        #expect(refusal?.message.contains("secret") == false)
    }

    @Test func anUnusableSecretIsRefused() {
        let refusal = #expect(throws: Refusal.self) {
            try WebhookConnector(name: "crm", url: "https://crm.example", secret: "whsec_AAAA")
        }
        #expect(refusal?.field == "secret")
    }

    @Test func onlyItsNameIsPrinted() throws {
        #expect(try "\(connector())" == "webhook crm")
        #expect(try String(reflecting: connector()) == "webhook crm")
    }

    @Test func anErasureIsAMessageOfItsOwn() throws {
        let played = try Scene.play(Scene.begin(.erase, connector()), [Reply(202)])
        let body = String(decoding: played.requests[0].body, as: UTF8.self)
        #expect(body.hasSuffix(#""timestamp":"2026-01-31T09:30:00Z","type":"erasure.requested"}"#))
        #expect(body.contains(#""address":"\#(Scene.address)""#))
        #expect(played.answer == .done("HTTP 202"))
    }

    @Test func aCheckNamesNobodyAndNothingCanBeAsked() throws {
        let played = try Scene.play(Scene.begin(.check, connector()), [Reply(200)])
        let body = String(decoding: played.requests[0].body, as: UTF8.self)
        #expect(
            body == #"{"data":{},"timestamp":"2026-01-31T09:30:00Z","type":"connector.checked"}"#
        )
        let asked = try Scene.play(Scene.begin(.readBack("global"), connector()), [])
        #expect(asked.requests.isEmpty)
        #expect(asked.answer == .giveUp("a webhook receiver cannot be asked"))
    }

    private func arrival(_ body: String) throws -> Arrival {
        let secret = try WebhookSecret(Self.secret)
        let signature = secret.sign(id: "m-1", timestamp: Scene.now, body: Array(body.utf8))
        return Arrival(
            headers: [
                ("webhook-id", "m-1"), ("webhook-timestamp", String(Scene.now.wholeSeconds)),
                ("webhook-signature", signature),
            ],
            body: body
        )
    }

    @Test(arguments: [
        (
            #"{"type":"recipient.unsubscribed","data":{"address":"a@b.example","scope":"news"}}"#,
            "unsubscribed a@b.example news news m-1"
        ),
        (
            #"{"type":"recipient.complained","data":{"address":"a@b.example"}}"#,
            "complained a@b.example - global m-1"
        ),
        (#"{"type":"recipient.opened","data":{"address":"a@b.example"}}"#, ""),
        (#"{"type":"recipient.read","data":{"address":"a@b.example"}}"#, "?"),
        (#"{"type":"recipient.unsubscribed","data":{"email":"a@b.example"}}"#, "?"),
        (#"{"kind":"recipient.unsubscribed"}"#, "?"), (#"{"type":"message.sent"}"#, ""),
    ])
    func arrivals(_ body: String, _ line: String) throws {
        let batch = try arrival(body).batch(connector())
        #expect(batch.lines.joined() == line)
        #expect(batch.ignored == (line.isEmpty ? 1 : 0))
        #expect(batch.replay?.token == "m-1")
    }

    @Test func anUnsignedArrivalIsRefused() throws {
        var arrival = try arrival(#"{"type":"recipient.unsubscribed"}"#)
        arrival.body += " "
        #expect(try arrival.problem(connector()) == "webhook-signature")
        arrival.headers = []
        #expect(try arrival.problem(connector()) == "webhook-id")
    }
}
