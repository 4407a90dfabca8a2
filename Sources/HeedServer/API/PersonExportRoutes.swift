// Everything about one person over HTTP, as an archive that is streamed as it is read.

import HTTPTypes
package import HeedConsent
import HeedEngine
package import HeedRights
import HeedStore
import Hummingbird
import NIOCore

/// `GET /v1/contacts/{id}/export`.
struct PersonExportRoutes {
    let engine: Engine
    let options: ServerOptions
    let languages: PageLanguages

    /// The archive; a page is read when the one before has been taken.
    @Sendable
    func export(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        guard let id = ContactID(text: context.parameters.get("id") ?? "") else {
            throw Refusal(.notFound, field: "id", "there is no contact with this id")
        }
        var fields = try QueryFields(request)
        let language = fields.take("language")
        try fields.finish()
        return try await PersonArchive(engine: engine, options: options, languages: languages)
            .response(
                of: id,
                PersonExporter.Way(actor: context.actor, source: .api, language: language)
            )
    }
}

/// The answer with a person's data.
struct PersonArchive {
    let engine: Engine
    let options: ServerOptions
    let languages: PageLanguages

    /// Begins the export; what fails up to there is still a status.
    func response(of contact: ContactID, _ way: PersonExporter.Way) async throws -> Response {
        let exporter = PersonExporter(
            engine: engine,
            subject: .contact(contact),
            way: way,
            terms: ExportTerms(options, languages: languages)
        )
        let begun = try await exporter.begin()
        let body = ResponseBody { writer in
            var run = begun.run()
            do {
                while let bytes = try await run.next() {
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
            } catch {
                await run.breakOff()
                throw error
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/zip", .cacheControl: "no-store",
                // Neither name nor id: a file lies about for long.
                .contentDisposition: "attachment; filename=\"data.zip\"",
                .xRobotsTag: "noindex, nofollow", .referrerPolicy: "no-referrer",
            ],
            body: body
        )
    }
}

extension ExportTerms {
    /// What the settings say.
    package init(_ options: ServerOptions, languages: PageLanguages) {
        self.init(
            languages: languages,
            controller: options.controllerLines,
            recordDays: options.recordRetentionDays,
            logDays: options.logRetentionDays
        )
    }
}
