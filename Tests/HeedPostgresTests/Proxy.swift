// A socket between client and server that can be cut at the worst moments.

import Foundation
import HeedStore
import Synchronization

/// Passes bytes on until it sees a COMMIT, if it is told to cut there.
final class Proxy: Sendable {
    /// Where to cut.
    enum Cut: CaseIterable, Sendable {
        /// The server never gets the order.
        case beforeTheServer
        /// The server has done it, and its answer is lost.
        case beforeTheClient
    }

    let folder: String
    private let target: String
    private let listener: Int32
    private let cut = Mutex<Cut?>(nil)
    private let cuts = Mutex(0)

    init(to target: String) throws {
        self.target = target
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "heed-px-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        listener = Proxy.socket()
        let isListening = Proxy.withAddress(folder + "/.s.PGSQL.5432") { bind(listener, $0, $1) }
        guard isListening == 0, listen(listener, 16) == 0 else {
            throw StoreError(.unavailable, "the proxy cannot listen")
        }
        let thread = Thread { self.acceptAll() }
        thread.start()
    }

    /// Cuts the next connection that commits.
    func cutNext(_ cut: Cut) { self.cut.withLock { $0 = cut } }

    /// How many connections were cut.
    var cutCount: Int { cuts.withLock { $0 } }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        _ = Glibc.close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = Proxy.socket()
            guard Proxy.withAddress(target, { connect(server, $0, $1) }) == 0 else {
                _ = Glibc.close(client)
                continue
            }
            let thread = Thread { self.pump(client, server) }
            thread.start()
        }
    }

    private func pump(_ client: Int32, _ server: Int32) {
        var sockets = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        var isAnswerLost = false
        defer {
            _ = Glibc.close(client)
            _ = Glibc.close(server)
        }
        while poll(&sockets, 2, -1) > 0 {
            if sockets[0].revents != 0 {
                guard let bytes = Proxy.receive(client) else { return }
                if bytes.contains(Proxy.order), let cut = cut.withLock({ $0.take() }) {
                    cuts.withLock { $0 += 1 }
                    guard cut == .beforeTheClient else { return }
                    isAnswerLost = true
                }
                Proxy.send(bytes, to: server)
            }
            if sockets[1].revents != 0 {
                guard let bytes = Proxy.receive(server), !isAnswerLost else { return }
                Proxy.send(bytes, to: client)
            }
        }
    }

    /// How a statement COMMIT is first sent: its text between two zero bytes.
    private static let order = Array("\u{0}COMMIT\u{0}".utf8)

    private static func socket() -> Int32 {
        Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    }

    private static func receive(_ socket: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    private static func send(_ bytes: [UInt8], to socket: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
