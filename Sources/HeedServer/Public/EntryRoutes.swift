// The way to the preference centre without an old mail: an address, and a link is mailed to it.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import Hummingbird
import Logging

/// `GET` and `POST /p`, without login, cookie, redirect or script.
///
/// - An address that is known and one that is not get the same answer, by the same work.
/// - GET and HEAD change nothing; a POST from another site is refused.
/// - The address is in no link and in no log.
struct EntryRoutes {
    let engine: Engine
    let options: ServerOptions
    let pages: Pages

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        group.get("p") { request, _ in show(to: request) }
        group.head("p") { request, _ in show(to: request) }
        group.post("p", use: send)
    }

    private var sendsMail: Bool { options.doubleOptIn != nil }

    private func show(to request: Request) -> Response {
        page(sendsMail ? .entry : .noMail, .ok, to: request)
    }

    @Sendable
    private func send(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        try checkOrigin(of: request, options.linkBase)
        guard sendsMail else { return page(.noMail, .serviceUnavailable, to: request) }
        guard options.allowsEntry(request, context) else { return pages.busy(to: request) }
        let now = options.inbox.now()
        let body = try await request.body.collect(upTo: options.formBytesMaximum)
        let form = FormBody(body, contentType: request.headers[.contentType])
        do {
            let command = try RequestPreferenceLink(
                address: Address(email: form["address"] ?? ""),
                language: pages.language(for: request).tag
            )
            _ = try await engine.perform(command, as: .person, once: command.repeatKey(at: now))
            return page(.sent, .ok, to: request)
        } catch is Refusal {
            return page(.noAddress, .unprocessableContent, to: request)
        } catch let error as StoreError {
            context.logger.error("a link was not asked for", metadata: ["error": "\(error)"])
            return pages.notStored(to: request)
        }
    }

    private func page(
        _ page: Pages.Page,
        _ status: HTTPResponse.Status,
        to request: Request
    ) -> Response {
        // The form's own POST must say that it comes from here.
        let headers = Pages.Headers(status: status, referrerPolicy: "same-origin")
        return pages.response(page, to: request, headers)
    }
}
