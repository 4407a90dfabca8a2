// `heed consent` and `heed opt-out`: one person's decision, written down at the command line.

import ArgumentParser
import HeedConsent
import HeedEngine

/// Consent by hand.
struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent",
        abstract: "Write down a person's decision.",
        subcommands: [Grant.self, Ask.self, Withdraw.self, ConsentReceiptCommand.self]
    )

    /// What both decisions need.
    struct Options: ParsableArguments {
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The person's address.") var address: String
        @Option(help: "The scope.") var scope: String
        @Option(help: "The registered policy version that was shown.") var policy: String
        @Option(help: "The lawful basis: consent, implied-consent, contract, …")
        var basis = "consent"
        @Option(help: "The dealing that implied consent or soft opt-in rests on: purchase, …")
        var relationship: String?
        @Option(help: "When that dealing was: RFC 3339.") var relationshipAt: String?
        @Option(help: "Where a basis other than consent is written down; kept sealed.")
        var reference: String?
        @Option(help: "When a yes runs out: RFC 3339 (default: by the law of its basis, or never).")
        var expiresAt: String?
        @Option(help: "How the decision arrived: form, preference-centre, api, …")
        var source = Source.commandLine.text
        @Option(help: "When the person decided: RFC 3339 (default now).") var givenAt: String?
        @Flag(help: "Print JSON.") var json = false

        func record(_ decision: ConsentRecord.Decision) async throws {
            guard let basis = ConsentRecord.Basis(rawValue: basis) else {
                let names = ConsentRecord.Basis.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalid, field: "basis", "a basis is one of: \(names)")
            }
            var evidence = Evidence()
            evidence.relationship = relationship
            evidence.relationshipAt = relationshipAt
            evidence.reference = reference
            let done = try await namingOptions { [evidence] in
                let command = try RecordConsent(
                    subject: .address(Address(email: address)),
                    scope: ScopeName(scope),
                    decision: decision,
                    basis: basis,
                    source: Source(source),
                    policyVersion: policy,
                    givenAt: try givenAt.map { try time($0, field: "givenAt") },
                    expiresAt: try expiresAt.map { try time($0, field: "expiresAt") },
                    evidence: evidence
                )
                let installation = try Installation(await global.settings(), opening: .existing)
                return try await installation.engine.perform(command, as: Installation.actor)
            }
            if json {
                try Terminal.print(json: Answer(id: done.receipt.id, position: done.position))
            } else {
                print("consent \(done.receipt.id): \(decision.rawValue)")
            }
        }

        private struct Answer: Encodable {
            let id: String
            let position: Int64
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Record a yes.")
        @OptionGroup var options: Options
        func run() async throws { try await options.record(.granted) }
    }

    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask by mail for a yes (double opt-in); until it is confirmed there is none."
        )
        @OptionGroup var global: GlobalOptions
        @OptionGroup var mail: MailOptions
        @Argument(help: "The person's address.") var address: String
        @Option(help: "The scope.") var scope: String
        @Option(help: "The registered policy version that was shown.") var policy: String
        @Option(help: "How the wish arrived: form, paper, …")
        var source = Source.commandLine.text
        @Option(help: "The language of the message, for example de.") var locale: String?

        func run() async throws {
            let settings = try await global.settings(mail.flags)
            guard settings.mail.server != nil else {
                throw Refusal(.noMail, "no mail server is set up here; see the setting mailHost")
            }
            let done = try await namingOptions {
                let command = try RequestDoubleOptIn(
                    address: Address(email: address),
                    scope: ScopeName(scope),
                    source: Source(source),
                    policyVersion: policy,
                    locale: locale,
                    terms: settings.mail.terms
                )
                let installation = try Installation(settings, opening: .existing)
                return try await installation.engine.perform(command, as: Installation.actor)
            }
            guard done.receipt.isSent else {
                throw Refusal(
                    .conflict,
                    field: "address",
                    "no message goes: it was asked too often, or the address is blocked"
                )
            }
            print("asked by mail; a running `heed serve` sends it")
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record a withdrawal; `heed opt-out` also tells other systems."
        )
        @OptionGroup var options: Options
        func run() async throws { try await options.record(.withdrawn) }
    }
}

/// Opts a person out.
struct OptOutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-out",
        abstract: "Stop a scope, or all campaigns, for a person; in force when this returns."
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The person's address.") var address: String
    @Option(help: "The scope to stop.") var scope: String?
    @Flag(
        name: .customLong("global"),
        help: "Stop every campaign scope, those of tomorrow too."
    )
    var everything = false
    @Option(help: "How the request arrived.") var source = Source.commandLine.text
    @Option(help: "When the person asked: RFC 3339 (default now).") var requestedAt: String?
    @Option(help: "What the person wrote; kept sealed.") var reason: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let extent: OptOut.Extent
        switch (scope, everything) {
        case (let scope?, false): extent = try OptOut.Extent(scope)
        case (nil, true): extent = .global
        default: throw Refusal(.missing, field: "scope", "say --scope NAME or --global")
        }
        var evidence = Evidence()
        evidence.statement = reason
        let done = try await namingOptions { [evidence] in
            let command = try RequestOptOut(
                subject: .address(Address(email: address)),
                extent: extent,
                source: Source(source),
                requestedAt: try requestedAt.map { try time($0, field: "requestedAt") },
                evidence: evidence
            )
            let installation = try Installation(await global.settings(), opening: .existing)
            return try await installation.engine.perform(command, as: Installation.actor)
        }
        let receipt = done.receipt
        if json {
            try Terminal.print(json: Answer(receipt, position: done.position))
        } else {
            let again = receipt.repeated ? " (since \(receipt.requestedAt))" : ""
            print("opt-out \(receipt.id): \(receipt.status)\(again)")
        }
    }

    private struct Answer: Encodable {
        let id: String
        let status: String
        let requestedAt: String
        let deadlineAt: String
        let position: Int64

        init(_ receipt: RequestOptOut.Receipt, position: Int64) {
            id = receipt.id
            status = receipt.status
            requestedAt = receipt.requestedAt
            deadlineAt = receipt.deadlineAt
            self.position = position
        }
    }
}

/// Does something whose refusals then name options as they are written on the command line.
func namingOptions<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    let options = [
        "requestedAt": "requested-at", "givenAt": "given-at", "policyVersion": "policy",
        "expiresAt": "expires-at", "evidence.relationship": "relationship",
        "evidence.relationshipAt": "relationship-at", "evidence.reference": "reference",
    ]
    do {
        return try await body()
    } catch let refusal as Refusal {
        let field = refusal.field.map { options[$0] ?? $0 }
        throw Refusal(refusal.code, field: field, refusal.message)
    }
}

/// A time given as an option.
func time(_ text: String, field: String) throws(Refusal) -> Timestamp {
    guard let time = Timestamp(text: text) else {
        throw Refusal(
            .invalid,
            field: field,
            "a time is written like 2026-01-31T09:30:00Z (RFC 3339)"
        )
    }
    return time
}
