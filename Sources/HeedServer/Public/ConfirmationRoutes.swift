// The public confirmation of a double opt-in: a page with a button, and the POST behind it.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import Hummingbird
import Logging

/// `GET` and `POST /c/{token}`, without login, cookie, redirect or script.
///
/// - GET and HEAD change nothing and read nothing, because scanners open every link; every token
///   gets the same page.
/// - A token that is not ours and one that has lapsed get the same answer.
/// - A repeat gets the same answer; 503 says that it is not stored and must be sent again.
struct ConfirmationRoutes {
    let engine: Engine
    let options: ServerOptions
    let pages: Pages

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        group.get("c/:token") { request, _ in
            pages.response(.confirm, to: request)
        }
        group.head("c/:token") { request, _ in
            pages.response(.confirm, to: request)
        }
        group.post("c/:token", use: confirm)
    }

    @Sendable
    private func confirm(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: options.formBytesMaximum)
        let form = FormBody(body, contentType: request.headers[.contentType])
        // Only the page's button confirms; whatever else posts here gets the page.
        guard form["confirm"] == "yes" else { return pages.response(.confirm, to: request) }
        let command = ConfirmDoubleOptIn(
            token: context.parameters.get("token") ?? "",
            ip: context.clientIP(of: request, behind: options.trustedProxies)
        )
        do {
            let isConfirmed = try await engine.perform(command, as: .person).receipt
            return pages.response(isConfirmed ? .confirmed : .lapsed, to: request)
        } catch let error as StoreError {
            context.logger.error("a yes was not stored", metadata: ["error": "\(error)"])
            return pages.notStored(to: request)
        } catch is Refusal {
            // What stands against it was put there since; the answer must not tell.
            return pages.response(.lapsed, to: request)
        }
    }
}
