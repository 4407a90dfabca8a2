// `heed form`, `heed scope describe` and `heed preferences`: what people see when they choose.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedServer

/// Words of a scope.
struct ScopeDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Say what a scope is called on the pages, in one language or for all."
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The scope.") var name: String
    @Option(help: "The language, for example de; without it the words for all others.")
    var language: String?
    @Option(help: "What people see it called.") var title: String
    @Option(help: "What somebody gets who says yes.") var description = ""

    func run() async throws {
        let scope = try ScopeName(name, field: "name")
        let text = try ScopeText(language: language, title: title, description: description)
        let installation = try Installation(await global.settings(), opening: .existing)
        let command = DescribeScope(scope, as: text)
        _ = try await installation.engine.perform(command, as: Installation.actor)
        print("scope \(scope): \(text.title) (\(text.language ?? "all other languages"))")
    }
}

/// Sign-up forms.
struct FormCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "form",
        abstract: "Sign-up forms for your own pages.",
        subcommands: [Add.self, HTML.self, List.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set up a form, once and for good.",
            discussion: "Each --scope goes with the --wording in the same place."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name: a-z, 0-9, '-', '_' and '.'.") var name: String
        @Option(help: "What a ticked box says yes to; may be given several times.")
        var scope: [String] = []
        @Option(help: "The exact words beside the box; as many times.") var wording: [String] = []
        @Option(help: "The policy version that the form is shown with.") var policy: String
        @Option(help: "Where a browser may be sent afterwards; may be given several times.")
        var redirect: [String] = []
        @Flag(help: "Also keep the client's address and browser, sealed.") var keepClient = false
        @Flag(help: "Ask by mail; until the person has confirmed there is no consent.")
        var doubleOptIn = false

        func run() async throws {
            guard scope.count == wording.count else {
                throw Refusal(
                    .invalid,
                    field: "wording",
                    "each --scope needs a --wording: \(scope.count) and \(wording.count) were given"
                )
            }
            let form = try SignUpForm(
                name: name,
                boxes: zip(scope, wording).map {
                    try SignUpForm.Box(scope: ScopeName($0), wording: $1)
                },
                policyVersion: policy,
                redirects: redirect,
                circumstances: keepClient ? .client : .none,
                confirmation: doubleOptIn ? .mail : .none
            )
            let settings = try await global.settings()
            let installation = try Installation(settings, opening: .existing)
            _ = try await installation.engine.perform(AddForm(form), as: Installation.actor)
            if doubleOptIn, settings.mail.server == nil {
                Terminal.note("it needs a mail server; see the setting mailHost")
            }
            print("form \(name): print it with `heed form html \(name)`")
        }
    }

    struct HTML: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "html",
            abstract: "Print a form as HTML for your own page."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "The language of its labels, for example de (default: pagesLanguage).")
        var language: String?

        func run() async throws {
            let settings = try await global.settings()
            let languages = try PageLanguages(
                folder: settings.pagesFolder,
                fallback: settings.pagesLanguage
            )
            let known = languages.all.map(\.tag)
            if let language, !known.contains(language) {
                throw Refusal(
                    .invalid,
                    field: "language",
                    "there are words in these: \(known.joined(separator: ", "))"
                )
            }
            let installation = try Installation(settings, opening: .existing)
            guard let form = try await installation.engine.ask(FindForm(name: name)) else {
                throw Refusal(.notFound, field: "name", "there is no form '\(name)'")
            }
            let words = languages.best(of: language.map { [$0] } ?? [])
            print(
                FormHTML.text(form, publicURL: settings.publicURL, in: words, locale: language)
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all forms.")
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let rows = try await installation.engine.ask(ListForms()).map {
                [
                    $0.name, $0.boxes.map(\.scope.text).joined(separator: ","), $0.policyVersion,
                    $0.circumstances.rawValue, $0.confirmation.rawValue,
                ]
            }
            Terminal.print(
                table: rows,
                headings: ["FORM", "SCOPES", "POLICY", "KEEPS", "CONFIRMED BY"]
            )
        }
    }
}

/// A person's link to their preference centre.
struct PreferencesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preferences",
        abstract: "Print the link to a person's preference centre; whoever has it may choose."
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The person's address.") var address: String
    @Option(help: "For how many days the link opens anything.") var days: Int64 = 1

    func run() async throws {
        guard (1...366).contains(days) else {
            throw Refusal(.invalid, field: "days", "a link lives from 1 to 366 days")
        }
        let address = try Address(email: address)
        let settings = try await global.settings()
        let installation = try Installation(settings, opening: .existing)
        let question = MakePreferenceLink(.address(address), validFor: days * 86_400)
        guard let token = try await installation.engine.ask(question) else {
            throw Refusal(.notFound, field: "address", "nobody has this address")
        }
        print("\(settings.publicURL)/p/\(token)")
    }
}
