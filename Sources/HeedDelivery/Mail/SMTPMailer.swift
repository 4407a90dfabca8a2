// Hands messages to a mail server over the network.

import HeedConsent
import NIOCore
import NIOPosix
import NIOSSL

/// A mail server and how to talk to it.
package struct MailServer: Sendable {
    /// Its name; also the name its certificate must have.
    package var host: String
    /// Its port.
    package var port: Int
    /// How the connection is protected.
    package var security: MailSecurity
    /// How to log in.
    package var credentials: MailCredentials?
    /// Seconds a whole conversation may take.
    package var timeoutSeconds: Int64 = 30
    /// The name that this machine says it has; a server may turn away one that is made up.
    package var client = "heed.invalid"
    /// Certificates to trust besides the system's, in PEM; for servers with a certificate of their
    /// own making.
    package var trusting: String?

    /// Takes where it is and how to reach it.
    package init(
        host: String,
        port: Int,
        security: MailSecurity,
        credentials: MailCredentials? = nil
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.credentials = credentials
    }
}

/// Sends messages, one connection each.
///
/// Mail of Heed's own is rare: alerts and confirmations. A failure is an outcome and never thrown,
/// because whoever sends has to decide what to do then.
package struct SMTPMailer: Sendable {
    private let server: MailServer

    /// Takes the server.
    package init(_ server: MailServer) { self.server = server }

    /// Hands over one message.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - bytes: Its form on the wire, as `MailMessage.bytes` makes it.
    /// - Returns: What became of it.
    package func send(_ message: MailMessage, bytes: [UInt8]) async -> MailOutcome {
        let dialogue = SMTPDialogue(
            client: server.client,
            message: message,
            security: server.security,
            credentials: server.credentials
        )
        do {
            return try await withThrowingTaskGroup(of: MailOutcome.self) { group in
                group.addTask { try await converse(dialogue, bytes) }
                group.addTask {
                    try await Task.sleep(for: .seconds(server.timeoutSeconds))
                    return .tryLater("no complete answer in time")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? .tryLater("cancelled")
            }
        } catch is NIOSSLError {
            return .tryLater("the server's certificate or TLS was not accepted")
        } catch is MailProtocolError {
            return .tryLater("the server does not speak SMTP")
        } catch {
            return .tryLater("no connection, or it was lost")
        }
    }

    private func converse(
        _ dialogue: SMTPDialogue,
        _ message: [UInt8]
    ) async throws -> MailOutcome {
        let server = self.server
        let stream = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(server.timeoutSeconds))
            .connect(host: server.host, port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if server.security == .tls {
                        try channel.pipeline.syncOperations.addHandler(SMTPMailer.tls(server))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        return try await stream.executeThenClose { inbound, outbound in
            var dialogue = dialogue
            var reader = SMTPReplyReader()
            var lines = ReplyLines()
            for try await part in inbound {
                try lines.append(part)
                while let line = lines.next() {
                    guard let reply = try reader.take(line) else { continue }
                    var step = dialogue.take(reply)
                    if step == .startTLS {
                        // Whatever came with the reply was sent by somebody in between (RFC 3207).
                        guard lines.isEmpty else { throw MailProtocolError() }
                        let channel = stream.channel
                        try await channel.eventLoop.submit {
                            try channel.pipeline.syncOperations.addHandler(
                                SMTPMailer.tls(server),
                                position: .first
                            )
                        }.get()
                        step = dialogue.afterTLS()
                    }
                    switch step {
                    case .send(let text): try await outbound.write(ByteBuffer(string: text))
                    case .sendMessage:
                        let end = Array(".\r\n".utf8)
                        try await outbound.write(ByteBuffer(bytes: stuffed(message) + end))
                    case .startTLS: throw MailProtocolError()
                    case .end(let outcome):
                        try? await outbound.write(ByteBuffer(string: "QUIT\r\n"))
                        return outcome
                    }
                }
            }
            return .tryLater("the server closed the connection")
        }
    }

    private static func tls(_ server: MailServer) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let pem = server.trusting {
            let certificates = try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8))
            configuration.additionalTrustRoots = [.certificates(certificates)]
        }
        let isAddress = (try? SocketAddress(ipAddress: server.host, port: 0)) != nil
        return try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration),
            serverHostname: isAddress ? nil : server.host
        )
    }
}

/// A line that starts with a dot gets one more (RFC 5321 §4.5.2).
func stuffed(_ message: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(message.count + 16)
    var isStart = true
    for byte in message {
        if isStart, byte == UInt8(ascii: ".") { bytes.append(byte) }
        bytes.append(byte)
        isStart = byte == UInt8(ascii: "\n")
    }
    return bytes
}

/// A server's bytes as they come, taken out as lines; a server that never ends a line is cut off.
struct ReplyLines {
    private static let bytesMaximum = 16_384
    private var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ buffer: ByteBuffer) throws(MailProtocolError) {
        bytes += buffer.readableBytesView
        guard bytes.count <= ReplyLines.bytesMaximum else { throw MailProtocolError() }
    }

    mutating func next() -> String? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: bytes[..<end], as: UTF8.self)
        bytes.removeFirst(end + 1)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }
}
