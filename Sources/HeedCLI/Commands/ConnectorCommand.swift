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
        subcommands: [Add.self, List.self, Test.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set one up; later opt-outs are told to it.",
            discussion: """
                scope.NAME says what a scope is called there, for example \
                --option scope.newsletter=12345; 'none' says that it is never sent through it.
                """
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Which kind: \(kinds).") var kind: String
        @Argument(help: "Your name for it.") var name: String
        @Option(help: "Where it is; needed for a webhook only.") var url: String = ""
        @Option(help: "A file with its secret; a webhook without one gets one, which is printed.")
        var secretFile: String?
        @Option(name: .customLong("option"), help: "NAME=VALUE, once for each option.")
        var options: [String] = []
        @Option(name: .customLong("option-file"), help: "NAME=FILE, for an option that is secret.")
        var optionFiles: [String] = []

        private static let kinds = ConnectorKind.allCases.map(\.rawValue).joined(separator: ", ")

        func run() async throws {
            let kind = try ConnectorKind(named: kind)
            var secret = try secretFile.map { try Self.secret(in: $0, for: "secret-file") } ?? ""
            let made = kind == .webhook && secret.isEmpty
            if made {
                secret = try WebhookSecret(bytes: Installation.surroundings.randomBytes(32)).text
            }
            let settings = try ConnectorSettings(
                name: name,
                kind: kind.rawValue,
                url: url,
                secret: secret,
                options: try given(kind)
            )
            _ = try kind.make(settings)
            let installation = try Installation(await global.settings(), opening: .orNew)
            _ = try await installation.engine.perform(
                AddConnector(settings),
                as: Installation.actor
            )
            print("connector \(name) is set up")
            if made { print("its secret, for the receiver to check signatures: \(secret)") }
        }

        /// All options, those of files too; a secret on the command line would stay in its history.
        private func given(_ kind: ConnectorKind) throws -> [String: String] {
            var all: [String: String] = [:]
            for (texts, isFile) in [(options, false), (optionFiles, true)] {
                let field = isFile ? "option-file" : "option"
                for text in texts {
                    let parts = text.split(
                        separator: "=",
                        maxSplits: 1,
                        omittingEmptySubsequences: false
                    ).map(String.init)
                    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                        // What follows '=' may be a secret that is in the wrong place.
                        let form = isFile ? "NAME=FILE" : "NAME=VALUE"
                        let given = parts.count == 2 ? "\(parts[0])=" : parts[0]
                        throw CommandError("\(field): '\(given)' is not \(form)")
                    }
                    let (name, value) = (parts[0], parts[1])
                    if !isFile, kind.options.contains(where: { $0.name == name && $0.isSecret }) {
                        let flag = name == "secret" ? "--secret-file" : "--option-file \(name)="
                        throw CommandError("\(field): \(name) is secret, put it in a file: \(flag)")
                    }
                    guard all[name] == nil, !["url", "secret"].contains(name) || isFile else {
                        throw CommandError("\(field): \(name) has its own flag or is there twice")
                    }
                    all[name] = isFile ? try Self.secret(in: value, for: field) : value
                }
            }
            return all
        }

        private static func secret(in path: String, for field: String) throws -> String {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandError("\(field): \(path) cannot be read")
            }
            return String(decoding: data, as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the other system whether the settings work; changes nothing there."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for it.") var name: String

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let settings = try await installation.engine.ask(ListConnectors())
                .first { $0.name == name }
            guard let settings else { throw CommandError("name: there is no connector '\(name)'") }
            let connector = try ConnectorKind(named: settings.kind).make(settings)
            let surroundings = Installation.surroundings
            let transport = HTTPTransport()
            let conversation = Conversation(
                with: connector,
                over: transport,
                gate: ConnectorGate(slots: 1, surroundings: surroundings),
                surroundings: surroundings,
                seconds: 60
            )
            let answer = await conversation.walk { now throws(Refusal) in
                try connector.check(at: now)
            }
            try await transport.shutdown()
            guard answer.isSuccess else {
                Terminal.note("connector \(name) does not work: \(answer.text)")
                throw ExitCode(1)
            }
            print("connector \(name) works: \(answer.text)")
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
