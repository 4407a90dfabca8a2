// What proving a message of another system needs: the clock, and a way to fetch its certificate.

package import HeedConnectors
package import HeedConsent
import Synchronization

/// The means to prove what other systems report.
///
/// Certificates are kept, because they are asked for with every message and never change under
/// one URL.
package final class Inbox: Sendable {
    /// Fetches what a message needs before it can be believed.
    package typealias Fetch = @Sendable (OutboundRequest) async throws -> OutboundResponse

    /// So many certificates are kept; a provider has one or two at a time.
    static let keptMaximum = 16

    let now: @Sendable () -> Timestamp
    private let fetch: Fetch
    private let kept = Mutex<[String: OutboundResponse]>([:])

    /// Takes the present and a transport.
    package init(now: @escaping @Sendable () -> Timestamp, fetch: @escaping Fetch) {
        self.now = now
        self.fetch = fetch
    }

    /// An inbox that fetches nothing and knows no time; messages are refused as too old.
    package static let closed = Inbox(
        now: { Timestamp(microseconds: 0) },
        fetch: { _ in throw Closed() }
    )

    /// Nothing can be fetched here.
    struct Closed: Error {}

    /// Fetches, from what is kept if it can.
    func carry(_ request: OutboundRequest) async throws -> OutboundResponse {
        // A confirmation of a subscription is a GET too, but no certificate and asked for once.
        let mayKeep = request.method == "GET" && request.url.hasSuffix(".pem")
        if mayKeep, let response = kept.withLock({ $0[request.url] }) { return response }
        let response = try await fetch(request)
        if mayKeep, response.status == 200 {
            kept.withLock { kept in
                if kept.count >= Inbox.keptMaximum { kept.removeAll() }
                kept[request.url] = response
            }
        }
        return response
    }
}
