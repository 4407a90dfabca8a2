// Ends connections whose request does not arrive: a slow one costs nothing, ten thousand do.

import NIOCore
import NIOHTTPTypes

/// Closes a connection whose body comes slower than anybody's who means it.
///
/// Connections on which nothing comes at all, half a head included, end by Hummingbird's idle time.
/// What waits because it is not read yet was not slow: a list comes as fast as it is answered, and
/// that is faster than this.
final class ArrivalLimit: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    /// Seconds in which a connection has to bring something.
    static let idleSeconds: Int64 = 60
    /// Seconds a body may take whatever its size.
    static let graceSeconds: Int64 = 60
    /// Bytes a second that a longer one has to bring, on the whole.
    static let bytesPerSecond: Int64 = 100

    private var begun = NIODeadline.now()
    private var bytes: Int64 = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            begun = .now()
            bytes = 0
        case .body(let part):
            bytes += Int64(part.readableBytes)
            let seconds = (NIODeadline.now() - begun).nanoseconds / 1_000_000_000
            if ArrivalLimit.isTooSlow(bytes: bytes, seconds: seconds) {
                context.close(promise: nil)
                return
            }
        case .end: break
        }
        context.fireChannelRead(data)
    }

    /// Whether so little in so long a time is too little.
    static func isTooSlow(bytes: Int64, seconds: Int64) -> Bool {
        seconds > graceSeconds && bytes < seconds * bytesPerSecond
    }
}
