// A person's way to their own data: asked for on the preference centre, mailed, and downloaded.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import Hummingbird
import Logging

/// `GET` and `POST /d/{token}`, without login, cookie, redirect or script.
///
/// - GET and HEAD change nothing and read nothing, because scanners open every link; every token
///   gets the same page.
/// - Only the page's button downloads; a POST from another site is refused.
/// - The token came by mail within the hour, so whoever has it has shown who they are.
struct DataRoutes {
    let engine: Engine
    let options: ServerOptions
    let pages: Pages

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        group.get("d/:token") { request, _ in show(to: request) }
        group.head("d/:token") { request, _ in show(to: request) }
        group.post("d/:token", use: download)
    }

    private func show(to request: Request) -> Response {
        // The form's own POST must say that it comes from here.
        pages.response(.download, to: request, Pages.Headers(referrerPolicy: "same-origin"))
    }

    @Sendable
    private func download(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        try checkOrigin(of: request, options.linkBase)
        guard options.allowsEntry(request, context) else { return pages.busy(to: request) }
        let body = try await request.body.collect(upTo: options.formBytesMaximum)
        let form = FormBody(body, contentType: request.headers[.contentType])
        guard form["do"] == "download" else { return show(to: request) }
        do {
            let link = OpenDataLink(token: context.parameters.get("token") ?? "")
            guard let contact = try await engine.ask(link) else { return invalid(to: request) }
            // The request for access that the export then answers, with its receipt.
            let asked = ReceiveRequest(
                .access,
                of: .contact(contact),
                source: .preferenceCentre,
                verifiedBy: .mailLink
            )
            _ = try await engine.perform(asked, as: .person)
            let way = PersonExporter.Way(
                actor: .person,
                source: .preferenceCentre,
                language: pages.language(for: request).tag
            )
            return try await PersonArchive(
                engine: engine,
                options: options,
                languages: pages.languages
            ).response(of: contact, way)
        } catch is Refusal {
            return invalid(to: request)
        } catch let error as StoreError {
            context.logger.error("data was not handed out", metadata: ["error": "\(error)"])
            return pages.notStored(to: request)
        }
    }

    private func invalid(to request: Request) -> Response {
        let language = pages.language(for: request)
        let entry = options.doubleOptIn == nil ? nil : "../p?lang=\(language.tag)"
        let html = pages.html(.invalid, in: language, entry.map { ["entry": $0] } ?? [:])
        return pages.response(html, in: language, Pages.Headers(status: .notFound))
    }
}

extension ServerOptions {
    /// Whether a client may ask for one more message or archive; counts it.
    func allowsEntry(_ request: Request, _ context: HeedRequestContext) -> Bool {
        let client = context.clientIP(of: request, behind: trustedProxies)
        return entryLimit.allows(clientKey(of: client ?? ""), at: inbox.now())
    }
}

extension Pages {
    /// Says that it was asked too often, and when to come again.
    func busy(to request: Request) -> Response {
        let headers = Headers(status: .tooManyRequests, referrerPolicy: "same-origin")
        var response = response(.busy, to: request, headers)
        response.headers[.retryAfter] = "600"
        return response
    }
}
