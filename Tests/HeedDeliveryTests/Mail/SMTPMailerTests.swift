// Messages over a real socket to a scripted mail server, and every way it can go wrong.

import HeedConsent
import HeedDelivery
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("SMTPMailer")
struct SMTPMailerTests {
    private static let good = [
        "EHLO": "250-mx\r\n250 SIZE 1000", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go",
        ".": "250 2.0.0 queued", "QUIT": "221 bye",
    ]

    private func send(
        _ answers: [String: String],
        greeting: String = "220 mx",
        security: MailSecurity = .none,
        timeoutSeconds: Int64 = 120
    ) async throws -> (MailOutcome, [String]) {
        let heard = Heard()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Answering(greeting: greeting, answers: answers, heard: heard)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var server = MailServer(
            host: "127.0.0.1",
            port: listener.localAddress?.port ?? 0,
            security: security
        )
        server.timeoutSeconds = timeoutSeconds
        let message = try MailMessage(
            from: "heed@shop.example",
            to: "ada@mail.example",
            subject: "Confirm",
            text: "Hello\n"
        )
        let bytes = message.bytes(at: Timestamp(seconds: 1_769_851_800), id: "m1")
        let outcome = await SMTPMailer(server, client: "node.example").send(message, bytes: bytes)
        try await listener.close().get()
        return (outcome, heard.lines)
    }

    @Test func aMessageIsHandedOver() async throws {
        let (outcome, lines) = try await send(SMTPMailerTests.good)
        #expect(outcome == .accepted("SMTP 250 2.0.0"))
        let expected = [
            "EHLO node.example", "MAIL FROM:<heed@shop.example>", "RCPT TO:<ada@mail.example>",
            "DATA", "Date: Sat, 31 Jan 2026 09:30:00 +0000",
        ]
        #expect(Array(lines.prefix(5)) == expected)
        #expect(lines.contains("SGVsbG8NCg=="))
    }

    @Test(arguments: ["EHLO", "MAIL", "RCPT", "DATA", "."])
    func aConnectionThatBreaksIsTriedLater(_ command: String) async throws {
        var answers = SMTPMailerTests.good
        answers[command] = "close"
        let (outcome, _) = try await send(answers)
        guard case .tryLater = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func aRefusedReceiverIsRefused() async throws {
        var answers = SMTPMailerTests.good
        answers["RCPT"] = "550 5.1.1 no ada@mail.example here"
        #expect(try await send(answers).0 == .refused("SMTP 550 5.1.1"))
    }

    @Test func whatIsNoMailServerIsSaid() async throws {
        let (outcome, _) = try await send([:], greeting: "HTTP/1.1 400 Bad Request")
        #expect(outcome == .tryLater("the server does not speak SMTP"))
    }

    @Test func aSilentServerEndsInTime() async throws {
        let (outcome, _) = try await send([:], greeting: "", timeoutSeconds: 1)
        #expect(outcome == .tryLater("no complete answer in time"))
    }

    @Test func plainTextAfterSTARTTLSIsRefused() async throws {
        var answers = SMTPMailerTests.good
        answers["EHLO"] = "250-mx\r\n250 STARTTLS"
        answers["STARTTLS"] = "220 go\r\n250 injected"
        let (outcome, lines) = try await send(answers, security: .startTLS)
        #expect(outcome == .tryLater("the server does not speak SMTP"))
        #expect(!lines.contains { $0.hasPrefix("MAIL") })
    }

    @Test func nobodyThere() async throws {
        let server = MailServer(host: "127.0.0.1", port: 1, security: .none)
        let message = try MailMessage(
            from: "a@b.example",
            to: "c@d.example",
            subject: "s",
            text: ""
        )
        let outcome = await SMTPMailer(server).send(message, bytes: [])
        #expect(outcome == .tryLater("no connection, or it was lost"))
    }
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
