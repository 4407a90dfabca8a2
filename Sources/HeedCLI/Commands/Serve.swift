// `heed serve`: the API, the public pages and the worker in one process.

import ArgumentParser
import Foundation
import HeedConsent
import HeedDelivery
import HeedEngine
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
        ])
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "heed")
        logger.logLevel = settings.logLevel
        let installation = try Installation(settings, opening: .orNew)
        let keyPath = try await Serve.firstKey(installation)
        let transport = HTTPTransport()
        var services: [any Service] = []
        if role.contains(.worker) {
            services += Serve.worker(installation, transport: transport, logger: logger)
        }
        if role.contains(.api) {
            var options = settings.serverOptions
            options.publicLogEntries = publicLogEntries
            services.append(
                try buildApplication(
                    engine: installation.engine,
                    options: options,
                    logger: logger,
                    onRunning: { port in Serve.greet(settings, port: port, keyPath: keyPath) }
                )
            )
        }
        let group = ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        if !role.contains(.api) { Terminal.note("Heed's worker runs on \(settings.databasePath)") }
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
        let handler = OptOutHandler(
            engine: installation.engine,
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
                logger: logger,
                handle: handler.handle
            )
        }
        let rescuer = Rescuer(
            engine: installation.engine,
            intervalMilliseconds: 2000,
            logger: logger
        )
        return runners + [rescuer]
    }

    /// Makes the first admin key and writes it to `admin.key` beside the database.
    static func firstKey(_ installation: Installation) async throws -> String {
        let folder = URL(filePath: installation.settings.databasePath).deletingLastPathComponent()
        let path = folder.appending(path: "admin.key").relativePath
        guard try await installation.engine.ask(ListKeys()).isEmpty else { return path }
        let create = try CreateKey(role: .admin, label: "first start")
        let token = try await installation.engine.perform(create, as: .system("first-start"))
            .receipt.token
        try? FileManager.default.removeItem(atPath: path)
        try SecretFile.write(token + "\n", to: path)
        return path
    }

    private static func greet(_ settings: Settings, port: Int, keyPath: String) {
        let base = "http://\(settings.host):\(port)"
        let hasKey = FileManager.default.fileExists(atPath: keyPath)
        let masterKey = settings.masterKey == nil ? settings.masterKeyPath : "from HEED_MASTER_KEY"
        let adminKey = hasKey ? keyPath : "none there; `heed key create --role admin` makes one"
        let key = hasKey ? "$(cat \(keyPath))" : "YOUR_API_KEY"
        Terminal.note(
            """

            Heed is listening on \(base)
            Database:      \(settings.databasePath)
            Master key:    \(masterKey) (back it up apart from the database)
            Admin API key: \(adminKey)

            Try it:
              curl -s \(base)/v1/opt-outs \\
                -H "Authorization: Bearer \(key)" \\
                -H 'Content-Type: application/json' \\
                -d '{"address":"ada@mail.example","scope":"global","source":"api"}'

            """
        )
    }
}
