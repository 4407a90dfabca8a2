// The public way out: a page with a button for people, one POST for mail programs (RFC 8058).

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import Hummingbird
import Logging

/// `GET` and `POST /u/{token}`, without login, cookie, redirect or script.
///
/// - GET and HEAD change nothing, because scanners open every link.
/// - A token that is not ours gets the same answers as one that is, so that nobody can try tokens.
/// - A repeat gets the same answer; 503 says that it is not stored and must be sent again.
struct UnsubscribeRoutes {
    let engine: Engine
    let options: ServerOptions
    let pages: Pages

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        // A link that lost its token is a bad token like any other.
        for path: RouterPath in ["u", "u/:token"] {
            // Nothing is looked up, so the language is the browser's and tells nothing either.
            group.get(path) { request, _ in pages.response(.ask, to: request) }
            group.head(path) { request, _ in pages.response(.ask, to: request) }
            group.post(path, use: leave)
        }
    }

    /// What a body asks for.
    private enum Wish {
        case thisScope(Source)
        case everything
        case nothing
    }

    @Sendable
    private func leave(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: options.formBytesMaximum)
        let form = FormBody(body, contentType: request.headers[.contentType])
        let token = context.parameters.get("token") ?? ""
        do {
            let link = try await engine.ask(ReadUnsubscribeLink(token: token))
            switch (UnsubscribeRoutes.wish(form), link) {
            case (.nothing, _): return pages.response(.ask, to: request)
            case (_, nil): return pages.response(.done, to: request)
            case (.thisScope(let source), let link?):
                try await optOut(link.contact, link.extent, source)
            case (.everything, let link?):
                try await optOut(link.contact, .global, .unsubscribePage)
            }
            if let link { await hear(request, of: link.contact, context) }
            return pages.response(.done, to: request)
        } catch let error as StoreError {
            context.logger.error("an opt-out was not stored", metadata: ["error": "\(error)"])
            return pages.notStored(to: request)
        }
    }

    /// Records the browser's own signal.
    ///
    /// The opt-out before it is in force already, and whoever left must not be told that nothing
    /// has changed.
    private func hear(
        _ request: Request,
        of contact: ContactID,
        _ context: HeedRequestContext
    ) async {
        do {
            _ = try await engine.hear(request, of: contact)
        } catch {
            context.logger.error("a signal was not stored", metadata: ["error": "\(error)"])
        }
    }

    /// The exact pair of RFC 8058 §3.1, or one of the page's buttons; anything else shows the page.
    private static func wish(_ form: FormBody) -> Wish {
        if form["List-Unsubscribe"] == "One-Click" { return .thisScope(.oneClick) }
        switch form["leave"] {
        case "this": return .thisScope(.unsubscribePage)
        case "all": return .everything
        default: return .nothing
        }
    }

    private func optOut(
        _ contact: ContactID,
        _ extent: OptOut.Extent,
        _ source: Source
    ) async throws {
        let arrived = ContinuousClock.now
        let command = try RequestOptOut(subject: .contact(contact), extent: extent, source: source)
        do {
            _ = try await engine.perform(command, as: .person)
            options.measureOptOut(since: arrived)
        } catch is Refusal {
            // A signed link to a person or scope that is gone: there is nothing left to stop, and
            // the answer must not tell.
        }
    }
}
