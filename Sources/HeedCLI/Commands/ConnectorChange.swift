// `heed connector set`, `disable`, `enable` and `remove`: changes a running server follows at once.

import ArgumentParser
import Foundation
import HeedConnectors
import HeedConsent
import HeedEngine

extension ConnectorCommand {
    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Change its options; what is not named stays, a running server follows.",
            discussion: "What was given up meanwhile: heed queue retry --connector NAME"
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for it.") var name: String
        @Option(help: "Where it is.") var url: String?
        @Option(help: "A file with its secret.") var secretFile: String?
        @OptionGroup var options: ConnectorOptions
        @Option(help: "The name of an option to take away, once for each.") var unset: [String] = []

        func run() async throws {
            let place = try await global.settings()
            let installation = try Installation(place, opening: .existing)
            let engine = installation.engine
            let old = try await engine.connector(name)
            let kind = try ConnectorKind(named: old.kind)
            let new = try changed(old, kind)
            // Settings that no connector can be made of are refused before anything changes.
            _ = try kind.make(new)
            try place.outboundNetworks.check(new)
            let coverage = try await engine.coverage(of: new, kind)
            let change = ChangeConnector(from: old, to: new)
            let names = try await engine.perform(change, as: Installation.actor).receipt
            let list = names.joined(separator: ", ")
            print(
                names.isEmpty
                    ? "connector \(name) is as it was" : "connector \(name) is changed: \(list)"
            )
            ConnectorCommand.warn(of: coverage, name)
            let buried =
                try await engine.ask(QueueOverview()).connectors
                .first { $0.name == name }?.buried ?? 0
            if buried > 0 {
                Terminal.note(
                    "\(buried) given up before; `heed queue retry --connector \(name)` tries again"
                )
            }
            try installation.close()
        }

        private func secret() throws -> String? {
            try secretFile.map { try ConnectorOptions.secret(in: $0, for: "secret-file") }
        }

        private func changed(
            _ old: ConnectorSettings,
            _ kind: ConnectorKind
        ) throws -> ConnectorSettings {
            let given = try options.given(to: kind)
            guard url != nil || secretFile != nil || !given.isEmpty || !unset.isEmpty else {
                throw CommandError("name what to change: --option, --option-file, --unset, …")
            }
            // Two have places of their own, wherever they were given.
            var all = old.options
            all["url"] = old.url.isEmpty ? all["url"] : old.url
            all["secret"] = old.secret.isEmpty ? all["secret"] : old.secret
            var new = given
            for (field, value) in [("url", url), ("secret", try secret())] {
                guard value == nil || new[field] == nil else {
                    throw CommandError("\(field): it is there twice")
                }
                new[field] = value ?? new[field]
            }
            all.merge(new) { _, new in new }
            for field in unset {
                guard new[field] == nil, all.removeValue(forKey: field) != nil else {
                    throw CommandError("unset: \(field) is not set, or is set and unset at once")
                }
            }
            var settings = try ConnectorSettings(
                name: name,
                kind: old.kind,
                url: all.removeValue(forKey: "url") ?? "",
                secret: all.removeValue(forKey: "secret") ?? "",
                options: all
            )
            settings.disabledAt = old.disabledAt
            return settings
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell it nothing until it is enabled; opt-outs wait for it and stay open."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for it.") var name: String

        func run() async throws {
            let isNew = try await ConnectorCommand.turn(name, .disabled, global)
            print("connector \(name) \(isNew ? "is" : "was") disabled\(isNew ? "" : " before")")
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell a disabled one again, also what waited for it."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for it.") var name: String

        func run() async throws {
            let isNew = try await ConnectorCommand.turn(name, .enabled, global)
            print("connector \(name) \(isNew ? "is" : "was") enabled\(isNew ? "" : " before")")
        }
    }

    private static func turn(
        _ name: String,
        _ use: SwitchConnector.Use,
        _ global: GlobalOptions
    ) async throws -> Bool {
        let installation = try Installation(await global.settings(), opening: .existing)
        let command = SwitchConnector(name, use)
        let isNew = try await installation.engine.perform(command, as: Installation.actor).receipt
        try installation.close()
        return isNew
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End it: it is told nothing more, and what was open for it is cancelled.",
            discussion: """
                Each cancelled telling is an event of its opt-out's timeline; it does not count as \
                told, and the opt-out no longer waits for it.
                """
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Your name for it.") var name: String

        /// One transaction takes so many, so that opt-outs have to wait for none for long.
        private static let batch = 200

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let engine = installation.engine
            _ = try await engine.perform(RemoveConnector(name), as: Installation.actor)
            var cancelled = 0
            var mayBeMore = true
            while mayBeMore {
                let command = CancelTellings(of: name, limit: Self.batch)
                let done = try await engine.perform(command, as: Installation.actor).receipt
                cancelled += done.cancelled
                mayBeMore = done.mayBeMore
            }
            print("connector \(name) is removed")
            print("\(cancelled) opt-outs it had not confirmed no longer wait for it")
            try installation.close()
        }
    }
}
