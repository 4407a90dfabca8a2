// People get a page where a program gets a problem document.

import HTTPTypes
import Hummingbird
import Logging

/// Turns errors behind the public pages into a page, for who would rather have one.
///
/// Its text is that nothing has changed and to try again, or to come back; the status says the
/// rest.
struct PageMiddleware: RouterMiddleware {
    typealias Context = HeedRequestContext

    let pages: Pages

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            guard Preferred.isPage(request.headers[values: .accept]) else { throw error }
            let problem = Problem(error)
            if problem.status.code >= 500 {
                context.logger.error("a page failed", metadata: ["error": "\(error)"])
            }
            // Whoever opened a link has pressed no button yet.
            let page: Pages.Page = request.method == .post ? .failed : .away
            guard problem.status != .serviceUnavailable else {
                return pages.notStored(page, to: request)
            }
            return pages.response(page, to: request, Pages.Headers(status: problem.status))
        }
    }
}
