// The page for operators against the code: what each webhook needs, and the bodies it shows.

import Foundation
import HeedConnectors
import HeedConsent
import Testing

@Suite("Operations page of connectors")
struct OperationsPageTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private static let page: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "docs/operations/connectors.md")
        return (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    }()

    /// The section of a kind, without its line breaks.
    private func section(_ kind: ConnectorKind) throws -> String {
        let found = Self.page.components(separatedBy: "\n## ")
            .first { $0.prefix { $0 != "\n" }.hasSuffix("`\(kind.rawValue)`") }
        return try #require(found).replacing("\n", with: " ")
    }

    /// The option without which no webhook of a kind is believed.
    private static let proofs: [ConnectorKind: String] = [
        .ses: "topic-arn", .sendgrid: "webhook-key", .mailgun: "webhook-secret",
        .postmark: "webhook-secret", .sparkpost: "webhook-secret", .mailchimp: "webhook-secret",
        .brevo: "webhook-secret", .resend: "webhook-secret",
    ]

    @Test(arguments: ConnectorKind.allCases)
    func eachKindSaysWhereItsWebhookGoesAndWhatProvesIt(_ kind: ConnectorKind) throws {
        let section = try section(kind)
        #expect(section.contains("PUBLIC_URL/v1/webhooks/NAME"))
        guard let proof = Self.proofs[kind] else {
            #expect(kind == .webhook)
            return
        }
        #expect(kind.options.contains { $0.name == proof })
        let parts = section.components(separatedBy: "**Webhook**")
        #expect(parts.count == 2)
        // Before the table of options, which names it anyway.
        #expect(parts.last?.prefix { $0 != "|" }.contains(proof) == true)
    }

    /// Those that only repeat a secret refuse 15 characters, as the page says, and take 16.
    @Test(arguments: [ConnectorKind.postmark, .sparkpost, .mailchimp, .brevo])
    func aSharedSecretHasTheLengthThePageSays(_ kind: ConnectorKind) throws {
        #expect(try section(kind).contains("16 characters or more"))
        #expect(Self.page.contains("It has at least 16 visible ASCII characters"))
        func make(_ count: Int) throws {
            let secret = String(repeating: "x", count: count)
            var options = ["secret": "key-us6", "webhook-secret": secret]
            if kind.options.contains(where: { $0.name == "global" }) { options["global"] = "a1" }
            _ = try kind.make(ConnectorConfiguration(name: "tried", kind: kind, options: options))
        }
        let refusal = #expect(throws: Refusal.self) { try make(15) }
        #expect(refusal?.field == "webhook-secret")
        try make(16)
    }

    /// The JSON blocks of the webhook's section.
    private func bodies() -> [String] {
        Self.page.components(separatedBy: "```json\n").dropFirst()
            .map { String($0.components(separatedBy: "```")[0]) }
    }

    private func compact(_ text: String) throws -> String {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
        return String(decoding: data, as: UTF8.self)
    }

    @Test func theBodyThatIsSentIsTheOneThatIsShown() throws {
        let connector = try WebhookConnector(
            name: "crm",
            url: "https://crm.example/hook",
            secret: Self.secret
        )
        let notice = OptOutNotice(
            target: "0198f0c2-7a11-7aaa-9bbb-0123456789ab",
            address: "ada@mail.example",
            extent: "newsletter",
            contact: "0198f0c2-7a10-7c3d-8f21-5d3b9a6e4c01",
            requestedAt: Timestamp(seconds: 1_769_851_800)
        )
        let step = try connector.suppress(notice, at: notice.requestedAt)
        let request = try #require(try Scene.play(step, []).requests.first)
        let shown = try compact(try #require(bodies().first))
        #expect(String(decoding: request.body, as: UTF8.self) == shown)
    }

    @Test func theBodyThatIsShownIsTaken() throws {
        let connector = try WebhookConnector(
            name: "crm",
            url: "https://crm.example/hook",
            secret: Self.secret
        )
        let text = try #require(bodies().dropFirst().first)
        let secret = try WebhookSecret(Self.secret)
        let signature = secret.sign(id: "m-1", timestamp: Scene.now, body: Array(text.utf8))
        let arrival = Arrival(
            headers: [
                ("webhook-id", "m-1"), ("webhook-timestamp", String(Scene.now.wholeSeconds)),
                ("webhook-signature", signature),
            ],
            body: text
        )
        let events = try arrival.batch(connector).events
        #expect(events.map(\.line) == ["unsubscribed ada@mail.example newsletter newsletter m-1"])
        #expect(events.first?.at == Timestamp(seconds: 1_769_851_800))
    }
}
