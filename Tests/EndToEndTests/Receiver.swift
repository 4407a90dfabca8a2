// The other system: takes webhooks on a port of its own, and can be down.

import Foundation
import Synchronization

/// A receiver that is down until `goUp`, and then keeps every message it got.
final class Receiver: Sendable {
    /// The port, which is taken from the start, so that nobody else listens there.
    let port: Int
    private let socket: Socket
    private let state = Mutex(State())
    private let status: @Sendable (_ count: Int) -> Int

    private struct State {
        var messages: [Message] = []
        var accepted: Set<String> = []
    }

    /// `status` says what to answer to the message with a number, from 1.
    init(status: @escaping @Sendable (_ count: Int) -> Int = { _ in 204 }) throws {
        self.status = status
        socket = try Socket()
        port = try socket.bind()
    }

    deinit { shutdown(socket.descriptor, Int32(SHUT_RDWR)) }

    var url: String { "http://127.0.0.1:\(port)/hook" }

    /// Every message that came, also those that were turned away.
    var messages: [Message] { state.withLock { $0.messages } }

    /// The `webhook-id` of every message that was accepted.
    var accepted: Set<String> { state.withLock { $0.accepted } }

    /// Starts to listen.
    func goUp() {
        socket.acceptAll(128) { [weak self] in try self?.take($0) }
    }

    private func take(_ connection: Socket) throws {
        let message = try Message(from: connection)
        let answer = state.withLock { state in
            state.messages.append(message)
            let answer = status(state.messages.count)
            if answer < 300 { state.accepted.insert(message.headers["webhook-id"] ?? "") }
            return answer
        }
        let reply = "HTTP/1.1 \(answer) Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        try connection.write(Array(reply.utf8))
    }
}
