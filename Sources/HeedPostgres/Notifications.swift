// LISTEN and NOTIFY: one node wakes the workers of all others, and polling covers a lost word.

import CPostgres
import Foundation
import HeedStore
import Synchronization

extension PostgresConnection {
    /// The words that came on channels this session listens to, waiting for the first.
    func notifications(waitMilliseconds: Int32) throws(StoreError) -> [String] {
        let socket = pollfd(fd: self.socket, events: Int16(POLLIN), revents: 0)
        var sockets = [socket]
        _ = unsafe poll(&sockets, 1, waitMilliseconds)
        guard !hasBeenCut else { throw .lost("the connection was lost") }
        return receivedNotifications()
    }
}

extension PostgresDatabase {
    /// Tells the other nodes that there is work.
    ///
    /// Not in the transaction that adds the work: a commit with a NOTIFY waits for every other one
    /// of the database.
    public func notifyOthers() async throws {
        let node = node
        try await write { transaction in
            _ = try transaction.connection.run("SELECT pg_notify('heed_work', $1)", [.text(node)])
        }
    }

    /// One element for each time that other nodes said there is work; several may fold into one.
    ///
    /// It has a session of its own, beside the pool's, until the stream is no longer wanted.
    public func notifications() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1)
        )
        let listener = Listener(options: options, node: node, continuation: continuation)
        continuation.onTermination = { _ in listener.stop() }
        let thread = Thread { listener.run() }
        thread.name = "heed-listen"
        thread.start()
        return stream
    }
}

/// The thread that listens.
private final class Listener: Sendable {
    /// How soon it notices that nobody listens any more.
    private static let lookMilliseconds: Int32 = 500

    private let options: PostgresOptions
    private let node: String
    private let continuation: AsyncStream<Void>.Continuation
    private let isStopped = Atomic<Bool>(false)

    init(options: PostgresOptions, node: String, continuation: AsyncStream<Void>.Continuation) {
        self.options = options
        self.node = node
        self.continuation = continuation
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    func run() {
        while !isStopped.load(ordering: .relaxed) {
            // A lost connection is made again; what was said meanwhile is found by polling.
            _ = try? listen()
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    private func listen() throws(StoreError) {
        let connection = try PostgresConnection(options)
        _ = try connection.run("LISTEN heed_work", [])
        continuation.yield()
        while !isStopped.load(ordering: .relaxed) {
            let words = try connection.notifications(waitMilliseconds: Listener.lookMilliseconds)
            // A node's own work has woken its own workers already.
            if words.contains(where: { $0 != node }) { continuation.yield() }
        }
    }
}
