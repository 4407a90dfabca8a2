// `heed scope`, `heed policy` and `heed key`: what can be agreed to, to which text, and who may
// call.

import ArgumentParser
import Crypto
import Foundation
import HeedConsent
import HeedEngine
import HeedStore

/// Scopes.
struct ScopeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scope",
        abstract: "What people say yes or no to.",
        subcommands: [Add.self, ScopeDescribe.self, List.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a scope.")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name: a-z, 0-9, '-', '_' and '.'.") var name: String
        @Option(help: "Its channel: email.") var channel = "email"
        @Option(help: "campaign or transactional.") var kind: String
        @Option(help: "What people see it called.") var title: String?
        @Option(help: "What somebody gets who says yes.") var description: String?

        func run() async throws {
            guard let channel = Channel(rawValue: channel) else {
                throw Refusal(.invalid, field: "channel", "this version knows the channel: email")
            }
            guard let kind = Scope.Kind(rawValue: kind) else {
                throw Refusal(.invalid, field: "kind", "a kind is campaign or transactional")
            }
            let scope = Scope(
                name: try ScopeName(name, field: "name"),
                channel: channel,
                kind: kind
            )
            if description != nil, title == nil {
                throw Refusal(.missing, field: "title", "a description comes with a title")
            }
            let text = try title.map {
                try ScopeText(language: nil, title: $0, description: description ?? "")
            }
            let installation = try Installation(await global.settings(), opening: .orNew)
            let command = AddScope(scope, as: text)
            _ = try await installation.engine.perform(command, as: Installation.actor)
            print("scope \(scope.name): \(kind.rawValue) on \(channel.rawValue)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all scopes.")
        @OptionGroup var global: GlobalOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let scopes = try await installation.engine.ask(ListScopes())
            if json {
                try Terminal.print(
                    json: scopes.map {
                        [
                            "name": $0.name.text, "channel": $0.channel.rawValue,
                            "kind": $0.kind.rawValue,
                        ]
                    }
                )
            } else {
                let rows = scopes.map { [$0.name.text, $0.channel.rawValue, $0.kind.rawValue] }
                Terminal.print(table: rows, headings: ["SCOPE", "CHANNEL", "KIND"])
            }
        }
    }
}

/// Policy versions.
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "The versions of the text people agree to.",
        subcommands: [Publish.self, List.self]
    )

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a version, once and for good."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, for example 2026-01.") var version: String
        @Option(help: "The file with the exact text, UTF-8; people can read it on the page.")
        var textFile: String
        @Option(help: "Where the text can be read.") var url: String?
        @Option(help: "From when it holds: a date or RFC 3339 time (default now).")
        var effective: String?
        @Option(
            name: .customLong("reconsent"),
            parsing: .upToNextOption,
            help: "Scopes for which older consent is no longer enough."
        )
        var reconsent: [String] = []

        func run() async throws {
            guard let text = FileManager.default.contents(atPath: textFile) else {
                throw CommandError("text-file: \(textFile) cannot be read")
            }
            var effectiveAt = Installation.now
            if let effective {
                guard let time = Timestamp(text: effective) else {
                    throw Refusal(
                        .invalid,
                        field: "effective",
                        "a date is written like 2026-01-31, a time like 2026-01-31T09:30:00Z"
                    )
                }
                effectiveAt = time
            }
            guard let wording = String(validating: text, as: UTF8.self) else {
                throw CommandError("text-file: \(textFile) is no UTF-8 text")
            }
            let policy = try Policy(
                version: version,
                url: url,
                textHash: Array(SHA256.hash(data: text)),
                effectiveAt: effectiveAt,
                reconsent: reconsent.map { try ScopeName($0, field: "reconsent") }
            ).showing(wording)
            let installation = try Installation(await global.settings(), opening: .orNew)
            let done = try await installation.engine.perform(
                PublishPolicy(policy),
                as: Installation.actor
            )
            print("policy \(done.receipt.version): sha256 \(hexadecimal(done.receipt.textHash))")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all versions.")
        @OptionGroup var global: GlobalOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let policies = try await installation.engine.ask(ListPolicies())
            if json {
                try Terminal.print(json: policies.map(Entry.init))
            } else {
                let rows = policies.map {
                    [
                        $0.version, $0.effectiveAt.text,
                        String(hexadecimal($0.textHash).prefix(16)),
                        $0.reconsent.map(\.text).joined(separator: ","), $0.url ?? "",
                    ]
                }
                let headings = ["VERSION", "EFFECTIVE", "SHA-256", "RE-CONSENT", "URL"]
                Terminal.print(table: rows, headings: headings)
            }
        }

        private struct Entry: Encodable {
            let version: String
            let url: String?
            let textSha256: String
            let effectiveAt: String
            let reconsent: [String]

            init(_ policy: Policy) {
                version = policy.version
                url = policy.url
                textSha256 = hexadecimal(policy.textHash)
                effectiveAt = policy.effectiveAt.text
                reconsent = policy.reconsent.map(\.text)
            }
        }
    }
}

/// API keys.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "API keys and their roles.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key; its text is printed once and never stored."
        )
        @OptionGroup var global: GlobalOptions
        @Option(help: "admin, sender, collector or auditor.") var role: String
        @Option(help: "What you call it.") var label = ""

        func run() async throws {
            guard let role = APIKey.Role(rawValue: role) else {
                let roles = APIKey.Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalid, field: "role", "a role is one of: \(roles)")
            }
            let command = try CreateKey(role: role, label: label)
            let installation = try Installation(await global.settings(), opening: .orNew)
            print(
                try await installation.engine.perform(command, as: Installation.actor).receipt.token
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List keys, without their text.")
        @OptionGroup var global: GlobalOptions
        @Flag(help: "Also those that are revoked: the log names who acted by the id of a key.")
        var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let keys = try await installation.engine.ask(ListAllKeys())
                .filter { all || $0.revokedAt == nil }
            if json { return try Terminal.print(json: keys.map(Entry.init)) }
            let rows = keys.map { record in
                let key = record.key
                let row = [key.id, key.role.rawValue, key.label, record.createdAt.text]
                return all ? row + [record.revokedAt?.text ?? ""] : row
            }
            let headings = ["ID", "ROLE", "LABEL", "CREATED"] + (all ? ["REVOKED"] : [])
            Terminal.print(table: rows, headings: headings)
        }

        private struct Entry: Encodable {
            let id: String
            let role: String
            let label: String
            let createdAt: String
            let revokedAt: String?

            init(_ record: APIKeyRecord) {
                id = record.key.id
                role = record.key.role.rawValue
                label = record.key.label
                createdAt = record.createdAt.text
                revokedAt = record.revokedAt?.text
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a key at once.")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id, as `heed key list` prints it.") var id: String

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            _ = try await installation.engine.perform(RevokeKey(id: id), as: Installation.actor)
            print("key \(id) is revoked")
        }
    }
}
