// Mail servers, and how messages of Heed's own leave, from flags, environment and file.

import ArgumentParser
import Configuration
import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedServer
import Logging

/// Flags about messages to people; passwords come by files, the environment or the settings file.
struct MailOptions: ParsableArguments {
    @Option(help: "Send messages of Heed's own, such as confirmations, by this server.")
    var mailHost: String?

    @Option(help: "The sender of those messages.")
    var mailFrom: String?

    /// What was given, by the names of the settings.
    var flags: [String: String?] { ["mailHost": mailHost, "mailFrom": mailFrom] }
}

/// Whether and how Heed writes to people itself.
struct MailSettings: Sendable {
    /// The server; nil when none is set up.
    let server: MailServer?
    /// The sender.
    let from: String
    /// How long and how often a confirmation may be asked for.
    let terms: DoubleOptInTerms
    /// Proxies of the operator's own that a public request passes.
    let trustedProxies: Int

    init(_ reader: ConfigReader) throws {
        let hours = try Settings.integer("confirmationHours", reader, default: 48, in: 1...720)
        let messages = try Settings.integer("confirmationsMaximum", reader, default: 3, in: 1...10)
        terms = DoubleOptInTerms(validSeconds: Int64(hours) * 3600, messagesMaximum: messages)
        trustedProxies = try Settings.integer("trustedProxies", reader, default: 0, in: 0...10)
        var server = try MailServer("mail", goingWith: ["mailFrom"], reader)
        // Below the least lease, so that a slow server does not get a message twice.
        server?.timeoutSeconds = ConnectorTelling.jobSecondsMaximum
        self.server = server
        guard server != nil else {
            from = ""
            return
        }
        guard let from = reader.string(forKey: "mailFrom") else {
            throw Refusal(.missing, field: "mailFrom", "mail needs a sender")
        }
        self.from = from
    }

    /// The way out; nil when no server is set up.
    ///
    /// - Throws: `Refusal`, naming the sender that cannot be one.
    func outlet(
        _ languages: PageLanguages,
        linkBase: @escaping @Sendable () -> String
    ) throws(Refusal) -> MailOutlet? {
        guard let server else { return nil }
        do {
            return try MailOutlet(
                mailer: SMTPMailer(server),
                sender: from,
                languages: languages,
                linkBase: linkBase
            )
        } catch {
            throw Refusal(error.code, field: "mailFrom", error.message)
        }
    }
}

extension MailServer {
    /// The server whose settings begin with `prefix`; nil when there is none.
    ///
    /// - Parameters:
    ///   - prefix: What their names begin with.
    ///   - others: Settings that make no sense without a server.
    ///   - reader: Where they are read.
    /// - Throws: `Refusal`, naming the setting that is missing or cannot be used.
    init?(_ prefix: String, goingWith others: [ConfigKey], _ reader: ConfigReader) throws {
        let name = { (end: String) in prefix + end }
        guard let host = reader.string(forKey: ConfigKey(name("Host"))), !host.isEmpty else {
            let isGiven = others.contains { reader.string(forKey: $0) != nil }
            guard !isGiven, reader.string(forKey: ConfigKey(name("Host"))) == nil else {
                throw Refusal(.missing, field: name("Host"), "mail needs a server")
            }
            return nil
        }
        let word = reader.string(
            forKey: ConfigKey(name("Security")),
            default: MailSecurity.startTLS.rawValue
        )
        guard let security = MailSecurity(rawValue: word) else {
            let words = MailSecurity.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                .invalid,
                field: name("Security"),
                "this has to be one of: \(words)"
            )
        }
        // Messages name people, alerts name connectors and jobs; whoever is on the way could read,
        // change or drop them.
        guard security != .none || EndpointURL.isLoopback(host) else {
            throw Refusal(
                .invalid,
                field: name("Security"),
                "'none' is only for a server on this machine (127.0.0.1, [::1], localhost)"
            )
        }
        self.init(
            host: host,
            port: try Settings.integer(
                ConfigKey(name("Port")),
                reader,
                default: [.tls: 465, .startTLS: 587, .none: 25][security] ?? 587,
                in: 1...65_535
            ),
            security: security
        )
        credentials = try MailCredentials(prefix, security, reader)
        let publicHost = URL(string: reader.string(forKey: "publicUrl", default: ""))?.host()
        if let publicHost, MailServer.isName(publicHost) { client = publicHost }
    }

    /// Whether this is a name that a mail server may look up, and no number and no short name.
    private static func isName(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, labels.last?.first?.isLetter == true else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }
}

extension MailCredentials {
    /// The login whose settings begin with `prefix`; nil when there is none.
    fileprivate init?(
        _ prefix: String,
        _ security: MailSecurity,
        _ reader: ConfigReader
    ) throws {
        let password = try Settings.secret(prefix + "Password", reader)
        guard let user = reader.string(forKey: ConfigKey(prefix + "User")) else {
            guard password == nil else {
                throw Refusal(
                    .missing,
                    field: prefix + "User",
                    "a password needs a user to go with"
                )
            }
            return nil
        }
        guard let password else {
            throw Refusal(
                .missing,
                field: prefix + "Password",
                "a user needs a password to go with"
            )
        }
        guard security != .none else {
            throw Refusal(
                .invalid,
                field: prefix + "Security",
                "a password is not sent in the clear"
            )
        }
        self.init(user: user, password: password)
    }
}

extension Settings {
    /// A secret, or the content of the file that `…File` names.
    static func secret(_ name: String, _ reader: ConfigReader) throws -> String? {
        try refuseTwice(name, reader)
        if let secret = reader.string(forKey: ConfigKey(name), isSecret: true) { return secret }
        guard let path = reader.string(forKey: ConfigKey("\(name)File")) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Refusal(.invalid, field: "\(name)File", "the file \(path) cannot be read")
        }
        return String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
