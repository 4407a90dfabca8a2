// `heed check` and `heed explain`: whether an address may be written to, and why.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedServer
import HeedStore

/// Asks the guard.
///
/// Exit code 0 for allowed, 1 for refused, 2 for an error.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "May this address be written to? Exit 0 allowed, 1 refused, 2 error."
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The address.") var address: String
    @Option(help: "The scope.") var scope: String
    @Flag(help: "Also make the link and the headers for one-click unsubscribing (RFC 8058).")
    var links = false
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var sends: SendOptions

    func run() async throws {
        let question = MaySend(
            subject: .address(try Address(email: address)),
            scope: try ScopeName(scope),
            withLinks: links
        )
        let settings = try await global.settings()
        let order = try sends.order(try ScopeName(scope), settings)
        if links { settings.noteLinksWithoutHTTPS() }
        let installation = try Installation(settings, opening: .existing)
        let answer = try await installation.engine.ask(question)
        var log = SendLog(engine: installation.engine, order: order, actor: Installation.actor)
        try await log.add(answer)
        let logged = try await log.finish()
        if json {
            try Terminal.print(json: CheckAnswer(answer, logged, publicURL: settings.publicURL))
        } else {
            let decision = answer.decision
            let status = decision.optOutStatus.map { ", opt-out \($0.rawValue)" } ?? ""
            print(
                "\(decision.allowed ? "allowed" : "refused: \(decision.reason.rawValue)")\(status)"
            )
            if let found = answer.links {
                let headers = UnsubscribeHeaders(found, publicURL: settings.publicURL)
                for line in headers.lines { print(line) }
            }
        }
        if !answer.decision.allowed { throw ExitCode(1) }
    }
}

/// What a question about recipients leaves in the audit log.
struct SendOptions: ParsableArguments {
    @Option(help: "What the campaign is called; the audit log keeps it with the counts.")
    var campaign: String?
    @Flag(help: "Also keep for each known recipient what was decided, and by which record.")
    var recordDecisions = false

    /// What is wanted, by these options and the settings.
    func order(_ scope: ScopeName, _ settings: Settings) throws(Refusal) -> SendOrder {
        try SendOrder(
            scope: scope,
            campaign: campaign,
            source: .commandLine,
            wish: recordDecisions ? .recipients : nil,
            setting: settings.sendDecisions
        )
    }
}

/// Says in plain words why an address may or may not be written to.
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Why may this address be written to, or not? With the records behind it."
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The address.") var address: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let subject = Subject.address(try Address(email: address))
        let installation = try Installation(await global.settings(), opening: .existing)
        let history = try await installation.engine.ask(History(subject))
        if json {
            try Terminal.print(json: ExplainAnswer(history))
        } else {
            for line in Explanation.lines(history) { print(line) }
        }
    }
}

/// The JSON form of an explanation.
struct ExplainAnswer: Encodable {
    let contactId: String?
    let position: Int64
    let scopes: [Scope]
    let blocks: [Block]
    let consents: [Consent]
    let sends: [Send]
    let timeline: [Entry]

    struct Scope: Encodable {
        let scope: String
        let kind: String
        let allowed: Bool
        let reason: String
        /// The reason in plain words.
        let words: String
        /// Everything that stands in the way, in the order of the guard.
        let obstacles: [String]
        /// What would have to happen, all of it, before a message may go.
        let toChange: [String]
        let state: String
        let optOutStatus: String
        /// The consent record behind the answer.
        let record: String?
    }

    struct Send: Encodable {
        let at: String
        let scope: String
        let campaign: String?
        let reason: String
        let record: String?
        let position: Int64
    }

    struct Block: Encodable {
        let reason: String
        let scope: String?
        let since: String
        let source: String
    }

    struct Consent: Encodable {
        let id: String
        let scope: String
        let decision: String
        let basis: String
        let source: String
        let policyVersion: String?
        let givenAt: String
        let recordedAt: String
        let batch: String?
    }

    struct Entry: Encodable {
        let position: Int64
        let at: String
        let kind: String
        let event: String
    }

    init(_ history: History.Answer) {
        contactId = history.contact?.id.text
        position = history.position
        scopes = history.scopes.map {
            Scope(
                scope: $0.scope.name.text,
                kind: $0.scope.kind.rawValue,
                allowed: $0.decision.allowed,
                reason: $0.decision.reason.rawValue,
                words: Explanation.why($0, in: history),
                obstacles: $0.obstacles.map(\.rawValue),
                toChange: Explanation.remedies($0.obstacles),
                state: $0.permission.state.rawValue,
                optOutStatus: $0.permission.optOutStatus.rawValue,
                record: $0.permission.record?.text
            )
        }
        sends = history.sends.map {
            Send(
                at: $0.decidedAt.text,
                scope: "\($0.scope)",
                campaign: $0.campaign,
                reason: $0.reason.rawValue,
                record: $0.record?.text,
                position: $0.position
            )
        }
        blocks = history.blocks.map {
            Block(
                reason: $0.reason.rawValue,
                scope: $0.scope?.text,
                since: $0.since.text,
                source: $0.source.text
            )
        }
        consents = history.consents.map {
            Consent(
                id: $0.id.text,
                scope: $0.scope,
                decision: $0.decision.rawValue,
                basis: $0.basis,
                source: $0.source,
                policyVersion: $0.policyVersion,
                givenAt: $0.givenAt.text,
                recordedAt: $0.recordedAt.text,
                batch: $0.batch?.text
            )
        }
        timeline = history.timeline.map {
            Entry(position: $0.position, at: $0.at.text, kind: $0.kind, event: $0.body)
        }
    }
}
