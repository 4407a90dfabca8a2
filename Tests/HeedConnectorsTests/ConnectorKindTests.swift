// Every kind makes a connector from its settings, and a wrong setting is named.

import Foundation
import HeedConnectors
import HeedConsent
import Testing

@Suite("Connector kinds")
struct ConnectorKindTests {
    private func settings(url: String, secret: String) throws -> ConnectorSettings {
        try ConnectorSettings(name: "crm", kind: "webhook", url: url, secret: secret)
    }

    /// The page for operators has a section for each kind, and a row for each of its options.
    @Test(arguments: ConnectorKind.allCases)
    func thePageNamesEveryOption(_ kind: ConnectorKind) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appending(path: "docs/operations/connectors.md"),
            encoding: .utf8
        )
        let sections = page.components(separatedBy: "\n## ")
            .filter { $0.prefix { $0 != "\n" }.hasSuffix("`\(kind.rawValue)`") }
        #expect(sections.count == 1)
        let rows = (sections.first ?? "").split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(
            rows.map { String($0.split(separator: "`")[1]) }
                == kind.options.map(\.name) + (kind.placeName == nil ? [] : ["scope.NAME"])
        )
        for (row, option) in zip(rows, kind.options) {
            let words = [option.isRequired ? "needed" : "", option.isSecret ? "secret" : ""]
            #expect(row.contains(option.help), "\(option.name)")
            let cell = row.split(separator: "|")[1].trimmingCharacters(in: .whitespaces)
            #expect(cell == words.filter { !$0.isEmpty }.joined(separator: ", "), "\(option.name)")
        }
        #expect(kind.placeName.map { page.contains($0) } ?? true)
    }

    @Test func aWebhookIsMade() throws {
        let secret = WebhookVector.published[0].secret
        let settings = try settings(url: "https://crm.example/hook", secret: secret)
        let connector = try ConnectorKind(named: settings.kind).make(settings)
        #expect(connector.name == "crm")
        #expect(connector is WebhookConnector)
    }

    @Test(arguments: [
        ("http://crm.example", true, "url"), ("https://crm.example", false, "secret"),
    ])
    func wrongSettingsAreRefused(_ url: String, _ goodSecret: Bool, _ field: String) throws {
        let secret = goodSecret ? WebhookVector.published[0].secret : "hunter2"
        let settings = try settings(url: url, secret: secret)
        let refusal = #expect(throws: Refusal.self) { try ConnectorKind.webhook.make(settings) }
        #expect(refusal?.field == field)
    }

    @Test(arguments: ["", "Webhook", "smtp"])
    func anUnknownKindIsRefused(_ text: String) {
        let refusal = #expect(throws: Refusal.self) { try ConnectorKind(named: text) }
        #expect(refusal?.field == "kind")
        #expect(refusal?.message.hasPrefix("a connector is one of 'webhook', 'ses', ") == true)
    }

    private static let minimal: [ConnectorKind: [String: String]] = [
        .webhook: ["url": "https://crm.example", "secret": WebhookVector.published[0].secret],
        .ses: ["region": "eu-central-1", "access-key-id": "AKID", "secret": "hunter2"],
        .sendgrid: ["secret": "hunter2"],
        .mailgun: ["secret": "hunter2", "global": "mg.mail.example/*"],
        .postmark: ["secret": "hunter2", "global": "broadcast"],
        .sparkpost: ["secret": "hunter2"],
        .mailchimp: ["secret": "hunter2-us6", "global": "a1b2c3"],
        .brevo: ["secret": "hunter2"],
        .resend: ["secret": "hunter2"],
    ]

    @Test(arguments: ConnectorKind.allCases)
    func everyKindIsMadeFromWhatItNeeds(_ kind: ConnectorKind) throws {
        let options = try #require(Self.minimal[kind])
        let connector = try made(kind, options)
        #expect(connector.name == "tried")
        #expect(connector.rules.simultaneousRequests >= 1)
        var dumped = ""
        dump(connector, to: &dumped)
        for text in [dumped, "\(connector)", String(reflecting: connector)] {
            #expect(!text.contains("hunter2") && !text.contains("whsec_"))
        }
        let required = kind.options.filter(\.isRequired).map(\.name)
        #expect(Set(required) == Set(options.keys))
        for missing in required {
            var fewer = options
            fewer[missing] = nil
            let refusal = #expect(throws: Refusal.self) { try made(kind, fewer) }
            #expect(refusal?.field == missing)
            #expect(refusal?.code == .missing)
        }
    }

    @Test(arguments: ConnectorKind.allCases)
    func everyKindBelievesNoWebhookThatIsNotProven(_ kind: ConnectorKind) throws {
        let connector = try made(kind, #require(Self.minimal[kind]))
        #expect(try Arrival(body: "{}").problem(connector) != nil)
    }

    /// A proxy's page with 200 must not count as the provider's word.
    @Test(arguments: ConnectorKind.allCases)
    func a200ThatCannotBeReadProvesNothing(_ kind: ConnectorKind) throws {
        var options = try #require(Self.minimal[kind])
        if let place = Self.places[kind] {
            options["scope.newsletter"] = place
            options[kind == .ses ? "contact-list" : "scope.other"] = place
        }
        let connector = try made(kind, options)
        for extent in ["global", "newsletter"] where kind != .webhook {
            for body in ["<html></html>", "{}", "[]", #"{"results":7}"#, ""] {
                let step = try Scene.begin(.readBack(extent), connector)
                let answer = try Scene.play(step, [Reply(200, body), Reply(200, body)]).answer
                #expect(answer?.isSuccess == false)
            }
        }
    }

    private static let places: [ConnectorKind: String] = [
        .ses: "main", .sendgrid: "101", .mailgun: "mg.mail.example/*", .postmark: "broadcast",
        .sparkpost: "news", .mailchimp: "a1b2c3", .brevo: "7", .resend: "t-1",
    ]

    @Test func whatOpensADoorIsNotShown() throws {
        let settings = try ConnectorSettings(
            name: "esp",
            kind: "postmark",
            url: "https://proxy.example:8443/token/abc",
            secret: "SECRET-1",
            options: [
                "global": "broadcast", "scope.newsletter": "letters",
                "webhook-secret": "SECRET-2", "of-a-newer-version": "SECRET-3",
            ]
        )
        let shown = ConnectorKind.postmark.shown(settings)
        #expect(
            shown.options == [
                "global": "broadcast", "scope.newsletter": "letters",
                "url": "https://proxy.example:8443/…",
            ]
        )
        #expect(shown.secrets == ["of-a-newer-version", "secret", "webhook-secret"])
    }
}
