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

/// `GET /v1/contacts/{id}/evidence?reason=…`, `GET /v1/evidence?from=…&to=…&reason=…`, and
/// `POST /v1/evidence` by an address or a receipt, neither of which belongs in a URL.
struct EvidenceRoutes {
    let engine: Engine
    let options: ServerOptions

    /// Adds all three.
    func addRoutes(to api: RouterGroup<HeedRequestContext>) {
        api.get("contacts/:id/evidence", use: ofPerson)
        api.get("evidence", use: ofPeriod)
        api.post("evidence", use: ofNamed)
    }

    /// What was recorded about a person.
    @Sendable
    func ofPerson(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        guard let id = ContactID(text: context.parameters.get("id") ?? "") else {
            throw Refusal(.notFound, field: "id", "there is no contact with this id")
        }
        do {
            return try await answer(request, context) { _ in .contact(id) }
        } catch let refusal as Refusal where refusal.code == .notFound {
            throw Refusal(.notFound, field: "id", refusal.message)
        }
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

    /// What was recorded about whoever has an address, or had it until they were erased, or the
    /// receipt of a request.
    @Sendable
    func ofNamed(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        let address = try fields.optionalString("address").map { text throws(Refusal) in
            try Address(email: text, field: "address")
        }
        let receipt = try fields.optionalString("receipt").map { text throws(Refusal) in
            try EvidenceQuestion.token(ofReceipt: text, at: options.linkBase)
        }
        let reason = try fields.string("reason")
        let zone = try EvidenceTerms.timeZone(try fields.optionalString("timeZone"))
        try fields.finish()
        let question: EvidenceQuestion
        switch (receipt, address) {
        case (let token?, _): question = .receipt(token: token, address)
        case (nil, let address?): question = .address(address)
        case (nil, nil):
            throw Refusal(.missing, field: "address", "address or receipt is needed")
        }
        return try await answer(question, reason, zone, context)
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
        return try await answer(asked, reason, zone, context)
    }

    private func answer(
        _ question: EvidenceQuestion,
        _ reason: String,
        _ zone: TimeZone,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let exporter = EvidenceExporter(
            engine: engine,
            order: try EvidenceOrder(question, actor: context.actor, source: .api, reason: reason),
            terms: EvidenceTerms(
                controller: options.controllerLines,
                timeZone: zone,
                quorum: options.witnessQuorum
            )
        )
        // Written down before the first byte leaves; a failure up to here is still a status.
        let begun = try await exporter.begin()
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
