// Where alerts go: what is needed together, what is refused by name, and who is then told.

import Configuration
import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import Logging
import TestSupport
import Testing

@testable import HeedCLI

@Suite("AlertSettings")
struct AlertSettingsTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let webhook = [
        "alertWebhookUrl": "https://ops.example/alerts", "alertWebhookSecret": secret,
    ]
    private static let mail = [
        "alertMailHost": "mx.shop.example", "alertMailFrom": "heed@shop.example",
        "alertMailTo": "ops@shop.example, night@shop.example",
    ]

    private func settings(_ source: [String: String]) throws -> AlertSettings {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, value) in source {
            values[AbsoluteConfigKey([name])] = ConfigValue(stringLiteral: value)
        }
        return try AlertSettings(ConfigReader(provider: InMemoryProvider(values: values)))
    }

    /// The names of the channels that settings come to.
    private func channels(_ source: [String: String]) async throws -> [String] {
        let transport = HTTPTransport(reaching: .insideToo)
        let names = Result {
            try settings(source).channels(
                transport: transport,
                now: { TestClock().now },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ).map(\.name)
        }
        try await transport.shutdown()
        return try names.get()
    }

    @Test func theLogAloneByDefaultAndAfterAnHour() async throws {
        let settings = try settings([:])
        #expect(settings.rules == AlertRules())
        #expect(settings.rules.oldJobSeconds == 3600)
        #expect(settings.webhook == nil && settings.mail == nil)
        #expect(try await channels([:]) == ["log"])
    }

    @Test func everybodyIsTold() async throws {
        let all = AlertSettingsTests.webhook.merging(AlertSettingsTests.mail) { $1 }
        #expect(try await channels(all) == ["log", "webhook", "mail-1", "mail-2"])
    }

    @Test func thresholds() throws {
        let rules = try settings([
            "alertAfterSeconds": "60", "alertRepeatSeconds": "600", "alertDeadlineSeconds": "7200",
            "alertLogBehindSeconds": "30", "alertRequestDays": "14",
        ]).rules
        var expected = AlertRules(
            oldJobSeconds: 60,
            repeatSeconds: 600,
            deadlineSeconds: 7200,
            logBehindSeconds: 30
        )
        #expect(expected.requestDays == 7)
        expected.requestDays = 14
        #expect(rules == expected)
    }

    @Test(
        arguments: [
            ([:], 587, MailSecurity.startTLS), (["alertMailSecurity": "tls"], 465, .tls),
            (["alertMailSecurity": "none", "alertMailHost": "127.0.0.1"], 25, .none),
            (["alertMailSecurity": "none", "alertMailHost": "::1"], 25, .none),
            (["alertMailSecurity": "none", "alertMailHost": "LocalHost"], 25, .none),
            (["alertMailPort": "2525"], 2525, .startTLS),
        ] as [([String: String], Int, MailSecurity)]
    )
    func howMailIsSent(_ more: [String: String], _ port: Int, _ security: MailSecurity) throws {
        let mail = try #require(try settings(AlertSettingsTests.mail.merging(more) { $1 }).mail)
        #expect(mail.server.port == port && mail.server.security == security)
        #expect(mail.server.credentials == nil)
        #expect(mail.to == ["ops@shop.example", "night@shop.example"])
    }

    @Test func secretsComeFromFilesToo() throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "heed-secret-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("\(AlertSettingsTests.secret)\n".utf8).write(to: file)
        var source = AlertSettingsTests.webhook.merging(AlertSettingsTests.mail) { $1 }
        source["alertWebhookSecret"] = nil
        source["alertWebhookSecretFile"] = file.path
        source["alertMailUser"] = "heed"
        source["alertMailPasswordFile"] = file.path
        let settings = try settings(source)
        #expect(settings.webhook?.secret == AlertSettingsTests.secret)
        #expect(settings.mail?.server.credentials != nil)
    }

    @Test(
        arguments: [
            (["alertAfterSeconds": "0"], "alertAfterSeconds"),
            (["alertAfterSeconds": "soon"], "alertAfterSeconds"),
            (["alertRepeatSeconds": "0"], "alertRepeatSeconds"),
            (["alertDeadlineSeconds": "2592001"], "alertDeadlineSeconds"),
            (["alertRequestDays": "0"], "alertRequestDays"),
            (["alertLogBehindSeconds": "-1"], "alertLogBehindSeconds"),
            (["alertWebhookUrl": "https://ops.example/"], "alertWebhookSecret"),
            (["alertWebhookSecret": secret], "alertWebhookUrl"),
            (webhook.merging(["alertWebhookUrl": "http://ops.example/"]) { $1 }, "alertWebhookUrl"),
            (webhook.merging(["alertWebhookSecret": "secret"]) { $1 }, "alertWebhookSecret"),
            (
                ["alertWebhookUrl": "https://a.example/", "alertWebhookSecretFile": "/no/such"],
                "alertWebhookSecretFile"
            ),
            (["alertMailFrom": "heed@shop.example"], "alertMailHost"),
            (["alertMailTo": "ops@shop.example"], "alertMailHost"),
            (["alertMailHost": "", "alertMailFrom": "a@b.example"], "alertMailHost"),
            (["alertMailHost": "mx.example"], "alertMailFrom"),
            (["alertMailHost": "mx.example", "alertMailFrom": "a@b.example"], "alertMailTo"),
            (mail.merging(["alertMailFrom": "heed"]) { $1 }, "alertMailFrom"),
            (mail.merging(["alertMailTo": "ops@shop.example,night"]) { $1 }, "alertMailTo"),
            (mail.merging(["alertMailPort": "0"]) { $1 }, "alertMailPort"),
            (mail.merging(["alertMailSecurity": "ssl"]) { $1 }, "alertMailSecurity"),
            (mail.merging(["alertMailUser": "heed"]) { $1 }, "alertMailPassword"),
            (mail.merging(["alertMailPassword": "x"]) { $1 }, "alertMailUser"),
            (
                mail.merging([
                    "alertMailUser": "heed", "alertMailPassword": "x", "alertMailSecurity": "none",
                    "alertMailHost": "127.0.0.1",
                ]) { $1 }, "alertMailSecurity"
            ),
            (mail.merging(["alertMailSecurity": "none"]) { $1 }, "alertMailSecurity"),
            (
                mail.merging(["alertMailSecurity": "none", "alertMailHost": "192.0.2.7"]) { $1 },
                "alertMailSecurity"
            ),
            (
                mail.merging([
                    "alertMailSecurity": "none", "alertMailHost": "127.0.0.1.example",
                ]) { $1 }, "alertMailSecurity"
            ),
            (
                webhook.merging(["alertWebhookSecretFile": "/run/secret"]) { $1 },
                "alertWebhookSecret, alertWebhookSecretFile"
            ),
            (
                mail.merging([
                    "alertMailUser": "heed", "alertMailPassword": "x",
                    "alertMailPasswordFile": "/run/secret",
                ]) { $1 }, "alertMailPassword, alertMailPasswordFile"
            ),
        ] as [([String: String], String)]
    )
    func whatCannotWorkIsRefusedByName(_ source: [String: String], _ field: String) async {
        let refusal = await #expect(throws: Refusal.self) { try await channels(source) }
        #expect(refusal?.field == field)
    }
}
