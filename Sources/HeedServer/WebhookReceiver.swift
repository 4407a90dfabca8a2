// A small receiver of Heed's webhooks, for the demonstration.

package import HeedConnectors
package import HeedConsent
import Hummingbird
package import Logging
package import ServiceLifecycle
import Synchronization

/// Listens for webhooks, checks their signatures, and counts what it accepted.
package final class WebhookReceiver: Sendable {
    private let secret: WebhookSecret
    private let now: @Sendable () -> Timestamp
    private let accepted = Mutex<[String: Int]>([:])

    /// Takes the secret shared with the connector, and the present.
    package init(secret: WebhookSecret, now: @escaping @Sendable () -> Timestamp) {
        self.secret = secret
        self.now = now
    }

    /// How often each webhook id was accepted.
    package var counts: [String: Int] { accepted.withLock { $0 } }

    /// The receiver as a service on loopback; `onRunning` is told the port once it listens.
    package func service(
        port: Int,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) -> any Service {
        let router = Router()
        router.post("hook", use: take)
        return Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }

    @Sendable
    private func take(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: 65_536)
        let headers = request.headers.map { (name: $0.name.rawName, value: $0.value) }
        do {
            try secret.verify(headers: headers, body: Array(body.readableBytesView), at: now())
        } catch {
            return Response(status: .unauthorized)
        }
        let id = headers.first { $0.name.lowercased() == "webhook-id" }?.value ?? ""
        accepted.withLock { $0[id, default: 0] += 1 }
        return Response(status: .noContent)
    }
}
