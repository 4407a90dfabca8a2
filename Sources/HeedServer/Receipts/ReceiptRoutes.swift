// Consent receipts over HTTP, in the form that `?format=` or `Accept` names.

import HTTPTypes
import HeedConsent
import HeedEngine
import Hummingbird

/// `GET /v1/consents/{id}/receipt`.
struct ReceiptRoutes {
    let engine: Engine
    let options: ServerOptions

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        group.get("consents/:id/receipt", use: receipt)
    }

    @Sendable
    private func receipt(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        guard let id = context.parameters.get("id").flatMap({ ConsentID(text: $0) }) else {
            throw Refusal(.notFound, field: "id", "there is no consent record with this id")
        }
        var fields = try QueryFields(request)
        let form = try fields.word("format", as: ConsentReceipt.Form.self)
        try fields.finish()
        let facts = try await engine.ask(ConsentFacts(id))
        let chosen = form ?? ReceiptRoutes.accepted(request)
        let bytes = try ConsentReceipt(facts, options: options).bytes(as: chosen)
        return Response(
            status: .ok,
            headers: [
                .contentType: chosen.mediaType, .cacheControl: "no-store", .vary: "Accept",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    /// JSON-LD when it is named before plain JSON.
    private static func accepted(_ request: Request) -> ConsentReceipt.Form {
        let types = (request.headers[.accept] ?? "").lowercased().split(separator: ",")
        let names = types.map { type in
            String(type.prefix { $0 != ";" }.filter { !$0.isWhitespace })
        }
        let forms = names.lazy.compactMap { name in
            ConsentReceipt.Form.allCases.first { $0.mediaType == name }
        }
        return forms.first ?? .kantara
    }
}
