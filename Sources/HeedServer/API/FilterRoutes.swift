// The guard over a list of any length: recipients stream in, decisions stream out in their order.

import Foundation
import HTTPTypes
package import HeedConsent
package import HeedEngine
import HeedLists
import HeedStore
import Hummingbird
import Logging
import NIOCore

/// `POST /v1/sends/filter?scope=…`: a recipient a line in, a decision a line out, the counts last.
///
/// Memory is that of one batch: the next one is read when the answers before it have been taken.
/// An answer without its last line is no whole answer: the connection broke, the list could not be
/// read to its end, or the guard could not know. Where it can be told, the last line says which.
struct FilterRoutes {
    /// Recipients that are decided on as of one moment.
    static let batchSize = 1000

    let engine: Engine
    let options: ServerOptions

    @Sendable
    func filter(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let scope = try ScopeName(try fields.text("scope"))
        let withLinks = try fields.word("links", as: Choice.self) == .yes
        let order = try SendOrder(
            scope: scope,
            campaign: fields.take("campaign"),
            source: .api,
            wish: fields.word("record", as: Choice.self) == .yes ? .recipients : nil,
            setting: options.sendDecisions
        )
        try fields.finish()
        var list = RecipientList(try RecipientList.Form(request), keeping: .addresses)
        let body = try ListBody(request, unpackedMaximum: options.unpackedBytesMaximum)
        // A scope nobody knows is refused before the first byte leaves.
        let first = try await engine.ask(
            MaySendMany(recipients: [], scope: scope, withLinks: withLinks)
        )
        // So is a list without a header line where there has to be one.
        while !list.isBegun { try await list.read(body) }
        let run = FilterRun(
            engine: engine,
            order: order,
            withLinks: withLinks,
            publicURL: options.linkBase,
            actor: context.actor,
            first: first
        )
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: FilterRoutes.answer(run, list, body, context.logger)
        )
    }

    private static func answer(
        _ begun: FilterRun,
        _ beginning: RecipientList,
        _ body: ListBody,
        _ logger: Logger
    ) -> ResponseBody {
        ResponseBody { writer in
            var (run, list) = (begun, beginning)
            do {
                while true {
                    while list.count >= batchSize || list.isEnded && list.count > 0 {
                        let text = try await run.text(list.take(batchSize))
                        try await writer.write(ByteBuffer(bytes: text))
                    }
                    if list.isEnded { break }
                    try await list.read(body)
                }
                // Without its line in the log there is no whole answer.
                try await writer.write(ByteBuffer(bytes: run.lastLine()))
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                FilterRoutes.note(error, logger)
                try await writer.write(ByteBuffer(bytes: FilterRun.lastLine(of: error)))
                // A connection that breaks while it is sent to loses what it said. It breaks all
                // the same: an answer without its counts must not look whole.
                try await body.drain()
                throw error
            }
            try await writer.finish(nil)
        }
    }

    /// Leaves a line about an answer that is not whole; what a refusal says may be of the list.
    private static func note(_ error: any Error, _ logger: Logger) {
        let problem = Problem(error)
        let isOurs = problem.status.kind == .serverError
        logger.log(
            level: isOurs ? .error : .warning,
            "the answer about a list has ended before its end",
            metadata: [
                "problem": "\(problem.name)",
                "error": "\((error as? StoreError)?.description ?? "\(type(of: error))")",
            ]
        )
    }

    private enum Choice: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }
}

extension RecipientList {
    /// Takes what arrives next, or that nothing does.
    fileprivate mutating func read(_ body: ListBody) async throws {
        if let bytes = try await body.next() { try add(bytes) } else { try end() }
    }
}

/// What a run over a list has said so far.
private struct FilterRun: Sendable {
    private let engine: Engine
    private let order: SendOrder
    private let withLinks: Bool
    private let publicURL: String
    private var counts: [String: Int] = [:]
    private var position: Int64
    private var validUntil: Timestamp
    private var log: SendLog

    init(
        engine: Engine,
        order: SendOrder,
        withLinks: Bool,
        publicURL: String,
        actor: Actor,
        first: MaySendMany.Answer
    ) {
        self.engine = engine
        self.order = order
        self.withLinks = withLinks
        self.publicURL = publicURL
        log = SendLog(engine: engine, order: order, actor: actor)
        position = first.position
        validUntil = first.validUntil
    }

    /// The decisions of one batch as lines; the earliest end of validity is kept.
    mutating func text(_ recipients: [Recipient]) async throws -> [UInt8] {
        let question = try MaySendMany(
            recipients: recipients.map(\.asked),
            scope: order.scope,
            withLinks: withLinks,
            detail: order.detail
        )
        let answer = try await engine.ask(question)
        try await log.add(answer)
        position = answer.position
        validUntil = min(validUntil, answer.validUntil)
        var text: [UInt8] = []
        text.reserveCapacity(recipients.count * 80)
        for (reason, count) in answer.counts { counts[reason.rawValue, default: 0] += count }
        for (recipient, verdict) in zip(recipients, answer.verdicts) {
            VerdictAnswer(verdict, of: recipient, publicURL: publicURL).append(to: &text)
            text.append(0x0A)
        }
        return text
    }

    mutating func lastLine() async throws -> [UInt8] {
        let summary = FilterSummary(
            counts: counts,
            position: position,
            validUntil: validUntil,
            logged: try await log.finish()
        )
        return Array(try JSONEncoder.answering().encode(summary)) + [0x0A]
    }

    /// Why there is no last line with the counts.
    static func lastLine(of error: any Error) throws -> [UInt8] {
        let problem = Problem(error)
        let line = BrokenAnswer(problem: problem.name, detail: problem.detail)
        return Array(try JSONEncoder.answering().encode(line)) + [0x0A]
    }

    private struct BrokenAnswer: Encodable {
        let problem: String
        let detail: String
    }
}

/// The last line of a filter's answer; the command line prints the same.
package struct FilterSummary: Encodable, Sendable {
    private let counts: [String: Int]
    private let position: Int64
    private let validUntil: String
    private let logged: LoggedCall?

    /// Takes the counts by reason, how fresh the answers are, and where the log has them.
    package init(
        counts: [String: Int],
        position: Int64,
        validUntil: Timestamp,
        logged: SendLog.Logged?
    ) {
        self.logged = logged.map { LoggedCall($0) }
        self.counts = counts
        self.position = position
        self.validUntil = validUntil.text
    }
}
