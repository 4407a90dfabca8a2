// `heed request` and `heed erase`: people's requests about their data, from receipt to receipt.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedLedger
import HeedRights
import HeedServer

/// Has a person erased.
struct Erase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a person's data removed, here and in every connected system.",
        discussion: """
            The request is written down and its clock runs. Once it is verified a worker tells
            every connector, removes what is here and issues a receipt; `heed request show ID`
            says how far it has come. A keyed hash of the address stays, so that no later list
            revives the person.
            """
    )
    @OptionGroup var global: GlobalOptions
    @OptionGroup var terms: RequestTerms
    @Flag(
        help: "Remove the keyed hash as well: the person may then be written to if imported again."
    )
    var removeBlock = false

    func run() async throws {
        try await terms.take(.erasure, keepsBlock: !removeBlock, global)
    }
}

/// What every request comes with.
struct RequestTerms: ParsableArguments {
    @Argument(help: "The person's address.") var address: String
    @Option(help: "How they showed who they are, as a short name such as account-login.")
    var verifiedBy: String?
    @Option(help: "How the request arrived, as a short name.") var source = "command-line"
    @Option(help: "When it was received; now if left out.") var requestedAt: String?
    @Flag(help: "Print JSON.") var json = false

    /// Takes the request and says what happens next.
    func take(
        _ kind: RightsRequest.Kind,
        keepsBlock: Bool = true,
        _ global: GlobalOptions
    ) async throws {
        let command = ReceiveRequest(
            kind,
            of: .address(try Address(email: address)),
            source: try Source(source),
            requestedAt: try requestedAt.map { text throws(Refusal) in
                guard let time = Timestamp(text: text) else {
                    throw Refusal(
                        .invalid,
                        field: "requestedAt",
                        "a time is written like 2026-01-31T09:30:00Z (RFC 3339)"
                    )
                }
                return time
            },
            verifiedBy: try verifiedBy.map { text throws(Refusal) in
                try Source(text, field: "verifiedBy")
            },
            keepsBlock: keepsBlock
        )
        let installation = try Installation(await global.settings(), opening: .existing)
        let taken = try await installation.engine.perform(command, as: Installation.actor).receipt
        let progress = try await installation.engine.ask(RequestProgress(taken.request.id))
        let base = installation.settings.publicURL
        if json {
            try Terminal.print(json: RequestAnswer(progress, base: base))
        } else {
            RequestCommand.print(progress, base: base)
            if taken.isRepeated { Terminal.note("this request was open already") }
            if taken.request.status == .received {
                Terminal.note(
                    "nothing is done before `heed request verify \(taken.request.id.text)`"
                )
            }
        }
        try installation.close()
    }
}

/// Requests of people.
struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "People's requests about their data: take, verify, follow, answer.",
        subcommands: [
            Add.self, List.self, Show.self, Verify.self, Extend.self, Refuse.self, Complete.self,
            Rectify.self, Retry.self, GiveUp.self, Receipt.self,
        ]
    )

    /// Reads a request's id.
    static func id(_ text: String) throws(Refusal) -> RequestID {
        guard let id = RequestID(text: text) else {
            throw Refusal(.invalid, field: "id", "this is not the id of a request")
        }
        return id
    }

    static func print(_ progress: RequestProgress.Answer, base: String) {
        let request = progress.request
        var lines = [
            "\(request.kind.rawValue) \(request.id.text): \(request.status.rawValue)",
            "received \(request.requestedAt.text), to be answered by \(request.deadlineAt.text) "
                + "(\(request.regime))",
        ]
        if request.endedAt == nil {
            lines.append("days left: \(request.daysLeft(at: progress.now))")
        }
        if let means = request.verifiedBy { lines.append("verified by \(means)") }
        if let reason = request.reason { lines.append("reason: \(reason)") }
        for target in progress.targets {
            let answer = target.answer.map { ": \($0)" } ?? ""
            lines.append("  \(target.connector) \(target.state.rawValue)\(answer)")
        }
        let token = hexadecimal(progress.token)
        lines.append("receipt, once there is one: \(base)/v1/receipts/\(token)")
        for line in lines { Swift.print(line) }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a request of any kind; `heed erase` is the short way for an erasure."
        )
        @OptionGroup var global: GlobalOptions
        @Option(help: "access, rectification, erasure, restriction, objection or do-not-sell.")
        var kind: String
        @OptionGroup var terms: RequestTerms

        func run() async throws {
            guard let kind = RightsRequest.Kind(rawValue: kind) else {
                let all = RightsRequest.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalid, field: "kind", "this has to be one of: \(all)")
            }
            try await terms.take(kind, global)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List open requests, the most urgent first."
        )
        @OptionGroup var global: GlobalOptions
        @Flag(help: "Also those that are answered, in the order they came.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let question = try ListRequests(openOnly: !all)
            let (requests, now) = try await installation.engine.ask(question)
            if json {
                try Terminal.print(json: RequestList(requests, now: now))
            } else {
                Terminal.print(
                    table: requests.map { request in
                        let isOpen = request.endedAt == nil
                        return [
                            request.id.text, request.kind.rawValue, request.status.rawValue,
                            request.requestedAt.text, request.deadlineAt.text,
                            isOpen ? String(request.daysLeft(at: now)) : "-",
                        ]
                    },
                    headings: ["REQUEST", "KIND", "STATUS", "RECEIVED", "DEADLINE", "DAYS LEFT"]
                )
            }
            try installation.close()
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one request with what every connected system answered."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The request's id.") var id: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let id = try RequestCommand.id(id)
            let installation = try Installation(await global.settings(), opening: .existing)
            let progress = try await installation.engine.ask(RequestProgress(id))
            let base = installation.settings.publicURL
            if json {
                try Terminal.print(json: RequestAnswer(progress, base: base))
            } else {
                RequestCommand.print(progress, base: base)
            }
            try installation.close()
        }
    }
}
