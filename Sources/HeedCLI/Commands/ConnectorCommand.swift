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
        subcommands: [
            Add.self, List.self, Show.self, Change.self, Test.self, Ask.self, Disable.self,
            Enable.self, Remove.self,
        ]
    )

    /// Says what happens to opt-outs from scopes that the settings do not name.
    static func warn(of coverage: ScopeCoverage, _ name: String) {
        for scope in coverage.unmapped {
            Terminal.note(
                "scope '\(scope)' is not mapped: an opt-out from it cannot be told to \(name) and "
                    + "is given up until `heed connector set \(name) --option scope.\(scope)=…` "
                    + "says what it is called there, or none"
            )
        }
    }

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
        @OptionGroup var options: ConnectorOptions

        private static let kinds = ConnectorKind.allCases.map(\.rawValue).joined(separator: ", ")

        func run() async throws {
            let kind = try ConnectorKind(named: kind)
            var secret =
                try secretFile.map { try ConnectorOptions.secret(in: $0, for: "secret-file") } ?? ""
            let made = kind == .webhook && secret.isEmpty
            if made {
                secret = try WebhookSecret(bytes: Installation.surroundings.randomBytes(32)).text
            }
            let settings = try ConnectorSettings(
                name: name,
                kind: kind.rawValue,
                url: url,
                secret: secret,
                options: try options.given(to: kind)
            )
            _ = try kind.make(settings)
            let place = try await global.settings()
            try place.outboundNetworks.check(settings)
            let installation = try Installation(place, opening: .orNew)
            let coverage = try await installation.engine.coverage(of: settings, kind)
            _ = try await installation.engine.perform(
                AddConnector(settings),
                as: Installation.actor
            )
            print("connector \(name) is set up")
            if made { print("its secret, for the receiver to check signatures: \(secret)") }
            ConnectorCommand.warn(of: coverage, name)
            try installation.close()
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the other system whether the settings work; changes nothing there."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for it.") var name: String

        func run() async throws {
            let place = try await global.settings()
            let installation = try Installation(place, opening: .existing)
            let settings = try await installation.engine.connector(name)
            let kind = try ConnectorKind(named: settings.kind)
            let connector = try kind.make(settings)
            let coverage = try await installation.engine.coverage(of: settings, kind)
            let answer = try await ConnectorCommand.walk(connector, place) { now throws(Refusal) in
                try connector.check(at: now)
            }
            guard answer.isSuccess else {
                Terminal.note("connector \(name) does not work: \(answer.text)")
                throw ExitCode(1)
            }
            ConnectorCommand.warn(of: coverage, name)
            guard coverage.unmapped.isEmpty else {
                Terminal.note("connector \(name) answers (\(answer.text)), but not all is mapped")
                throw ExitCode(1)
            }
            print("connector \(name) works: \(answer.text)")
            if settings.disabledAt != nil { Terminal.note("it is disabled and told nothing") }
            try installation.close()
        }
    }
}
