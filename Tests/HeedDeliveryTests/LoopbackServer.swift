// A server on this machine that answers every request with scripted bytes, or not at all.

import NIOCore
import NIOPosix

/// A listening socket and the requests it has read.
struct LoopbackServer: Sendable {
    /// What happens once a whole request has been read.
    enum Reply: Sendable {
        /// Write these bytes and keep the connection.
        case bytes(String)
        /// Write these bytes and close.
        case bytesThenClose(String)
        /// Write nothing and keep the connection.
        case silence
    }

    private let channel: any Channel
    /// Every request, as its text, once it is complete.
    let requests: AsyncStream<String>
    /// How many bytes came over each connection, once it is closed.
    private let byteCounts: AsyncStream<Int>

    /// Listens on a free port of 127.0.0.1, or on a socket in the file system.
    static func listen(_ reply: Reply, path: String? = nil) async throws -> LoopbackServer {
        let (requests, arrived) = AsyncStream.makeStream(of: String.self)
        let (byteCounts, closed) = AsyncStream.makeStream(of: Int.self)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RequestReader(reply: reply, arrived: arrived, closed: closed)
                    )
                }
            }
        let place =
            path.map { bootstrap.bind(unixDomainSocketPath: $0) }
            ?? bootstrap.bind(host: "127.0.0.1", port: 0)
        return LoopbackServer(
            channel: try await place.get(),
            requests: requests,
            byteCounts: byteCounts
        )
    }

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/hook" }

    func close() async throws { try await channel.close().get() }

    /// The next request; waits for it.
    func nextRequest() async -> String? {
        await requests.first { _ in true }
    }

    /// How many bytes the next connection to be closed brought; waits for it.
    func nextByteCount() async -> Int? {
        await byteCounts.first { _ in true }
    }
}

/// Collects bytes until a request is complete by its `content-length`.
private final class RequestReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reply: LoopbackServer.Reply
    private let arrived: AsyncStream<String>.Continuation
    private let closed: AsyncStream<Int>.Continuation
    private var text = ""
    private var byteCount = 0

    init(
        reply: LoopbackServer.Reply,
        arrived: AsyncStream<String>.Continuation,
        closed: AsyncStream<Int>.Continuation
    ) {
        self.reply = reply
        self.arrived = arrived
        self.closed = closed
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed.yield(byteCount)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        byteCount += bytes.readableBytes
        text += String(buffer: bytes)
        guard isComplete else { return }
        arrived.yield(text)
        text = ""
        switch reply {
        case .bytes(let bytes):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: bytes)), promise: nil)
        case .bytesThenClose(let bytes):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: bytes)), promise: nil)
            context.close(promise: nil)
        case .silence: break
        }
    }

    private var isComplete: Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let head = text[..<end.lowerBound].lowercased().split(separator: "\r\n")
        let length = head.first { $0.hasPrefix("content-length: ") }
            .flatMap { Int($0.dropFirst("content-length: ".count)) }
        return text[end.upperBound...].utf8.count >= length ?? 0
    }
}
