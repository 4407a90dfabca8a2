// Evidence over HTTP: an archive with the files, the proofs, and what binds them to the log.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedEvidence
import HeedLists
import HeedStore
import Hummingbird
import Logging
import NIOCore

/// `GET /v1/contacts/{id}/evidence?reason=…` and `GET /v1/evidence?from=…&to=…&reason=…`.
struct EvidenceRoutes {
    let engine: Engine
    let options: ServerOptions

    /// Adds both.
    func addRoutes(to api: RouterGroup<HeedRequestContext>) {
        api.get("contacts/:id/evidence", use: ofPerson)
        api.get("evidence", use: ofPeriod)
    }

    /// What was recorded about a person.
    @Sendable
    func ofPerson(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        guard let id = ContactID(text: context.parameters.get("id") ?? "") else {
            throw Refusal(.notFound, field: "id", "there is no contact with this id")
        }
        return try await answer(request, context) { _ in .contact(id) }
    }

    /// What was recorded in a period.
    @Sendable
    func ofPeriod(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        try await answer(request, context) { fields throws(Refusal) in
            guard let from = try fields.time("from") else {
                throw Refusal(.missing, field: "from", "this parameter is needed")
            }
            return .period(from: from, to: try fields.time("to"))
        }
    }

    private func answer(
        _ request: Request,
        _ context: HeedRequestContext,
        _ question: (inout QueryFields) throws(Refusal) -> EvidenceQuestion
    ) async throws -> Response {
        var fields = try QueryFields(request)
        let asked = try question(&fields)
        let reason = try fields.text("reason")
        let zone = try EvidenceTerms.timeZone(fields.take("timeZone"))
        try fields.finish()
        let exporter = EvidenceExporter(
            engine: engine,
            order: try EvidenceOrder(asked, actor: context.actor, source: .api, reason: reason),
            terms: EvidenceTerms(
                controller: options.controllerLines,
                timeZone: zone,
                quorum: options.witnessQuorum
            )
        )
        // Written down before the first byte leaves; a failure up to here is still a status.
        let begun: BegunEvidence
        do {
            begun = try await exporter.begin()
        } catch let refusal as Refusal where refusal.code == .notFound {
            throw Refusal(.notFound, field: "id", refusal.message)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/zip", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"evidence-\(begun.id.text).zip\"",
                .xRobotsTag: "noindex, nofollow", .referrerPolicy: "no-referrer",
            ],
            body: EvidenceArchive.body(begun, context.logger)
        )
    }
}

/// A bundle as an archive.
enum EvidenceArchive {
    /// The archive, a page at a time; it ends before its end when anything goes wrong.
    static func body(_ begun: BegunEvidence, _ logger: Logger) -> ResponseBody {
        ResponseBody { writer in
            var run = begun.run()
            do {
                var archive = ZipWriter(at: begun.begunAt)
                var isOpen = false
                while let piece = try await run.next() {
                    let packed: [UInt8]
                    switch piece {
                    case .file(let path):
                        let end = isOpen ? try archive.end() : []
                        isOpen = true
                        packed = end + (try archive.begin(path))
                    case .bytes(let bytes): packed = try archive.add(bytes)
                    }
                    if !packed.isEmpty { try await writer.write(ByteBuffer(bytes: packed)) }
                }
                let end = isOpen ? try archive.end() : []
                try await writer.write(ByteBuffer(bytes: end + archive.finish()))
            } catch {
                await run.breakOff()
                logger.error(
                    "an export of evidence has ended before its end",
                    metadata: ["export": "\(begun.id)", "error": "\(error)"]
                )
                throw error
            }
            try await writer.finish(nil)
        }
    }
}
