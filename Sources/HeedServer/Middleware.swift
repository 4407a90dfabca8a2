// What every request passes: the access log, the table of problems, and the door.

import HTTPTypes
import HeedConsent
import HeedEngine
import Hummingbird
import Logging

/// Turns errors into problem documents and writes one log line a request.
///
/// The line has the route's pattern, never the path: a path may hold a token.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = HeedRequestContext

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let problem = Problem(error)
            if problem.status.code >= 500 {
                context.logger.error("request failed", metadata: ["error": "\(error)"])
            }
            response = problem.response(requestID: context.id)
        }
        // A body after HEAD's answer would be read as the next answer (RFC 9110 §9.3.2).
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.requestID] = context.id
        response.headers[.xContentTypeOptions] = "nosniff"
        context.logger.info(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)",
                "route": "\(context.endpointPath ?? "none")",
                "status": "\(response.status.code)",
            ]
        )
        return response
    }
}

/// Says that a path is there but not by this method: 405 with `Allow` (RFC 9110 §15.5.6).
///
/// It stands before every door: which methods a path has is published anyway.
struct MethodMiddleware: RouterMiddleware {
    typealias Context = HeedRequestContext

    /// Has each path once, by GET; asking it compares paths as the routes themselves do.
    private let paths: RouterResponder<Context>

    /// Takes all routes there are.
    init(_ routes: [Router<Context>.RouteDescription]) {
        let router = Router(context: Context.self)
        for (_, routes) in Dictionary(grouping: routes, by: \.path.description) {
            let methods = routes.map(\.method).sorted { $0.rawValue < $1.rawValue }
            guard let path = routes.first?.path else { continue }
            router.get(path) { _, _ -> Response in
                throw Problem(
                    .methodNotAllowed,
                    "method-not-allowed",
                    "this path is there for: \(methods.map(\.rawValue).joined(separator: ", "))",
                    allow: methods
                )
            }
        }
        paths = router.buildResponder()
    }

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            var head = request.head
            head.method = .get
            let question = Request(head: head, body: request.body)
            _ = try await paths.respond(to: question, context: context)
            throw error
        }
    }
}

/// Lets in requests with an API key of one of these roles.
struct DoorMiddleware: RouterMiddleware {
    typealias Context = HeedRequestContext

    let engine: Engine
    let roles: Set<APIKey.Role>

    /// An admin may do everything.
    init(engine: Engine, roles: Set<APIKey.Role>) {
        self.engine = engine
        self.roles = roles.union([.admin])
    }

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let header = request.headers[.authorization] else {
            throw Problem(.unauthorized, "no-key", "send an API key: Authorization: Bearer heed_…")
        }
        guard header.lowercased().hasPrefix("bearer "),
            let question = Authenticate(token: String(header.dropFirst(7))),
            let key = try await engine.ask(question)
        else { throw Problem(.unauthorized, "wrong-key", "this API key opens nothing here") }
        guard roles.contains(key.role) else {
            let needed = roles.map(\.rawValue).sorted().joined(separator: " or ")
            throw Problem(
                .forbidden,
                "wrong-role",
                "this key has the role \(key.role.rawValue); this route needs \(needed)"
            )
        }
        var context = context
        context.key = key
        return try await next(request, context)
    }
}

/// The caller's key for a request that may be repeated.
///
/// A Structured Field string, quoted; unquoted is taken too, as many clients send it.
func repeatKey(
    _ request: Request,
    _ context: HeedRequestContext,
    operation: String,
    body: ByteBuffer
) throws(Refusal) -> RepeatKey? {
    guard var text = request.headers[.idempotencyKey]?[...] else { return nil }
    if text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count >= 2 {
        text = text.dropFirst().dropLast()
    }
    guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
        throw Refusal(
            .invalid,
            field: "Idempotency-Key",
            "a key has 1 to 255 printable ASCII characters and no space"
        )
    }
    return RepeatKey(
        key: String(text),
        caller: context.key?.id ?? "",
        operation: operation,
        body: Array(body.readableBytesView)
    )
}
