// `heed serve`: the API, the public pages and the worker in one process.

import ArgumentParser
import Foundation
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedLedger
import HeedServer
import HeedStore
import Logging
import ServiceLifecycle
import UnixSignals

/// Starts the server.
///
/// The first start makes database, keys and an admin API key, and says where.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the server: API, public pages and worker in one process."
    )

    /// A part of the process.
    enum Role: String, CaseIterable, ExpressibleByArgument {
        case api, worker
    }

    @OptionGroup var global: GlobalOptions

    @Option(help: "The address to listen on (default 127.0.0.1).")
    var host: String?

    @Option(help: "The port to listen on (default 8080; 0 lets the system choose).")
    var port: Int?

    @Option(help: "The base of public links, for example https://heed.example.")
    var publicUrl: String?

    @Flag(help: "Let everybody read the log's entries, not only its hashes.")
    var publicLogEntries = false

    @Option(help: "What a new log is called (default: the public URL without scheme, and /log).")
    var logOrigin: String?

    @Option(help: "A folder that every signed checkpoint of the log is copied to.")
    var checkpointArchive: String?

    @Option(help: "A file that names the log's witnesses (C2SP tlog-policy).")
    var witnessPolicy: String?

    @Option(help: "A port with nothing but measurements and probes (default: none).")
    var metricsPort: Int?

    @OptionGroup(title: "Alerts") var alerts: AlertOptions

    @OptionGroup(title: "Mail to people") var mail: MailOptions

    @Option(
        help: "What to run, separated by commas: api, worker (default both).",
        transform: Serve.roles
    )
    var role: [Role] = Role.allCases

    @Sendable
    private static func roles(_ text: String) throws -> [Role] {
        // Empty names are kept, so that no list can be one of nothing.
        try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let role = Role(rawValue: String(name)) else {
                throw ValidationError("role: '\(name)' is not one of: api, worker")
            }
            return role
        }
    }

    func run() async throws {
        let flags = [
            "host": host, "port": port.map(String.init), "publicUrl": publicUrl,
            "logOrigin": logOrigin, "checkpointArchive": checkpointArchive,
            "witnessPolicy": witnessPolicy, "metricsPort": metricsPort.map(String.init),
        ]
        var unknown: [String] = []
        let settings = try await global.settings(
            flags.merging(alerts.flags.merging(mail.flags) { flag, _ in flag }) { flag, _ in flag },
            warn: { unknown = $0 }
        )
        try checkPorts(settings)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "heed")
        logger.logLevel = settings.logLevel
        for variable in unknown {
            logger.warning("no setting has this variable", metadata: ["variable": "\(variable)"])
        }
        try await HTTPTransport.with(reaching: settings.outboundNetworks) { transport in
            try await serve(settings, transport, logger)
        }
    }

    /// Two listeners cannot have one port.
    private func checkPorts(_ settings: Settings) throws(Refusal) {
        guard role.contains(.api), settings.port != 0, settings.metricsPort == settings.port else {
            return
        }
        throw Refusal(
            .conflict,
            field: "metricsPort",
            "the API has port \(settings.port), and serves its measurements there already"
        )
    }

    private func serve(
        _ settings: Settings,
        _ transport: HTTPTransport,
        _ logger: Logger
    ) async throws {
        // Wrong settings are refused before anything is made.
        let channels = try settings.alerts.channels(
            transport: transport,
            now: Installation.surroundings.now,
            logger: logger
        )
        var options = settings.serverOptions
        let languages = try PageLanguages(
            folder: settings.pagesFolder,
            fallback: settings.pagesLanguage
        )
        let outlet = try settings.mail.outlet(languages) { [options] in options.linkBase }
        let installation = try Installation(settings, opening: .orNew)
        try await installation.completeJournal()
        let log = try await LogServices(installation, logger: logger)
        let keyPath = try await Serve.firstKey(installation)
        options.connectionsMaximum = OpenFiles.makeRoom()
        options.publicLogEntries = publicLogEntries
        options.witnessQuorum = log.witnessQuorum
        let metrics = DeliveryMetrics(options.registry)
        var services: [any Service] = installation.bell.map { [$0] } ?? []
        services.append(
            Watch(
                engine: installation.engine,
                rules: settings.alerts.rules,
                channels: channels,
                holder: Installation.surroundings.randomBytes(16),
                logger: logger,
                metrics: metrics
            )
        )
        if role.contains(.worker) {
            services += Serve.worker(
                installation,
                transport: transport,
                outlet: outlet,
                logger: logger,
                metrics: metrics
            )
            services += await log.services(transport: transport)
        }
        options.inbox = Inbox(now: Installation.surroundings.now) { request in
            try await transport.send(request, timeoutSeconds: 10)
        }
        services += try listeners(installation, options, logger) { port in
            Serve.greet(log, settings, port, keyPath: keyPath)
        }
        if !role.contains(.api) {
            Terminal.note("Heed's worker runs on \(settings.database.name)")
            Terminal.note("Log: \(log.identity.verifier.text)")
        }
        try await run(services, settings, logger)
        try installation.close()
    }

    /// Runs until a signal; says where when a port could not be had.
    private func run(
        _ services: [any Service],
        _ settings: Settings,
        _ logger: Logger
    ) async throws {
        let group = ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        do {
            try await group.run()
        } catch {
            let ports = [
                ("port", role.contains(.api) ? settings.port : nil),
                ("metricsPort", settings.metricsPort),
            ].compactMap { name, port in port.map { (name, "\(settings.host):\($0)") } }
            guard !ports.isEmpty else { throw error }
            let names = ports.map(\.0).joined(separator: ", ")
            let places = ports.map(\.1).joined(separator: " or ")
            throw CommandError("host, \(names): \(Serve.reason(places, error))")
        }
    }

    /// Why a place cannot be listened at, and what to do; the library says it by its own functions.
    private static func reason(_ places: String, _ error: any Error) -> String {
        switch "\(error)" {
        case let text where text.contains("Address already in use"):
            "\(places) is taken, perhaps by another `heed serve`: stop it, or choose a port"
        case let text where text.contains("Cannot assign requested address"):
            "this machine has no such address as \(places): choose one of its own, or 0.0.0.0"
        case let text where text.contains("Permission denied"):
            "\(places) needs rights that this user does not have: choose a port from 1024"
        case let text: "the server at \(places) stopped: \(text)"
        }
    }

    /// All that works in the background of a worker; messages of Heed's own only with a way out.
    static func worker(
        _ installation: Installation,
        transport: any Transport,
        outlet: MailOutlet? = nil,
        logger: Logger,
        metrics: DeliveryMetrics = DeliveryMetrics()
    ) -> [any Service] {
        let settings = installation.settings
        let gate = ConnectorGate(
            slots: settings.workers,
            surroundings: Installation.surroundings
        )
        let worker = Worker(
            ConnectorTelling(
                engine: installation.engine,
                gate: gate,
                transport: transport,
                retryPolicy: RetryPolicy(scale: settings.retryScale),
                surroundings: Installation.surroundings
            ),
            options: .init(
                concurrency: settings.workers,
                leaseSeconds: Int64(settings.leaseSeconds)
            ),
            metrics: metrics,
            logger: logger
        )
        let pruner = Pruner(
            engine: installation.engine,
            retention: settings.retention,
            holder: Installation.surroundings.randomBytes(16),
            logger: logger
        )
        let verifier = BackgroundVerifier(installation, logger: logger)
        let drift = DriftChecker(installation, gate: gate, transport: transport, logger: logger)
        return worker.services + (outlet.map { [worker.messenger($0)] } ?? [])
            + [pruner, verifier] + (drift.map { [$0] } ?? [])
    }

    /// What listens: the API, and probes and measurements alone where a port is set for them.
    private func listeners(
        _ installation: Installation,
        _ options: ServerOptions,
        _ logger: Logger,
        onRunning: @escaping @Sendable (Int) -> Void
    ) throws -> [any Service] {
        var listeners: [any Service] = []
        if role.contains(.api) {
            listeners.append(
                try buildApplication(
                    engine: installation.engine,
                    options: options,
                    logger: logger,
                    onRunning: onRunning
                )
            )
        }
        if role.contains(.api), installation.settings.guardIndex {
            listeners.append(IndexKeeper(engine: installation.engine, logger: logger))
        }
        // Where lists are taken they are imported: the file is on this machine.
        if role.contains(.api), let spool = options.imports {
            listeners.append(
                ImportRunner(
                    engine: installation.engine,
                    spool: spool,
                    doorbell: options.importBell,
                    holder: Installation.surroundings.randomBytes(16),
                    logger: logger
                )
            )
        }
        guard let port = installation.settings.metricsPort else { return listeners }
        var options = options
        options.port = port
        let base = "http://\(options.host)"
        return listeners + [
            buildMonitor(engine: installation.engine, options: options, logger: logger) { port in
                Terminal.note("Measurements: \(base):\(port)/metrics")
            }
        ]
    }

    /// Makes the first admin key and writes it to `admin.key` beside the database.
    static func firstKey(_ installation: Installation) async throws -> String {
        let folder = installation.settings.database.folder
        let path = folder + "/admin.key"
        guard try await installation.engine.ask(ListKeys()).isEmpty else { return path }
        let create = try CreateKey(role: .admin, label: "first start")
        let token = try await installation.engine.perform(create, as: .system("first-start"))
            .receipt.token
        try? FileManager.default.removeItem(atPath: path)
        try Installation.makeFolder(folder)
        try SecretFile.write(token + "\n", to: path)
        return path
    }

    private static func greet(
        _ log: LogServices,
        _ settings: Settings,
        _ port: Int,
        keyPath: String
    ) {
        let base = "http://\(settings.host):\(port)"
        let hasKey = FileManager.default.fileExists(atPath: keyPath)
        let masterKey = settings.masterKey == nil ? settings.masterKeyPath : "from HEED_MASTER_KEY"
        let adminKey = hasKey ? keyPath : "none there; `heed key create --role admin` makes one"
        let key = hasKey ? "$(cat \(keyPath))" : "YOUR_API_KEY"
        Terminal.note(
            """

            Heed is listening on \(base)
            Database:      \(settings.database.name)
            Master key:    \(masterKey) (back it up apart from the database)
            Admin API key: \(adminKey)
            Log origin:    \(log.identity.verifier.name)
            Log key:       \(log.identity.verifier.text) (give it to whoever checks the log)

            Try it:
              curl -s \(base)/v1/opt-outs \\
                -H "Authorization: Bearer \(key)" \\
                -H 'Content-Type: application/json' \\
                -d '{"address":"ada@mail.example","scope":"global","source":"api"}'

            """
        )
    }
}
