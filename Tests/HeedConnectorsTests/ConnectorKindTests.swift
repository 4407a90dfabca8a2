// Every kind makes a connector from its settings, and a wrong setting is named.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Connector kinds")
struct ConnectorKindTests {
    private func settings(url: String, secret: String) throws -> ConnectorSettings {
        try ConnectorSettings(name: "crm", kind: "webhook", url: url, secret: secret)
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
        #expect(refusal?.message == "a connector is one of 'webhook'")
    }
}
