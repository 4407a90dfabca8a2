// People's requests over HTTP: taken, verified, followed to their receipt.

import HTTPTypes
package import HeedConsent
import HeedEngine
package import HeedRights
import Hummingbird

/// `POST /v1/erasures`, `/v1/requests` and what is done to one of them.
struct RequestRoutes {
    /// Requests on a page unless the caller says.
    private static let pageByDefault = 50

    let engine: Engine
    let options: ServerOptions

    /// Takes a request for erasure.
    @Sendable
    func erase(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        let keepsBlock = try !fields.flag("removeBlock")
        return try await take(.erasure, keepsBlock: keepsBlock, &fields, context)
    }

    /// Takes a request of any kind.
    @Sendable
    func receive(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        let kind: RightsRequest.Kind = try fields.word("kind")
        return try await take(kind, keepsBlock: true, &fields, context)
    }

    private func take(
        _ kind: RightsRequest.Kind,
        keepsBlock: Bool,
        _ fields: inout Fields,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let command = ReceiveRequest(
            kind,
            of: try fields.subject(),
            source: try Source(try fields.optionalString("source") ?? Source.api.text),
            requestedAt: try fields.optionalTime("requestedAt"),
            verifiedBy: try fields.optionalString("verifiedBy").map { text throws(Refusal) in
                try Source(text, field: "verifiedBy")
            },
            keepsBlock: keepsBlock
        )
        try fields.finish()
        let taken = try await engine.perform(command, as: context.actor).receipt
        let progress = try await engine.ask(RequestProgress(taken.request.id))
        return Response(
            json: RequestAnswer(progress, base: options.linkBase),
            status: .accepted
        )
    }

    /// Open requests by urgency, or all in the order they came.
    @Sendable
    func list(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let limit = try fields.number("limit") ?? RequestRoutes.pageByDefault
        let question = try ListRequests(
            openOnly: fields.word("state", as: ListState.self) != .all,
            after: fields.id("after"),
            limit: Int64(limit)
        )
        try fields.finish()
        let (requests, now) = try await engine.ask(question)
        return Response(json: RequestList(requests, now: now, page: limit))
    }

    /// One request with what other systems answered.
    @Sendable
    func progress(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        try await answer(try RequestRoutes.id(context))
    }

    /// What is done to one request.
    enum Act: String, CaseIterable {
        case verify, extend, refuse, complete, retry, rectify
        case giveUp = "give-up"
    }

    /// A route for one act.
    func act(
        _ act: Act
    ) -> @Sendable (Request, HeedRequestContext) async throws -> Response {
        { request, context in
            let id = try RequestRoutes.id(context)
            let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
            var fields = try Fields(body: body)
            func word(_ name: String) throws -> Source {
                try Source(try fields.string(name), field: name)
            }
            let actor = context.actor
            switch act {
            case .verify:
                let command = VerifyRequest(id, by: try word("verifiedBy"))
                try fields.finish()
                _ = try await engine.perform(command, as: actor)
            case .extend:
                let command = ExtendRequest(id, reason: try word("reason"))
                try fields.finish()
                _ = try await engine.perform(command, as: actor)
            case .refuse:
                let command = RefuseRequest(id, reason: try word("reason"))
                try fields.finish()
                _ = try await engine.perform(command, as: actor)
            case .complete:
                try fields.finish()
                _ = try await engine.perform(CompleteRequest(id), as: actor)
            case .rectify:
                let command = RectifyAddress(
                    id,
                    to: try Address(email: try fields.string("address")),
                    replacing: try fields.optionalString("replaces").map { text throws(Refusal) in
                        try Address(email: text, field: "replaces")
                    }
                )
                try fields.finish()
                _ = try await engine.perform(command, as: actor)
            case .retry:
                try fields.finish()
                _ = try await engine.perform(RetryErasure(id), as: actor)
            case .giveUp:
                let connector = try fields.optionalString("connector")
                let command = GiveUpErasure(id, connector: connector, reason: try word("reason"))
                try fields.finish()
                _ = try await engine.perform(command, as: actor)
            }
            return try await answer(id)
        }
    }

    private func answer(_ id: HeedConsent.RequestID) async throws -> Response {
        let progress = try await engine.ask(RequestProgress(id))
        return Response(json: RequestAnswer(progress, base: options.linkBase))
    }

    private static func id(_ context: HeedRequestContext) throws -> HeedConsent.RequestID {
        guard let id = HeedConsent.RequestID(text: context.parameters.get("id") ?? "") else {
            throw Refusal(.notFound, field: "id", "there is no request with this id")
        }
        return id
    }
}

/// Which requests a list has.
private enum ListState: String, CaseIterable {
    case open, all
}

/// The JSON form of a request; the command line prints the same.
package struct RequestAnswer: Encodable, Sendable {
    private let id: String
    private let kind: String
    private let status: String
    private let contactId: String
    private let source: String
    private let requestedAt: String
    private let deadlineAt: String
    private let daysLeft: Int64?
    private let regime: String
    private let extendedAt: String?
    private let verifiedBy: String?
    private let verifiedAt: String?
    private let endedAt: String?
    private let reason: String?
    private let blockKept: Bool?
    private let targets: [Target]
    private let receipts: Int
    private let receiptToken: String
    private let receiptUrl: String

    private struct Target: Encodable, Sendable {
        let connector: String
        let state: String
        let attempts: Int
        let nextAttemptAt: String?
        let confirmedAt: String?
        let answer: String?
    }

    /// Takes the engine's answer and the base of public links.
    package init(_ progress: RequestProgress.Answer, base: String) {
        let request = progress.request
        id = request.id.text
        kind = request.kind.rawValue
        status = request.status.rawValue
        contactId = request.contact.text
        source = request.source.text
        requestedAt = request.requestedAt.text
        deadlineAt = request.deadlineAt.text
        daysLeft = request.endedAt == nil ? request.daysLeft(at: progress.now) : nil
        regime = request.regime
        extendedAt = request.extendedAt?.text
        verifiedBy = request.verifiedBy?.text
        verifiedAt = request.verifiedAt?.text
        endedAt = request.endedAt?.text
        reason = request.reason?.text
        blockKept = request.kind == .erasure ? request.keepsBlock : nil
        targets = progress.targets.map { target in
            Target(
                connector: target.connector,
                state: target.state.rawValue,
                attempts: target.attempts,
                nextAttemptAt: target.nextAttemptAt?.text,
                confirmedAt: target.confirmedAt?.text,
                answer: target.answer
            )
        }
        receipts = progress.receipts.count
        receiptToken = hexadecimal(progress.token)
        receiptUrl = "\(base)/v1/receipts/\(receiptToken)"
    }
}

/// The JSON form of a list of requests; the command line prints the same.
package struct RequestList: Encodable, Sendable {
    private let requests: [Line]
    private let next: String?

    private struct Line: Encodable, Sendable {
        let id: String
        let kind: String
        let status: String
        let requestedAt: String
        let deadlineAt: String
        let daysLeft: Int64?
    }

    /// Takes the engine's answer; a page that is not full is the last one.
    package init(_ requests: [RightsRequest], now: Timestamp, page: Int? = nil) {
        self.requests = requests.map { request in
            Line(
                id: request.id.text,
                kind: request.kind.rawValue,
                status: request.status.rawValue,
                requestedAt: request.requestedAt.text,
                deadlineAt: request.deadlineAt.text,
                daysLeft: request.endedAt == nil ? request.daysLeft(at: now) : nil
            )
        }
        next = requests.count == page ? requests.last?.id.text : nil
    }
}
