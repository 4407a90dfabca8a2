// The way from a node to its database, which a test can silence, cut and mend.

import Foundation
import Synchronization

/// Listens on a port of loopback and passes bytes on to a server's socket, as long as it may.
final class Network: Sendable {
    /// What happens to bytes.
    enum State: Sendable {
        /// They arrive.
        case open
        /// They are neither passed on nor refused, as behind a switch that has lost its way.
        case silent
        /// Connections are broken, in the middle of whatever they carry, and new ones too.
        case cut
    }

    let port: Int
    private let listener: Socket
    private let target: String
    private let gate = NSCondition()
    private let inner = Mutex(Inner())

    private struct Inner {
        var state = State.open
        var connections: [ObjectIdentifier: Connection] = [:]
        var broken = 0
        var held = 0
    }

    init(to target: String) throws {
        self.target = target
        listener = try Socket()
        port = try listener.bind()
        listen(listener.descriptor, 128)
        Thread.detachNewThread { self.acceptAll() }
    }

    /// Connections that were broken while they were open.
    var brokenCount: Int { inner.withLock { $0.broken } }

    /// How often bytes were held up.
    var heldCount: Int { inner.withLock { $0.held } }

    /// From now on bytes fare like this.
    func become(_ state: State) {
        let broken = inner.withLock { inner in
            inner.state = state
            guard state == .cut else { return [Connection]() }
            defer { inner.connections = [:] }
            inner.broken += inner.connections.count
            return Array(inner.connections.values)
        }
        for connection in broken { connection.shut() }
        gate.lock()
        gate.broadcast()
        gate.unlock()
    }

    /// Ends it; whoever is connected is cut off.
    func close() {
        become(.cut)
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener.descriptor, nil, nil)
            guard descriptor >= 0 else {
                if errno == EAGAIN || errno == EINTR { continue }
                return
            }
            // A program started meanwhile must not keep the connection open.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            guard let server = try? Socket(path: target) else {
                _ = Foundation.close(descriptor)
                continue
            }
            let connection = Connection(client: Socket(descriptor: descriptor), server: server)
            let isOpen = inner.withLock { inner in
                guard inner.state != .cut else { return false }
                inner.connections[ObjectIdentifier(connection)] = connection
                return true
            }
            guard isOpen else { continue }
            for isRequest in [true, false] {
                Thread.detachNewThread {
                    self.pump(connection, isRequest: isRequest)
                    connection.shut()
                    self.inner.withLock { $0.connections[ObjectIdentifier(connection)] = nil }
                }
            }
        }
    }

    /// One direction of one connection.
    private func pump(_ connection: Connection, isRequest: Bool) {
        let from = isRequest ? connection.client : connection.server
        let to = isRequest ? connection.server : connection.client
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(from.descriptor, &bytes, bytes.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0, mayPass() else { return }
            guard (try? to.write(Array(bytes.prefix(count)))) != nil else { return }
        }
    }

    /// Waits while it is silent; false once it is cut.
    private func mayPass() -> Bool {
        gate.lock()
        defer { gate.unlock() }
        while true {
            let state = inner.withLock { inner in
                if inner.state == .silent { inner.held += 1 }
                return inner.state
            }
            switch state {
            case .open: return true
            case .cut: return false
            case .silent: gate.wait()
            }
        }
    }
}

/// The two halves of a way through.
private final class Connection: Sendable {
    let client: Socket
    let server: Socket

    init(client: Socket, server: Socket) {
        self.client = client
        self.server = server
    }

    func shut() {
        shutdown(client.descriptor, Int32(SHUT_RDWR))
        shutdown(server.descriptor, Int32(SHUT_RDWR))
    }
}

extension Socket {
    /// Connects to a socket in the file system.
    convenience init(path: String) throws {
        #if canImport(Darwin)
        let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #else
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, flags, 0)
        #endif
        self.init(descriptor: descriptor)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw Failure("\(path) refuses connections") }
    }
}
