// Where alerts go and when, from flags, environment and file.

import ArgumentParser
import Configuration
import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import Logging

/// Flags about alerts; passwords and secrets come by files, the environment or the settings file.
struct AlertOptions: ParsableArguments {
    @Option(help: "Alert when a job is older than so many seconds (default 3600).")
    var alertAfterSeconds: Int?

    @Option(help: "Tell an alert that lasts again after so many seconds (default 14400).")
    var alertRepeatSeconds: Int?

    @Option(help: "Post alerts to this URL, signed by Standard Webhooks.")
    var alertWebhookUrl: String?

    @Option(help: "The file with the secret of that webhook (whsec_…).")
    var alertWebhookSecretFile: String?

    @Option(help: "Mail alerts by this server.")
    var alertMailHost: String?

    @Option(help: "The sender of alerts by mail.")
    var alertMailFrom: String?

    @Option(help: "The receivers of alerts by mail, separated by commas.")
    var alertMailTo: String?

    /// What was given, by the names of the settings.
    var flags: [String: String?] {
        [
            "alertAfterSeconds": alertAfterSeconds.map(String.init),
            "alertRepeatSeconds": alertRepeatSeconds.map(String.init),
            "alertWebhookUrl": alertWebhookUrl, "alertWebhookSecretFile": alertWebhookSecretFile,
            "alertMailHost": alertMailHost, "alertMailFrom": alertMailFrom,
            "alertMailTo": alertMailTo,
        ]
    }
}

/// Whom to tell what, and when.
struct AlertSettings: Sendable {
    /// A webhook.
    struct Webhook: Sendable {
        let url: String
        let secret: String
    }

    /// Mailboxes and the server they are reached by.
    struct Mail: Sendable {
        let server: MailServer
        let from: String
        let to: [String]
    }

    /// When.
    let rules: AlertRules
    /// The webhook, if there is one.
    let webhook: Webhook?
    /// Mail, if there is any.
    let mail: Mail?

    init(_ reader: ConfigReader) throws {
        func seconds(_ key: ConfigKey, _ value: Int64, _ range: ClosedRange<Int>) throws -> Int64 {
            try Int64(Settings.integer(key, reader, default: Int(value), in: range))
        }
        var rules = AlertRules()
        let month = 2_592_000
        rules.oldJobSeconds = try seconds("alertAfterSeconds", rules.oldJobSeconds, 1...month)
        rules.repeatSeconds = try seconds("alertRepeatSeconds", rules.repeatSeconds, 1...month)
        rules.deadlineSeconds = try seconds(
            "alertDeadlineSeconds",
            rules.deadlineSeconds,
            1...month
        )
        rules.requestDays = try Int64(
            Settings.integer(
                "alertRequestDays",
                reader,
                default: Int(rules.requestDays),
                in: 1...90
            )
        )
        rules.logBehindSeconds = try seconds(
            "alertLogBehindSeconds",
            rules.logBehindSeconds,
            1...month
        )
        self.rules = rules
        webhook = try AlertSettings.webhook(reader)
        mail = try AlertSettings.mail(reader)
    }

    private static func webhook(_ reader: ConfigReader) throws -> Webhook? {
        let secret = try Settings.secret("alertWebhookSecret", reader)
        guard let url = reader.string(forKey: "alertWebhookUrl", isSecret: true) else {
            guard secret == nil else {
                throw missing("alertWebhookUrl", "a secret needs a URL to go with")
            }
            return nil
        }
        guard let secret else {
            throw missing("alertWebhookSecret", "a webhook needs a secret to sign with (whsec_…)")
        }
        try OutboundNetworks(setting: reader.string(forKey: "outboundNetworks"))
            .check(url: url, field: "alertWebhookUrl")
        return Webhook(url: url, secret: secret)
    }

    private static func mail(_ reader: ConfigReader) throws -> Mail? {
        let others: [ConfigKey] = ["alertMailFrom", "alertMailTo"]
        guard let server = try MailServer("alertMail", goingWith: others, reader) else {
            return nil
        }
        guard let from = reader.string(forKey: "alertMailFrom") else {
            throw missing("alertMailFrom", "mail needs a sender")
        }
        let to = reader.string(forKey: "alertMailTo", default: "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard !to.isEmpty else { throw missing("alertMailTo", "mail needs a receiver") }
        return Mail(server: server, from: from, to: to)
    }

    private static func missing(_ field: String, _ message: String) -> Refusal {
        Refusal(.missing, field: field, message)
    }

    /// Everybody who is told: the log always, the others where they are set up.
    ///
    /// - Throws: `Refusal`, naming the setting that cannot be used.
    func channels(
        transport: any Transport,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) throws -> [AlertChannel] {
        var channels = [AlertChannel.log(logger)]
        if let webhook {
            channels.append(
                try renaming(["url": "alertWebhookUrl", "secret": "alertWebhookSecret"]) {
                    () throws(Refusal) in
                    try .webhook(
                        url: webhook.url,
                        secret: webhook.secret,
                        transport: transport,
                        now: now
                    )
                }
            )
        }
        if let mail {
            let mailer = SMTPMailer(mail.server)
            for (index, receiver) in mail.to.enumerated() {
                channels.append(
                    try renaming(["from": "alertMailFrom", "to": "alertMailTo"]) {
                        () throws(Refusal) in
                        try .mail(
                            .init(number: index + 1, to: receiver, from: mail.from),
                            by: mailer,
                            now: now
                        )
                    }
                )
            }
        }
        return channels
    }

    /// A refusal by the name of the setting it is about.
    private func renaming(
        _ names: [String: String],
        _ make: () throws(Refusal) -> AlertChannel
    ) throws(Refusal) -> AlertChannel {
        do {
            return try make()
        } catch {
            throw Refusal(error.code, field: error.field.map { names[$0] ?? $0 }, error.message)
        }
    }
}
