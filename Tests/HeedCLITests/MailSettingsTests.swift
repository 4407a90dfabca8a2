// Mail to people: what is needed together, what is refused by name, and what holds by default.

import Configuration
import HeedConsent
import HeedDelivery
import Testing

@testable import HeedCLI

@Suite("MailSettings")
struct MailSettingsTests {
    private static let mail = ["mailHost": "mx.shop.example", "mailFrom": "hello@shop.example"]

    private func settings(_ source: [String: String]) throws -> MailSettings {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, value) in source {
            values[AbsoluteConfigKey([name])] = ConfigValue(stringLiteral: value)
        }
        return try MailSettings(ConfigReader(provider: InMemoryProvider(values: values)))
    }

    @Test func noMailByDefault() throws {
        let settings = try settings([:])
        #expect(settings.server == nil && settings.trustedProxies == 0)
        #expect(settings.terms.validSeconds == 172_800 && settings.terms.messagesMaximum == 3)
        #expect(try settings.outlet(PageLanguages()) { "" } == nil)
    }

    @Test func aServerAndASender() throws {
        let settings = try settings(Self.mail)
        let server = try #require(settings.server)
        #expect(server.host == "mx.shop.example" && server.port == 587)
        #expect(server.security == .startTLS && server.credentials == nil)
        // Less than the least lease, or a slow server gets messages twice.
        #expect(server.timeoutSeconds < 20)
        #expect(try settings.outlet(PageLanguages()) { "" } != nil)
    }

    /// A server may turn away a name that nobody has.
    @Test(arguments: [
        ("https://mail.shop.example:8443/heed", "mail.shop.example"),
        ("https://shop.example", "shop.example"), ("http://127.0.0.1:8080", "heed.invalid"),
        ("http://[::1]:8080", "heed.invalid"), ("http://localhost", "heed.invalid"),
        ("https://a..example", "heed.invalid"), ("", "heed.invalid"),
    ])
    func theNameOfThisMachine(_ url: String, _ name: String) throws {
        let settings = try settings(Self.mail.merging(["publicUrl": url]) { $1 })
        #expect(settings.server?.client == name)
    }

    @Test func whatAnOperatorChanges() throws {
        let settings = try settings(
            Self.mail.merging([
                "mailSecurity": "tls", "mailUser": "heed", "mailPassword": "x",
                "confirmationHours": "24", "confirmationsMaximum": "1", "trustedProxies": "2",
            ]) { $1 }
        )
        #expect(settings.server?.port == 465 && settings.server?.credentials != nil)
        #expect(settings.terms.validSeconds == 86_400 && settings.terms.messagesMaximum == 1)
        #expect(settings.trustedProxies == 2)
    }

    @Test(
        arguments: [
            (["mailFrom": "hello@shop.example"], "mailHost"), (["mailHost": ""], "mailHost"),
            (["mailHost": "mx.example"], "mailFrom"),
            (mail.merging(["mailFrom": "hello"]) { $1 }, "mailFrom"),
            (mail.merging(["mailPort": "70000"]) { $1 }, "mailPort"),
            (mail.merging(["mailSecurity": "none"]) { $1 }, "mailSecurity"),
            (mail.merging(["mailSecurity": "ssl"]) { $1 }, "mailSecurity"),
            (mail.merging(["mailUser": "heed"]) { $1 }, "mailPassword"),
            (mail.merging(["mailPassword": "x"]) { $1 }, "mailUser"),
            (mail.merging(["mailPasswordFile": "/no/such"]) { $1 }, "mailPasswordFile"),
            (["confirmationHours": "0"], "confirmationHours"),
            (["confirmationHours": "721"], "confirmationHours"),
            (["confirmationsMaximum": "0"], "confirmationsMaximum"),
            (["trustedProxies": "-1"], "trustedProxies"),
        ] as [([String: String], String)]
    )
    func theWrongOneIsNamed(_ source: [String: String], _ name: String) throws {
        let refusal = try #require(throws: Refusal.self) {
            _ = try settings(source).outlet(PageLanguages()) { "" }
        }
        #expect(refusal.field == name)
    }
}
