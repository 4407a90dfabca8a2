// The receipt of a person's request, for whoever has its token: what was done, and the proof of it.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedLedger
import HeedRights
import Hummingbird

/// `GET /v1/receipts/{token}`, without a key: the token is the key.
struct RequestReceiptRoutes {
    let engine: Engine
    let options: ServerOptions
    let pages: Pages

    /// What of a receipt is asked for.
    private enum Part: String, CaseIterable {
        /// The receipt, byte by byte as it was issued.
        case receipt
        /// The event in the log that has its hash, byte by byte.
        case event
        /// The proof that the event is in the log (C2SP tlog-proof).
        case proof
    }

    @Sendable
    func show(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let asked: Part? = try fields.word("part")
        // Of the page; whatever else is answered has no language.
        _ = fields.take("lang")
        try fields.finish()
        let token = bytes(hexadecimal: context.parameters.get("token") ?? "") ?? []
        let isPage = asked == nil && Preferred.isPage(request.headers[values: .accept])
        guard let found = try await engine.ask(FindReceipt(token: token)) else {
            if isPage { return missing(to: request) }
            throw Problem(.notFound, "not-found", "there is no receipt here, or not yet")
        }
        if isPage { return try page(found, to: request) }
        let part = asked ?? .receipt
        switch part {
        case .receipt: return answer(found.receipt.body, "application/json", found)
        case .event, .proof:
            guard
                case .proof(let proof, _, let body) = try await engine.ask(
                    ProveEvent(found.event, quorum: options.witnessQuorum)
                )
            else {
                throw Problem(
                    .notFound,
                    "not-yet-in-log",
                    "the receipt will be in the log within a second",
                    retryAfterSeconds: 1
                )
            }
            guard part == .event else {
                return answer(proof.bytes, "text/plain; charset=utf-8", found)
            }
            guard let body else {
                throw Problem(.gone, "purged", "the event was purged at the end of its retention")
            }
            return answer(body, "application/json", found)
        }
    }

    private func page(_ found: FindReceipt.Found, to request: Request) throws -> Response {
        let language = pages.language(for: request)
        let body = try ReceiptBody(reading: found.receipt.body)
        let content = ReceiptPage(body: body, language: language).content
        let html = pages.html(.receipt, in: language, content)
        var response = pages.response(html, in: language, Pages.Headers())
        response.headers[.vary] = "Accept, Accept-Language"
        return response
    }

    private func missing(to request: Request) -> Response {
        let language = pages.language(for: request)
        let html = pages.html(.invalid, in: language, [:])
        var response = pages.response(html, in: language, Pages.Headers(status: .notFound))
        response.headers[.vary] = "Accept, Accept-Language"
        return response
    }

    private func answer(
        _ bytes: [UInt8],
        _ type: String,
        _ found: FindReceipt.Found
    ) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "no-store", .vary: "Accept",
                .link: "</v1/log/proof?event=\(found.event.text)>; rel=\"describedby\"",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}
