// The demonstration's stage: a throwaway installation, its server, and a receiver that can be down.

import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedServer
import HeedStore
import Logging
import ServiceLifecycle
import Synchronization

/// A whole Heed in a temporary folder, on loopback.
final class DemoStage: Sendable {
    let engine: Engine
    private let folder: URL
    private let installation: Installation
    private let receiver: WebhookReceiver
    private let transport = HTTPTransport(reaching: .insideToo)
    private let logger: Logger
    private let secret: WebhookSecret
    private let ports = Mutex<(api: Int, receiver: Int)>((0, 0))
    private let starts: AsyncStream<any Service>
    private let start: AsyncStream<any Service>.Continuation

    /// Makes the folder, the database and the registries.
    init() async throws {
        var logger = Logger(label: "heed.demo")
        logger.logLevel = .critical
        self.logger = logger
        let name = "heed-demo-\(ProcessInfo.processInfo.processIdentifier)"
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        let flags = [
            "database": "sqlite:\(folder.path)/heed.sqlite",
            "masterKeyFile": "\(folder.path)/master.key", "retryScale": "0.02",
        ]
        let settings = try await Settings.load(flags: flags, file: nil)
        installation = try Installation(settings, opening: .orNew)
        engine = installation.engine
        secret = try WebhookSecret(bytes: Installation.surroundings.randomBytes(32))
        receiver = WebhookReceiver(secret: secret) { Installation.now }
        (starts, start) = AsyncStream<any Service>.makeStream()
        try await register()
        try await findPort()
    }

    /// Runs `story` with the server up; services it starts end with it.
    func run(_ story: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ready, isReady) = AsyncStream<Void>.makeStream()
            let server = try buildApplication(
                engine: engine,
                options: ServerOptions(host: "127.0.0.1", port: 0, publicURL: "http://127.0.0.1"),
                logger: logger,
                onRunning: { port in
                    self.ports.withLock { $0.api = port }
                    isReady.finish()
                }
            )
            group.addTask { try await self.serve(server) }
            for await _ in ready {}
            group.addTask {
                await withDiscardingTaskGroup { group in
                    for await service in self.starts {
                        group.addTask { try? await self.serve(service) }
                    }
                }
            }
            group.addTask { try await story() }
            // The story is the only task that ends by itself.
            try await group.next()
            group.cancelAll()
            while true {
                do { if try await group.next() == nil { break } } catch is CancellationError {}
            }
        }
    }

    private func serve(_ service: any Service) async throws {
        try await ServiceGroup(services: [service], logger: logger).run()
    }

    /// Closes everything and removes the folder.
    func clear() async {
        try? await transport.shutdown()
        try? installation.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The server's address.
    var publicURL: String { "http://127.0.0.1:\(ports.withLock { $0.api })" }

    /// How many messages the receiver has accepted.
    var accepted: Int { receiver.counts.values.reduce(0, +) }

    /// Starts the worker.
    func startWorker() {
        for service in Serve.worker(installation, transport: transport, logger: logger) {
            start.yield(service)
        }
    }

    /// Brings the receiver up and waits until it listens.
    func startReceiver() async throws {
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let port = ports.withLock { $0.receiver }
        start.yield(receiver.service(port: port, logger: logger) { _ in isReady.finish() })
        for await _ in ready {}
    }

    private func register() async throws {
        let actor = Installation.actor
        for (name, kind) in [("newsletter", Scope.Kind.campaign), ("receipts", .transactional)] {
            let scope = Scope(name: try ScopeName(name), channel: .email, kind: kind)
            _ = try await engine.perform(AddScope(scope), as: actor)
        }
        let policy = try Policy(
            version: "2026-01",
            url: nil,
            textHash: sampleTextHash,
            effectiveAt: Timestamp(seconds: 0),
            reconsent: []
        )
        _ = try await engine.perform(PublishPolicy(policy), as: actor)
    }

    /// Lets the system choose the receiver's port, then goes down, so that nobody listens there.
    private func findPort() async throws {
        let (found, isFound) = AsyncStream<Int>.makeStream()
        let service = receiver.service(port: 0, logger: logger) { isFound.yield($0) }
        let task = Task { try await self.serve(service) }
        var port = 0
        for await number in found {
            port = number
            break
        }
        task.cancel()
        _ = await task.result
        ports.withLock { $0.receiver = port }
    }

    /// Sets the other system up as a connector: opt-outs from now on are told to it.
    func addConnector() async throws {
        let settings = try ConnectorSettings(
            name: "crm",
            kind: ConnectorKind.webhook.rawValue,
            url: "http://127.0.0.1:\(ports.withLock { $0.receiver })/hook",
            secret: secret.text
        )
        _ = try await engine.perform(AddConnector(settings), as: Installation.actor)
    }
}

/// SHA-256 of "We write to you about our products.
///
/// You can stop at any time.\n".
private let sampleTextHash =
    bytes(hexadecimal: "abec8b4a449493635b5d2e524428cd63de51a71f35e5d43900768ff0ff3e62a9") ?? []
