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

/// An explanation in words.
enum Explanation {
    /// One line a fact.
    static func lines(_ history: History.Answer) -> [String] {
        var lines: [String] = []
        if let contact = history.contact {
            lines.append("Contact \(contact.id.text)\(contact.region.map { ", \($0)" } ?? "")")
        } else {
            lines.append("Nobody by this address is known.")
        }
        for state in history.scopes {
            let may = state.decision.allowed ? "may be written to" : "may NOT be written to"
            lines.append(
                "\(state.scope.name) (\(state.scope.kind.rawValue)): \(may). "
                    + (listed(state, in: history)
                        ?? why(state.decision.reason, decidedAt: state.permission.decidedAt))
            )
        }
        for block in history.blocks {
            let place = block.scope.map { "in \($0)" } ?? "everywhere it applies"
            lines.append(
                "Block: \(block.reason.rawValue), \(place), since \(block.since.text), "
                    + "by \(block.source)"
            )
        }
        if !history.consents.isEmpty { lines.append("Consent records:") }
        for consent in history.consents {
            let policy = consent.policyVersion.map { ", policy \($0)" } ?? ""
            lines.append(
                "  \(consent.givenAt.text)  \(consent.decision.rawValue) \(consent.scope), "
                    + "basis \(consent.basis), source \(consent.source)\(policy), "
                    + "record \(consent.id.text)"
            )
        }
        if !history.sends.isEmpty { lines.append("Sends that were decided on, the newest first:") }
        for send in history.sends {
            let campaign = send.campaign.map { ", campaign \($0)" } ?? ""
            let record = send.record.map { " by record \($0.text)" } ?? ""
            let verdict =
                send.reason == .allowed ? "allowed" : "refused (\(send.reason.rawValue))"
            lines.append(
                "  \(send.decidedAt.text)  \(send.scope)\(campaign): \(verdict) as of position "
                    + "\(send.position)\(record)"
            )
        }
        if !history.timeline.isEmpty { lines.append("Timeline from the audit log:") }
        for entry in history.timeline {
            let facts = entry.facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let details = ([entry.kind] + (entry.scope.map { [$0] } ?? []) + facts)
                .joined(separator: "  ")
            lines.append("  #\(entry.position)  \(entry.at.text)  \(details)")
        }
        return lines
    }

    /// A yes that only a list tells of, whose time may be that of the import.
    private static func listed(
        _ state: History.ScopeState,
        in history: History.Answer
    ) -> String? {
        let consent = history.consents.first { $0.id == state.permission.record }
        guard state.decision.allowed, let consent,
            consent.source == Source.batchImport.text
        else { return nil }
        return "An imported list says yes as of \(consent.givenAt.text), and nothing speaks "
            + "against it."
    }

    /// A reason in words.
    static func why(_ reason: SendDecision.Reason, decidedAt: Timestamp?) -> String {
        let since = decidedAt.map { " on \($0.text)" } ?? ""
        switch reason {
        case .allowed: return "They said yes\(since), and nothing speaks against it."
        case .unknownContact: return "Nothing was ever recorded; no record is no consent."
        case .legalBlock: return "A legal block stands."
        case .erased: return "Their data was erased; the block is what remains."
        case .complaint:
            return "They reported a message as spam; only a confirmed double opt-in lifts that."
        case .hardBounce: return "The address does not exist: a message bounced for good."
        case .manualBlock: return "An operator blocked the address."
        case .restricted: return "Processing of their data is restricted."
        case .globalOptOut:
            return "They opted out of all campaigns. Only their own newer act lifts that."
        case .optOut: return "They opted out of this\(since). Only their own newer act lifts that."
        case .noConsent: return "They never agreed to this scope."
        case .unconfirmed: return "They were asked to confirm and have not."
        case .denied: return "They said no when asked\(since)."
        case .withdrawn: return "They withdrew consent\(since)."
        case .expired: return "Their consent has run out."
        case .policyOutdated:
            return "They agreed to a version of the policy that is no longer enough."
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
    let timeline: [Entry]

    struct Scope: Encodable {
        let scope: String
        let kind: String
        let allowed: Bool
        let reason: String
        let state: String
        let optOutStatus: String
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
                state: $0.permission.state.rawValue,
                optOutStatus: $0.permission.optOutStatus.rawValue
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
