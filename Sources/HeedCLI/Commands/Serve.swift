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
        let settings = try await global.settings([
            "host": host, "port": port.map(String.init), "publicUrl": publicUrl,
            "logOrigin": logOrigin, "checkpointArchive": checkpointArchive,
            "witnessPolicy": witnessPolicy,
        ])
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "heed")
        logger.logLevel = settings.logLevel
        let installation = try Installation(settings, opening: .orNew)
        let log = try await LogServices(installation, logger: logger)
        let keyPath = try await Serve.firstKey(installation)
        let transport = HTTPTransport()
        var services: [any Service] = installation.bell.map { [$0] } ?? []
        if role.contains(.worker) {
            services += Serve.worker(installation, transport: transport, logger: logger)
            services += await log.services(transport: transport)
        }
        if role.contains(.api) {
            var options = settings.serverOptions
            options.publicLogEntries = publicLogEntries
            options.witnessQuorum = log.witnessQuorum
            services.append(
                try buildApplication(
                    engine: installation.engine,
                    options: options,
                    logger: logger,
                    onRunning: { port in Serve.greet(log, settings, port, keyPath: keyPath) }
                )
            )
        }
        let group = ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        if !role.contains(.api) {
            Terminal.note("Heed's worker runs on \(settings.database.name)")
            Terminal.note("Log: \(log.identity.verifier.text)")
        }
        do {
            try await group.run()
        } catch {
            try await transport.shutdown()
            guard role.contains(.api) else { throw error }
            let place = "\(settings.host):\(settings.port)"
            throw CommandError("host, port: the server at \(place) stopped: \(error)")
        }
        try await transport.shutdown()
        try installation.close()
    }

    /// The runner of the opt-out lane, the runner of everything else, and the rescuer.
    static func worker(
        _ installation: Installation,
        transport: any Transport,
        logger: Logger
    ) -> [any Service] {
        let settings = installation.settings
        let gate = ConnectorGate(
            slots: settings.workers,
            surroundings: Installation.surroundings
        )
        let handler = OptOutHandler(
            engine: installation.engine,
            gate: gate,
            transport: transport,
            retryPolicy: RetryPolicy(scale: settings.retryScale),
            surroundings: Installation.surroundings
        )
        let runners = Job.Lane.allCases.map { lane in
            Runner(
                engine: installation.engine,
                options: .init(
                    lane: lane,
                    concurrency: lane == .optOut ? settings.workers : 2,
                    leaseSeconds: Int64(settings.leaseSeconds),
                    pollMilliseconds: 250
                ),
                gate: gate,
                logger: logger,
                handle: handler.handle
            )
        }
        let rescuer = Rescuer(
            engine: installation.engine,
            intervalMilliseconds: 2000,
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
        return runners + [rescuer, pruner, verifier] + (drift.map { [$0] } ?? [])
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
