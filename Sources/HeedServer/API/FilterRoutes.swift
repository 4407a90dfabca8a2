// The guard over a list of any length: recipients stream in, decisions stream out in their order.

import Foundation
import HTTPTypes
public import HeedConsent
public import HeedEngine
import HeedLists
import Hummingbird
import NIOCore

/// `POST /v1/sends/filter?scope=…`: a recipient a line in, a decision a line out, the counts last.
///
/// Memory is that of one batch: the next one is read when the answers before it have been taken.
/// An answer without its last line is no whole answer; the connection broke, or the guard could not
/// know.
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
        let log = SendLog(engine: engine, order: order, actor: context.actor)
        // A scope nobody knows is refused before the first byte leaves.
        let begun = FilterRun(
            first: try await engine.ask(
                MaySendMany(recipients: [], scope: scope, withLinks: withLinks)
            ),
            publicURL: options.linkBase,
            log: log
        )
        let body = ResponseBody { [engine] writer in
            var run = begun
            var lines = LineBuffer()
            for try await buffer in request.body {
                lines.add(buffer.readableBytesView)
                while lines.count >= FilterRoutes.batchSize {
                    let question = try lines.question(order, withLinks)
                    let text = try await run.text(engine.ask(question))
                    try await writer.write(ByteBuffer(bytes: text))
                }
            }
            lines.end()
            while lines.count > 0 {
                let question = try lines.question(order, withLinks)
                let text = try await run.text(engine.ask(question))
                try await writer.write(ByteBuffer(bytes: text))
            }
            // Without its line in the log there is no whole answer.
            try await writer.write(ByteBuffer(bytes: run.lastLine()))
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: body
        )
    }

    private enum Choice: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }
}

extension LineBuffer {
    /// The question about the next lines.
    fileprivate mutating func question(
        _ order: SendOrder,
        _ withLinks: Bool
    ) throws(Refusal) -> MaySendMany {
        try MaySendMany(
            recipients: take(FilterRoutes.batchSize).map { RecipientLine.address(in: $0.text) },
            scope: order.scope,
            withLinks: withLinks,
            detail: order.detail
        )
    }
}

/// What a run over a list has said so far.
private struct FilterRun {
    private let publicURL: String
    private let encoder = JSONEncoder.answering()
    private var counts: [String: Int] = [:]
    private var position: Int64
    private var validUntil: Timestamp
    private var log: SendLog

    init(first: MaySendMany.Answer, publicURL: String, log: SendLog) {
        self.log = log
        self.publicURL = publicURL
        position = first.position
        validUntil = first.validUntil
    }

    /// The decisions of one batch as lines; the earliest end of validity is kept.
    mutating func text(_ answer: MaySendMany.Answer) async throws -> [UInt8] {
        try await log.add(answer)
        position = answer.position
        validUntil = min(validUntil, answer.validUntil)
        var text: [UInt8] = []
        for verdict in answer.verdicts {
            counts[verdict.reason.rawValue, default: 0] += 1
            let told = VerdictAnswer(verdict, publicURL: publicURL)
            text += try encoder.encode(told)
            text.append(0x0A)
        }
        return text
    }

    func lastLine() async throws -> [UInt8] {
        let summary = FilterSummary(
            counts: counts,
            position: position,
            validUntil: validUntil,
            logged: try await log.finish()
        )
        return Array(try encoder.encode(summary)) + [0x0A]
    }
}

/// The last line of a filter's answer; the command line prints the same.
public struct FilterSummary: Encodable, Sendable {
    private let counts: [String: Int]
    private let position: Int64
    private let validUntil: String
    private let logged: LoggedCall?

    /// Takes the counts by reason, how fresh the answers are, and where the log has them.
    public init(
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
