// Puts the server together; the program and the tests use this one wiring.

import HTTPTypes
import HeedConsent
package import HeedEngine
import Hummingbird
package import Logging
package import ServiceLifecycle

/// All routes of a server.
///
/// - Throws: when a page's template is broken.
func buildRouter(engine: Engine, options: ServerOptions) throws -> Router<HeedRequestContext> {
    let pages = try Pages(folder: options.pagesFolder, fallback: options.pagesLanguage)
    return router { router in addAll(engine, options, pages, to: router) }
}

/// A router with these routes, behind what every request passes.
private func router(
    _ add: (Router<HeedRequestContext>) -> Void
) -> Router<HeedRequestContext> {
    // Middleware stands before routes, and has to know them all.
    let plain = Router(context: HeedRequestContext.self)
    add(plain)
    let router = Router(context: HeedRequestContext.self)
    router.add(middleware: AccessMiddleware())
    router.add(middleware: MethodMiddleware(plain.routes))
    add(router)
    return router
}

private func addAll(
    _ engine: Engine,
    _ options: ServerOptions,
    _ pages: Pages,
    to router: Router<HeedRequestContext>
) {
    addMonitoring(engine, options, to: router)
    let people = router.group().add(middleware: PageMiddleware(pages: pages))
    UnsubscribeRoutes(engine: engine, options: options, pages: pages).addRoutes(to: people)
    ConfirmationRoutes(engine: engine, options: options, pages: pages).addRoutes(to: people)
    PreferenceRoutes(engine: engine, options: options, pages: pages).addRoutes(to: people)
    EntryRoutes(engine: engine, options: options, pages: pages).addRoutes(to: people)
    DataRoutes(engine: engine, options: options, pages: pages).addRoutes(to: people)
    LogRoutes(engine: engine, options: options).addRoutes(to: router)
    router.get("openapi.yaml") { _, _ in
        Response(
            status: .ok,
            headers: [.contentType: "application/yaml"],
            body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_yaml))
        )
    }
    let api = router.group("v1")
    WebhookRoutes(engine: engine, options: options).addRoutes(to: api)
    FormRoutes(engine: engine, options: options, pages: pages).addRoutes(to: people.group("v1"))
    func door(_ roles: Set<APIKey.Role>) -> RouterGroup<HeedRequestContext> {
        api.group().add(middleware: DoorMiddleware(engine: engine, roles: roles))
    }
    ContactRoutes(engine: engine, options: options).addRoutes(to: door([.collector]))
    let doubleOptIns = DoubleOptInRoutes(engine: engine, options: options)
    door([.collector]).post("double-opt-ins", use: doubleOptIns.request)
    let optOuts = OptOutRoutes(engine: engine, options: options)
    let requests = RequestRoutes(engine: engine, options: options)
    door([.collector]).post("erasures", use: requests.erase)
    door([.collector]).post("requests", use: requests.receive)
    door([.auditor]).get("requests", use: requests.list)
    door([.auditor]).get("requests/:id", use: requests.progress)
    door([.auditor]).get("erasures/:id", use: requests.progress)
    for act in RequestRoutes.Act.allCases {
        door([]).post("requests/:id/\(act.rawValue)", use: requests.act(act))
    }
    api.get(
        "receipts/:token",
        use: RequestReceiptRoutes(engine: engine, options: options, pages: pages).show
    )
    let export = PersonExportRoutes(engine: engine, options: options, languages: pages.languages)
    door([.auditor]).get("contacts/:id/export", use: export.export)
    EvidenceRoutes(engine: engine, options: options).addRoutes(to: door([.auditor]))
    let queue = QueueRoutes(engine: engine, options: options)
    ReceiptRoutes(engine: engine, options: options).addRoutes(to: door([.auditor]))
    door([.auditor]).get("queue", use: queue.queue)
    door([.auditor]).get("windows", use: queue.windows)
    door([.collector]).post("opt-outs", use: optOuts.request)
    door([.collector, .auditor]).get("opt-outs/:id", use: optOuts.progress)
    addLists(engine, options, door)
    let events = EventRoutes(engine: engine, options: options)
    door([.sender]).post("events", use: events.record)
    door([.sender, .auditor]).get("stats", use: events.statistics)
    door([.sender]).post("sends/filter", use: FilterRoutes(engine: engine, options: options).filter)
    door([.sender]).post("sends/check", use: SendRoutes(engine: engine, options: options).check)
}

/// Lists that come in and go out.
private func addLists(
    _ engine: Engine,
    _ options: ServerOptions,
    _ door: (Set<APIKey.Role>) -> RouterGroup<HeedRequestContext>
) {
    let imports = ImportRoutes(engine: engine, options: options)
    door([.collector]).post("imports", use: imports.open)
    door([.collector, .auditor]).get("imports", use: imports.list)
    door([.collector, .auditor]).get("imports/:id", use: imports.show)
    door([.collector, .auditor]).get("imports/:id/rejected", use: imports.rejected)
    // Undoing takes from many people at once, and an export gives all of them away.
    door([]).post("imports/:id/undo", use: imports.undo)
    door([]).get("exports", use: ExportRoutes(engine: engine).export)
    let audience = AudienceRoutes(engine: engine, options: options)
    door([]).get("audience", use: audience.audience)
}

/// The probes and measurements, which every process has.
private func addMonitoring(
    _ engine: Engine,
    _ options: ServerOptions,
    to router: Router<HeedRequestContext>
) {
    HealthRoutes(engine: engine).addRoutes(to: router)
    MetricsRoutes(engine: engine, version: options.version, registry: options.registry)
        .addRoutes(to: router)
}

/// Builds the server of a process without the API: probes and measurements, nothing else.
package func buildMonitor(
    engine: Engine,
    options: ServerOptions,
    logger: Logger,
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) -> any Service {
    let router = router { router in addMonitoring(engine, options, to: router) }
    return application(router, options, logger, onRunning)
}

/// Builds the HTTP server as a service.
///
/// - Parameters:
///   - engine: The door to the state.
///   - options: Where to listen, and every limit.
///   - logger: Where to log.
///   - onRunning: Is told the port once it listens.
/// - Returns: The service.
/// - Throws: when a page's template is broken.
package func buildApplication(
    engine: Engine,
    options: ServerOptions,
    logger: Logger,
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) throws -> any Service {
    application(try buildRouter(engine: engine, options: options), options, logger) { port in
        options.bound.set(port)
        await onRunning(port)
    }
}

private func application(
    _ router: Router<HeedRequestContext>,
    _ options: ServerOptions,
    _ logger: Logger,
    _ onRunning: @escaping @Sendable (Int) async -> Void
) -> any Service {
    Application(
        router: router,
        server: .http1(
            configuration: .init(
                additionalChannelHandlers: [ArrivalLimit()],
                idleTimeout: .seconds(ArrivalLimit.idleSeconds)
            )
        ),
        configuration: .init(
            address: .hostname(options.host, port: options.port),
            serverName: "heed",
            availableConnectionsDelegate: ConnectionLimit(options.connectionsMaximum, logger)
        ),
        onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? options.port) },
        logger: logger
    )
}
