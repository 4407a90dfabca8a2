// `heed connector`: the systems that are told about opt-outs.

import ArgumentParser
import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedStore

/// Connectors.
struct ConnectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connector",
        abstract: "The systems that are told about opt-outs.",
        subcommands: [Add.self, List.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set one up; later opt-outs are told to it."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Which kind: webhook.") var kind: String
        @Argument(help: "Your name for it.") var name: String
        @Option(help: "Where it is.") var url: String
        @Option(help: "A file with its secret (whsec_…); without one a secret is made and printed.")
        var secretFile: String?

        func run() async throws {
            let connector = try ConnectorKind(named: kind)
            var made = false
            let secret: String
            if let secretFile {
                guard let data = FileManager.default.contents(atPath: secretFile) else {
                    throw CommandError("secret-file: \(secretFile) cannot be read")
                }
                secret = String(decoding: data, as: UTF8.self)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            } else {
                made = true
                secret = try WebhookSecret(bytes: Installation.surroundings.randomBytes(32)).text
            }
            let settings = try ConnectorSettings(name: name, kind: kind, url: url, secret: secret)
            _ = try connector.make(settings)
            let installation = try Installation(await global.settings(), opening: .orNew)
            _ = try await installation.engine.perform(
                AddConnector(settings),
                as: Installation.actor
            )
            print("connector \(name) is set up")
            if made { print("its secret, for the receiver to check signatures: \(secret)") }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List connectors, without secrets."
        )
        @OptionGroup var global: GlobalOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let connectors = try await installation.engine.ask(ListConnectors())
            if json {
                try Terminal.print(json: connectors.map { ["name": $0.name, "kind": $0.kind] })
            } else {
                Terminal.print(
                    table: connectors.map { [$0.name, $0.kind] },
                    headings: ["CONNECTOR", "KIND"]
                )
            }
        }
    }
}
