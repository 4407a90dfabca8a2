// Puts the server together; the program and the tests use this one wiring.

import HTTPTypes
import HeedConsent
public import HeedEngine
import Hummingbird
public import Logging
public import ServiceLifecycle

/// All routes of a server.
///
/// - Throws: when a page's template is broken.
func buildRouter(
    engine: Engine,
    options: ServerOptions,
    inbox: Inbox = .closed
) throws -> Router<HeedRequestContext> {
    let router = Router(context: HeedRequestContext.self)
    router.add(middleware: AccessMiddleware())
    HealthRoutes(engine: engine, version: options.version).addRoutes(to: router)
    UnsubscribeRoutes(engine: engine, options: options, pages: try Pages()).addRoutes(to: router)
    LogRoutes(engine: engine, options: options).addRoutes(to: router)
    router.get("openapi.yaml") { _, _ in
        Response(
            status: .ok,
            headers: [.contentType: "application/yaml"],
            body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_yaml))
        )
    }
    let api = router.group("v1")
    WebhookRoutes(engine: engine, options: options, inbox: inbox).addRoutes(to: api)
    func door(_ roles: Set<APIKey.Role>) -> RouterGroup<HeedRequestContext> {
        api.group().add(middleware: DoorMiddleware(engine: engine, roles: roles))
    }
    ContactRoutes(engine: engine, options: options).addRoutes(to: door([.collector]))
    let optOuts = OptOutRoutes(engine: engine, options: options)
    door([.collector]).post("opt-outs", use: optOuts.request)
    door([.collector, .auditor]).get("opt-outs/:id", use: optOuts.progress)
    door([.sender]).post("sends/check", use: SendRoutes(engine: engine, options: options).check)
    return router
}

/// Builds the HTTP server as a service.
///
/// - Parameters:
///   - engine: The door to the state.
///   - options: Where to listen, and every limit.
///   - inbox: What proving other systems' messages needs.
///   - logger: Where to log.
///   - onRunning: Is told the port once it listens.
/// - Returns: The service.
/// - Throws: when a page's template is broken.
public func buildApplication(
    engine: Engine,
    options: ServerOptions,
    inbox: Inbox = .closed,
    logger: Logger,
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) throws -> any Service {
    Application(
        router: try buildRouter(engine: engine, options: options, inbox: inbox),
        configuration: .init(
            address: .hostname(options.host, port: options.port),
            serverName: "heed"
        ),
        onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? options.port) },
        logger: logger
    )
}
