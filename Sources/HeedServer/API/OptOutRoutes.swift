// Opt-outs over HTTP: acknowledge one, and say how far it has come.

import HTTPTypes
import HeedConsent
package import HeedEngine
import Hummingbird

/// `POST /v1/opt-outs` and `GET /v1/opt-outs/{id}`.
struct OptOutRoutes {
    let engine: Engine
    let options: ServerOptions

    /// `POST`: one short transaction, no call to anybody, and 202.
    @Sendable
    func request(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let arrived = ContinuousClock.now
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        var evidence = Evidence()
        evidence.statement = try fields.optionalString("reason")
        let command = try RequestOptOut(
            subject: fields.subject(),
            extent: OptOut.Extent(fields.string("scope")),
            source: Source(fields.optionalString("source") ?? Source.api.text),
            requestedAt: fields.optionalTime("requestedAt"),
            evidence: evidence
        )
        try fields.finish()
        let key = try repeatKey(request, context, operation: "POST /v1/opt-outs", body: body)
        let done = try await engine.perform(command, as: context.actor, once: key)
        options.measureOptOut(since: arrived)
        let answer = Acknowledgement(
            id: done.receipt.id,
            status: done.receipt.status,
            requestedAt: done.receipt.requestedAt,
            deadlineAt: done.receipt.deadlineAt,
            position: done.position
        )
        var response = Response(json: answer, status: .accepted)
        response.headers[.location] = "/v1/opt-outs/\(done.receipt.id)"
        return response
    }

    private struct Acknowledgement: Encodable {
        let id: String
        let status: String
        let requestedAt: String
        let deadlineAt: String
        let position: Int64
    }

    /// `GET`: the opt-out with every connector's answer and its timeline from the audit log.
    @Sendable
    func progress(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        guard let id = context.parameters.get("id").flatMap({ OptOutID(text: $0) }) else {
            throw Refusal(.notFound, field: "id", "there is no opt-out with this id")
        }
        let answer = try await engine.ask(OptOutProgress(id))
        return Response(json: ProgressAnswer(answer))
    }
}

/// The JSON form of an opt-out's progress; the command line prints the same.
package struct ProgressAnswer: Encodable, Sendable {
    private let id: String
    private let contactId: String
    private let scope: String
    private let status: String
    private let source: String
    private let requestedAt: String
    private let processedAt: String?
    private let processingMs: Int64?
    private let deadlineAt: String
    private let regime: String
    private let targets: [Target]
    private let timeline: [Entry]

    private struct Target: Encodable, Sendable {
        let connector: String
        let state: String
        let attempts: Int
        let nextAttemptAt: String?
        let confirmedAt: String?
        let answer: String?
    }

    private struct Entry: Encodable, Sendable {
        let position: Int64
        let at: String
        let kind: String
        let facts: [String: String]
    }

    /// Takes the engine's answer.
    package init(_ answer: OptOutProgress.Answer) {
        let optOut = answer.optOut
        id = optOut.id.text
        contactId = optOut.contact.text
        scope = optOut.extent.name
        status = optOut.status.rawValue
        source = optOut.source.text
        requestedAt = optOut.requestedAt.text
        processedAt = optOut.processedAt?.text
        processingMs = optOut.processingMilliseconds
        deadlineAt = optOut.deadlineAt.text
        regime = optOut.regime
        targets = answer.targets.map {
            Target(
                connector: $0.connector,
                state: $0.state.rawValue,
                attempts: $0.attempts,
                nextAttemptAt: $0.nextAttemptAt?.text,
                confirmedAt: $0.confirmedAt?.text,
                answer: $0.answer
            )
        }
        timeline = answer.timeline.map {
            Entry(position: $0.position, at: $0.at.text, kind: $0.kind, facts: $0.facts)
        }
    }
}
