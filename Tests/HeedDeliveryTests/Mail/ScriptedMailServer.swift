// A mail server on this machine that answers each command as a test says.

import NIOCore
import NIOPosix
import Synchronization

/// A listening socket and the lines it was told.
struct ScriptedMailServer: Sendable {
    /// Answers with which a message is taken.
    static let good = [
        "EHLO": "250-mx\r\n250 SIZE 1000", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go",
        ".": "250 2.0.0 queued", "QUIT": "221 bye",
    ]

    private let channel: any Channel
    private let heard: Heard

    /// Listens on a free port of 127.0.0.1.
    static func listen(
        _ answers: [String: String] = good,
        greeting: String = "220 mx"
    ) async throws -> ScriptedMailServer {
        let heard = Heard()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Answering(greeting: greeting, answers: answers, heard: heard)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedMailServer(channel: channel, heard: heard)
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// Every line so far.
    var lines: [String] { heard.lines }

    func close() async throws { try await channel.close().get() }
}

/// What a server was told.
private final class Heard: Sendable {
    private let box = Mutex<[String]>([])
    func add(_ line: String) { box.withLock { $0.append(line) } }
    var lines: [String] { box.withLock { $0 } }
}

/// Answers by the first word of each line; `close` hangs up.
private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: String
    private let answers: [String: String]
    private let heard: Heard
    private var text = ""
    private var isInMessage = false

    init(greeting: String, answers: [String: String], heard: Heard) {
        self.greeting = greeting
        self.answers = answers
        self.heard = heard
    }

    func channelActive(context: ChannelHandlerContext) {
        if !greeting.isEmpty { say(greeting, context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        while let end = text.firstIndex(of: "\r\n") {
            let line = String(text[..<end])
            text.removeSubrange(...end)
            heard.add(line)
            if isInMessage, line != "." { continue }
            isInMessage = false
            let word = line.split(separator: " ").first.map(String.init) ?? ""
            guard let answer = answers[word] else { continue }
            guard answer != "close" else {
                context.close(promise: nil)
                return
            }
            isInMessage = word == "DATA"
            say(answer, context)
        }
    }

    private func say(_ line: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
    }
}
