// A mail server on a port of its own that takes every message, or turns the first ones away.

import Foundation
import Synchronization

/// Speaks as much SMTP as it takes to be handed a message (RFC 5321).
final class MailSink: Sendable {
    let port: Int
    private let socket: Socket
    private let state: Mutex<State>

    private let refusal: String

    private struct State {
        var messages: [String] = []
        var refusals: Int
    }

    /// Listens; the first `refusals` messages are turned away, to come again later unless `code`
    /// says otherwise.
    init(refusals: Int = 0, code refusal: String = "451 4.3.0 later") throws {
        self.refusal = refusal
        socket = try Socket()
        port = try socket.bind()
        state = Mutex(State(refusals: refusals))
        socket.acceptAll(16) { [weak self] in try self?.converse($0) }
    }

    deinit { shutdown(socket.descriptor, Int32(SHUT_RDWR)) }

    /// Every message that was taken, as it came.
    var messages: [String] { state.withLock { $0.messages } }

    /// The parts of a message, decoded.
    static func parts(_ message: String) -> [String] {
        message.replacing("\r\n", with: "\n").split(separator: "\n--heed-").dropFirst().compactMap {
            guard let start = $0.firstRange(of: "\n\n")?.upperBound else { return nil }
            let body = $0[start...].replacing("\n", with: "")
            return Data(base64Encoded: String(body)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private func converse(_ connection: Socket) throws {
        var reader = Reader(connection)
        func say(_ line: String) throws { try connection.write(Array((line + "\r\n").utf8)) }
        try say("220 sink")
        while let line = try reader.line() {
            switch line.prefix(4).uppercased() {
            case "EHLO", "MAIL", "RCPT": try say("250 ok")
            case "DATA":
                try say("354 go on")
                var message = ""
                while let line = try reader.line(), line != "." { message += line + "\r\n" }
                try say(take(message) ? "250 2.0.0 taken" : refusal)
            case "QUIT": return try say("221 bye")
            default: try say("500 what")
            }
        }
    }

    private func take(_ message: String) -> Bool {
        state.withLock { state in
            guard state.refusals == 0 else {
                state.refusals -= 1
                return false
            }
            state.messages.append(message)
            return true
        }
    }

    /// Lines from a socket.
    private struct Reader {
        private let socket: Socket
        private var bytes: [UInt8] = []

        init(_ socket: Socket) { self.socket = socket }

        mutating func line() throws -> String? {
            while true {
                if let end = bytes.firstRange(of: Array("\r\n".utf8)) {
                    let line = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                    bytes.removeSubrange(..<end.upperBound)
                    return line
                }
                let more = try socket.read()
                guard !more.isEmpty else { return nil }
                bytes += more
            }
        }
    }
}
