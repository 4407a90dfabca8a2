// What an operator does to one request: verify, extend, refuse, complete, tell again, prove.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedLedger
import HeedRights
import HeedServer
import HeedStore

extension RequestCommand {
    /// Performs a command on one request, and says how things stand.
    fileprivate static func act<Work: Command>(
        _ id: String,
        _ global: GlobalOptions,
        _ make: (RequestID) throws -> Work
    ) async throws {
        let id = try RequestCommand.id(id)
        let command = try make(id)
        let installation = try Installation(await global.settings(), opening: .existing)
        _ = try await installation.engine.perform(command, as: Installation.actor)
        let progress = try await installation.engine.ask(RequestProgress(id))
        RequestCommand.print(progress, base: installation.settings.publicURL)
        try installation.close()
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note how the person showed who they are; an erasure then begins."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String
        @Option(help: "How, as a short name such as account-login.") var by: String

        func run() async throws {
            try await act(id, global) { VerifyRequest($0, by: try Source(by, field: "by")) }
        }
    }

    struct Extend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note that the person was told it takes longer, as far as the law allows."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String
        @Option(help: "Why, as a short name such as many-requests.") var reason: String

        func run() async throws {
            try await act(id, global) {
                ExtendRequest($0, reason: try Source(reason, field: "reason"))
            }
        }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn a request down; the person may complain to an authority."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String
        @Option(help: "Why, as a short name such as identity-not-shown.") var reason: String

        func run() async throws {
            try await act(id, global) {
                RefuseRequest($0, reason: try Source(reason, field: "reason"))
            }
        }
    }

    struct Complete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a request was met, other than by erasure or export."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String

        func run() async throws { try await act(id, global) { CompleteRequest($0) } }
    }

    struct Rectify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a person's address right, as a verified request asks.",
            discussion: """
                Consents, opt-outs and history stay the person's, and what stood against the old \
                address stands against the new one, too. An address of somebody else is refused. \
                The request is answered by it.
                """
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String
        @Option(help: "The right address.") var address: String
        @Option(help: "The wrong one, for a person who has several.") var replaces: String?

        func run() async throws {
            try await act(id, global) {
                RectifyAddress(
                    $0,
                    to: try Address(email: address),
                    replacing: try replaces.map { text throws(Refusal) in
                        try Address(email: text, field: "replaces")
                    }
                )
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the systems told again that refused an erasure."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String

        func run() async throws { try await act(id, global) { RetryErasure($0) } }
    }

    struct GiveUp: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "give-up",
            abstract: "Let an erasure end without systems that do not answer.",
            discussion: """
                The receipt says that they did not confirm and why; `heed request retry ID` has \
                them told again.
                """
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String
        @Option(help: "Why, as a short name such as system-shut-down.") var reason: String
        @Option(help: "Only this connector; all that are waited for if left out.")
        var connector: String?

        func run() async throws {
            try await act(id, global) {
                GiveUpErasure(
                    $0,
                    connector: connector,
                    reason: try Source(reason, field: "reason")
                )
            }
        }
    }

    struct Receipt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest receipt, or write it into a folder with its proof."
        )
        @OptionGroup var options: LogCommand.Options
        @Argument(help: "The request's id.") var id: String
        @Option(
            name: [.short, .customLong("output")],
            help: "A folder to make, which `heed log verify --bundle` checks."
        )
        var output: String?

        func run() async throws {
            let id = try RequestCommand.id(id)
            if let output { try BundleFolder.refuse(output) }
            let installation = try await options.open()
            let progress = try await installation.engine.ask(RequestProgress(id))
            guard let found = try await installation.engine.ask(FindReceipt(token: progress.token))
            else { throw Refusal(.notFound, field: "id", "there is no receipt yet") }
            guard let output else {
                Swift.print(String(decoding: found.receipt.body, as: UTF8.self))
                return
            }
            let quorum = try LogCommand.quorum(installation.settings)
            let question = GatherProofs(.event(found.event), quorum: quorum)
            var gathered = try await installation.engine.ask(question)
            if gathered.pendingCount > 0 {
                try await options.extend(installation)
                gathered = try await installation.engine.ask(question)
            }
            guard var bundle = gathered.bundle, gathered.pendingCount == 0 else {
                throw CommandError("the receipt is not in the log yet; try again in a second")
            }
            bundle.documents[found.event.text] = found.receipt.body
            try BundleFolder.write(bundle.files, to: output)
            Swift.print("\(output): the receipt, its event and the proof; see \(output)/README.txt")
        }
    }
}

/// Prints what is known about people, and what an erasure does to it.
struct Inventory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "List every table with personal data, why it is kept, and what erasure does to it."
    )
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        if json { return try Terminal.print(json: InventoryAnswer()) }
        for table in InventoryAnswer.tables {
            print("\(table.name): \(table.purpose)")
            if !table.basis.isEmpty { print("  kept \(table.basis)") }
            for column in table.columns {
                print("  \(column.name): \(column.holds); erasure: \(column.treatment.rawValue)")
            }
        }
    }
}
