// What is known about a request on its way to a handler.

import HTTPTypes
import HeedConnectors
import HeedConsent
import Hummingbird
import NIOCore

/// The context of one request.
struct HeedRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The key that opened the door, once it has.
    var key: APIKey?

    /// The address at the other end of the connection; a proxy's, when one stands in between.
    let peerIP: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peerIP = source.channel.remoteAddress?.ipAddress
    }

    /// The caller as an actor of the audit log.
    var actor: Actor { key.map { Actor(.apiKey, id: $0.id) } ?? .person }
}

extension HeedRequestContext {
    /// The longest text that is taken for an address.
    private static let ipBytesMaximum = 64

    /// Where a request came from, behind so many proxies of the operator's own.
    ///
    /// Each of them adds the address it was reached from to `X-Forwarded-For`; what stands further
    /// left was written by whoever asked, and is not believed.
    func clientIP(of request: Request, behind proxies: Int) -> String? {
        guard proxies > 0 else { return peerIP }
        let hops = request.headers[values: .xForwardedFor].joined(separator: ",")
            .split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.filter { !$0.isWhitespace } }
        guard hops.count >= proxies else { return peerIP }
        let ip = hops[hops.count - proxies]
        let isAddress = ip.utf8.allSatisfy { byte in
            (0x30...0x3A).contains(byte) || (0x41...0x46).contains(byte)
                || (0x61...0x66).contains(byte) || byte == 0x2E
        }
        return isAddress && (2...HeedRequestContext.ipBytesMaximum).contains(ip.utf8.count)
            ? ip : peerIP
    }
}

/// What clients are counted by; text that is no address counts as it is.
func clientKey(of ip: String) -> String { NetworkAddress(host: ip)?.holder ?? ip }
