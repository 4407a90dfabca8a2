// Settings that cannot work are refused by the name of the field, without repeating a secret.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Connector configurations")
struct ConnectorConfigurationTests {
    private static let good: [ConnectorKind: [String: String]] = [
        .webhook: ["url": "https://crm.example", "secret": WebhookVector.published[0].secret],
        .ses: ["region": "eu-central-1", "access-key-id": "AKID", "secret": "s"],
        .sendgrid: ["secret": "s"],
        .mailgun: ["secret": "s", "global": "mg.mail.example/*"],
        .postmark: ["secret": "s", "global": "broadcast"],
        .sparkpost: ["secret": "s"],
        .mailchimp: ["secret": "s-us6", "global": "a1"],
        .brevo: ["secret": "s"],
        .resend: ["secret": "s"],
    ]

    @Test(
        arguments: [
            (.sendgrid, "colour", "blue", "unknown-field"),
            (.sendgrid, "global", "1", "unknown-field"),
            (.webhook, "scope.newsletter", "x", "unknown-field"),
            (.sendgrid, "scope.newsletter", "news", "invalid-field"),
            (.sendgrid, "scope.newsletter", "1,", "invalid-field"),
            (.sendgrid, "scope.newsletter", "-1", "invalid-field"),
            (.sendgrid, "scope.newsletter", "", "invalid-field"),
            (.sendgrid, "scope.News", "1", "invalid-field"),
            (.sendgrid, "scope.global", "1", "invalid-field"),
            (.sendgrid, "scope.", "1", "missing-field"),
            (.sendgrid, "secret", "a\nb", "invalid-field"),
            (.sendgrid, "secret", "a b", "invalid-field"),
            (.sendgrid, "url", "http://api.example", "invalid-field"),
            (.sendgrid, "url", "https://api.example/?a=b", "invalid-field"),
            (.sendgrid, "url", "https://api.example/#a", "invalid-field"),
            (.sendgrid, "webhook-key", "AAAA", "invalid-field"),
            (.sendgrid, "on-behalf-of", "a\r\nb", "invalid-field"),
            (.mailgun, "webhook-secret", "signing key\n", "invalid-field"),
            (.mailgun, "global", "mg.mail.example", "invalid-field"),
            (.mailgun, "global", "mg.mail.example/a/b", "invalid-field"),
            (.mailgun, "global", "../v3/x.y/*", "invalid-field"),
            (.postmark, "global", "a b", "invalid-field"),
            (.postmark, "webhook-secret", "short", "invalid-field"),
            (.postmark, "webhook-secret", "sixteen letters!", "invalid-field"),
            (.mailchimp, "secret", "nodatacentre", "invalid-field"),
            (.mailchimp, "secret", "key-us6.evil.example/", "invalid-field"),
            (.brevo, "scope.newsletter", "list", "invalid-field"),
            (.resend, "suppression", "yes", "invalid-field"),
            (.resend, "webhook-secret", "hunter2", "invalid-field"),
            (.sparkpost, "subaccount", "1 2", "invalid-field"),
            (.sparkpost, "subaccount", "x", "invalid-field"),
            (.sparkpost, "subaccount", "12345678901", "invalid-field"),
            (.ses, "scope.newsletter", "News", "missing-field"),
            (.ses, "topic-arn", "ses-events", "invalid-field"),
            (.ses, "topic-arn", "arn:aws:sqs:eu-west-1:123456789012:x", "invalid-field"),
            (.ses, "topic-arn", "arn:aws:sns:eu-west-1:1234:x", "invalid-field"),
            (.ses, "topic-arn", "arn:aws:sns:eu-west-1:123456789012:", "invalid-field"),
            (.ses, "topic-arn", "arn:aws:sns:eu-west-1:123456789012:x:sub", "invalid-field"),
            (.ses, "region", "a/b", "invalid-field"),
            (.ses, "account-suppression", "always", "invalid-field"),
            (.ses, "sns-signatures", "1", "invalid-field"),
            (.ses, "contact-list", "a/b", "invalid-field"),
            (.ses, "contact-list", "..", "invalid-field"),
        ] as [(ConnectorKind, String, String, String)]
    )
    func wrongOptionsAreNamed(
        _ kind: ConnectorKind,
        _ field: String,
        _ value: String,
        _ code: String
    ) throws {
        var options = try #require(Self.good[kind])
        options[field] = value
        let refusal = #expect(throws: Refusal.self) { try made(kind, options) }
        #expect(refusal?.field == field)
        #expect(refusal?.code.name == code)
        #expect(refusal?.message.contains("hunter2") == false)
    }

    @Test func sesNeedsSomethingToTell() throws {
        var options = try #require(Self.good[.ses])
        options["account-suppression"] = "never"
        let refusal = #expect(throws: Refusal.self) { try made(.ses, options) }
        #expect(refusal?.field == "contact-list")
    }

    @Test(arguments: [ConnectorKind.ses, .sendgrid, .sparkpost, .brevo, .resend])
    func aScopeNobodyNamedIsRefusedAndNeverMadeGlobal(_ kind: ConnectorKind) throws {
        let connector = try made(kind, #require(Self.good[kind]))
        for task in [Errand.suppress("newsletter"), .readBack("newsletter")] {
            let refusal = #expect(throws: Refusal.self) { try Scene.begin(task, connector) }
            #expect(refusal?.field == "scope.newsletter")
        }
    }

    @Test(arguments: [ConnectorKind.mailgun, .postmark, .mailchimp])
    func soItIsWithListsForEverything(_ kind: ConnectorKind) throws {
        let connector = try made(kind, #require(Self.good[kind]))
        let refusal = #expect(throws: Refusal.self) {
            try Scene.begin(.suppress("newsletter"), connector)
        }
        #expect(refusal?.field == "scope.newsletter")
    }

    @Test(arguments: ConnectorKind.allCases)
    func aScopeThatIsNeverSentThereNeedsNoRequest(_ kind: ConnectorKind) throws {
        guard kind.placeName != nil else { return }
        var options = try #require(Self.good[kind])
        options["scope.receipts"] = "none"
        let connector = try made(kind, options)
        for task in [Errand.suppress("receipts"), .readBack("receipts")] {
            let played = try Scene.play(Scene.begin(task, connector), [])
            #expect(played.requests.isEmpty)
            #expect(played.answer == .alreadyDone("not sent through this system"))
        }
    }

    @Test func onlyKindAndNameArePrinted() throws {
        let configuration = try ConnectorConfiguration(
            name: "esp",
            kind: .sendgrid,
            options: ["secret": "hunter2"]
        )
        var text = ""
        dump(configuration, to: &text)
        #expect("\(configuration)" == "sendgrid esp")
        #expect(!text.contains("hunter2"))
        #expect(!String(reflecting: configuration).contains("hunter2"))
    }
}
