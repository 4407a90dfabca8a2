// The guard over HTTP: whether these addresses may be written to now.

import HTTPTypes
import HeedConsent
package import HeedEngine
package import HeedLists
import Hummingbird

/// `POST /v1/sends/check`, for one person or up to 10,000 recipients.
struct SendRoutes {
    let engine: Engine
    let options: ServerOptions

    @Sendable
    func check(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        let scope = try ScopeName(fields.string("scope"))
        let withLinks = try fields.flag("links")
        let order = try SendOrder(
            scope: scope,
            campaign: fields.optionalString("campaign"),
            source: .api,
            wish: fields.flag("record") ? .recipients : nil,
            setting: options.sendDecisions
        )
        var log = SendLog(engine: engine, order: order, actor: context.actor)
        if let recipients = try fields.optionalStrings("recipients") {
            try fields.finish()
            let question = try MaySendMany(
                recipients: recipients,
                scope: scope,
                withLinks: withLinks,
                detail: order.detail
            )
            let answer = try await engine.ask(question)
            try await log.add(answer)
            let logged = try await log.finish()
            return Response(json: BatchAnswer(answer, logged, publicURL: options.linkBase))
        }
        let subject = try fields.subject()
        try fields.finish()
        let question = MaySend(subject: subject, scope: scope, withLinks: withLinks)
        let answer = try await engine.ask(question)
        try await log.add(answer)
        let logged = try await log.finish()
        return Response(json: CheckAnswer(answer, logged, publicURL: options.linkBase))
    }
}

/// Where the log has a call; nothing for one that was not written down.
package struct LoggedCall: Encodable, Sendable {
    private let call: String
    private let listSha256: String

    /// Takes what the log has.
    package init(_ logged: SendLog.Logged) {
        call = logged.call.text
        listSha256 = hexadecimal(logged.list)
    }
}

/// What goes into a message so that its reader can leave with one click (RFC 8058 §3.1).
package struct UnsubscribeHeaders: Encodable, Sendable {
    let url: String
    let listUnsubscribe: String
    let listUnsubscribePost: String
    let preferencesUrl: String

    /// Builds links and headers from their tokens.
    package init(_ links: MailLinks, publicURL: String) {
        url = "\(publicURL)/u/\(links.unsubscribe)"
        preferencesUrl = "\(publicURL)/p/\(links.preferences)"
        listUnsubscribe = "<\(url)>"
        listUnsubscribePost = "List-Unsubscribe=One-Click"
    }

    /// What `values` are called as columns of a list.
    package static let names = [
        "unsubscribe_url", "list_unsubscribe", "list_unsubscribe_post", "preferences_url",
    ]

    /// The link for the message's body, the values of the two header fields, and the link to the
    /// preference centre.
    package var values: [String] { [url, listUnsubscribe, listUnsubscribePost, preferencesUrl] }

    /// The links, and the header fields as they stand in a message.
    package var lines: [String] {
        [
            url, preferencesUrl, "List-Unsubscribe: \(listUnsubscribe)",
            "List-Unsubscribe-Post: \(listUnsubscribePost)",
        ]
    }
}

/// The JSON form of one guard answer; the command line prints the same.
package struct CheckAnswer: Encodable, Sendable {
    private let allowed: Bool
    private let reason: String
    private let optOutStatus: String?
    private let position: Int64
    private let validUntil: String
    private let evidence: Evidence
    private let unsubscribe: UnsubscribeHeaders?
    private let logged: LoggedCall?

    private struct Evidence: Encodable, Sendable {
        let contactId: String?
        let recordId: String?
        let optOutId: String?
    }

    /// Takes the engine's answer, where the log has it, and the base of public links.
    package init(_ answer: GuardAnswer, _ logged: SendLog.Logged? = nil, publicURL: String) {
        let decision = answer.decision
        allowed = decision.allowed
        reason = decision.reason.rawValue
        optOutStatus = decision.optOutStatus?.rawValue
        position = answer.position
        validUntil = decision.validUntil.text
        evidence = Evidence(
            contactId: decision.contact?.text,
            recordId: decision.record?.text,
            optOutId: decision.optOut?.text
        )
        self.logged = logged.map { LoggedCall($0) }
        unsubscribe = answer.links.map { UnsubscribeHeaders($0, publicURL: publicURL) }
    }
}

/// The JSON form of one recipient's verdict.
package struct VerdictAnswer: Encodable, Sendable {
    let recipient: String
    let allowed: Bool
    let reason: String
    let optOutStatus: String?
    let invalid: String?
    let line: Int?
    let unsubscribe: UnsubscribeHeaders?

    /// Takes a verdict and the base of public links.
    package init(_ verdict: MaySendMany.Verdict, publicURL: String) {
        self.init(verdict, nil, publicURL: publicURL)
    }

    /// Takes the verdict about a line of a list; the line is named where it cannot be read.
    package init(_ verdict: MaySendMany.Verdict, of recipient: Recipient, publicURL: String) {
        self.init(verdict, recipient, publicURL: publicURL)
    }

    private init(_ verdict: MaySendMany.Verdict, _ row: Recipient?, publicURL: String) {
        recipient = row?.address ?? verdict.recipient
        invalid = row?.problem ?? verdict.invalid
        line = invalid == nil ? nil : row?.line
        allowed = verdict.reason == .allowed
        reason = verdict.reason.rawValue
        optOutStatus = verdict.optOutStatus?.rawValue
        unsubscribe = verdict.links.map { UnsubscribeHeaders($0, publicURL: publicURL) }
    }
}

/// The JSON form of many guard answers.
package struct BatchAnswer: Encodable, Sendable {
    private let decisions: [VerdictAnswer]
    private let counts: [String: Int]
    private let position: Int64
    private let validUntil: String
    private let logged: LoggedCall?

    /// Takes the engine's answer, where the log has it, and the base of public links.
    package init(
        _ answer: MaySendMany.Answer,
        _ logged: SendLog.Logged? = nil,
        publicURL: String
    ) {
        self.logged = logged.map { LoggedCall($0) }
        decisions = answer.verdicts.map { VerdictAnswer($0, publicURL: publicURL) }
        counts = Dictionary(uniqueKeysWithValues: answer.counts.map { ($0.key.rawValue, $0.value) })
        position = answer.position
        validUntil = answer.validUntil.text
    }
}
