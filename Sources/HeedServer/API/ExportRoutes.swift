// A scope's list over HTTP, streamed as it is read.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedExchange
import Hummingbird

/// `GET /v1/exports?scope=…&format=…`.
struct ExportRoutes {
    let engine: Engine

    /// The list; a page is read when the one before has been taken.
    @Sendable
    func export(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let scope = try fields.text("scope")
        let format = (name: fields.take("format") ?? "csv", status: fields.take("status"))
        try fields.finish()
        let exporter = try ListExporter(
            engine: engine,
            scope: scope,
            format: format,
            actor: context.actor
        )
        // Written down before the first byte leaves; a failure up to here is still a status.
        let begun = try await exporter.begin()
        // What a file of some programs is of, only its name says.
        let parts = [scope, format.name] + (format.status.map { [$0] } ?? [])
        let name = parts.joined(separator: "-") + ".csv"
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ],
            body: ResponseBody(begun)
        )
    }
}
