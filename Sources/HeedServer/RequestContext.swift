// What is known about a request on its way to a handler.

import HeedConsent
import Hummingbird
import NIOCore

/// The context of one request.
struct HeedRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The key that opened the door, once it has.
    var key: APIKey?

    /// The network address at the other end of the connection.
    let peer: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress
    }

    /// The caller as an actor of the audit log.
    var actor: Actor { key.map { Actor(.apiKey, id: $0.id) } ?? .person }
}
