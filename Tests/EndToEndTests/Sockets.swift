// Blocking TCP on loopback, just enough to speak HTTP/1.1 in both directions.

import Foundation

#if canImport(Darwin)
private let stream = SOCK_STREAM
#else
private let stream = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
#endif

/// A TCP socket; closed when the last copy goes away.
final class Socket: Sendable {
    let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, stream, 0)
        guard descriptor >= 0 else { throw Failure("there is no socket left") }
        // A peer that never answers fails a test instead of holding it up for ever.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to a port of this machine.
    func connect(to port: Int) throws {
        guard address(port, { Foundation.connect(descriptor, $0, $1) }) == 0 else {
            throw Failure("port \(port) refuses connections")
        }
    }

    /// Takes a free port of this machine without listening: connections are refused.
    func bind() throws -> Int {
        guard address(0, { Foundation.bind(descriptor, $0, $1) }) == 0 else {
            throw Failure("there is no port left")
        }
        var name = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size)
            }
        }
        return Int(UInt16(bigEndian: name.sin_port))
    }

    /// Listens, and hands each connection to a thread of its own, until the socket is shut down.
    func acceptAll(_ waiting: Int32, _ take: @escaping @Sendable (Socket) throws -> Void) {
        listen(descriptor, waiting)
        Thread.detachNewThread { [self] in
            while true {
                let accepted = accept(descriptor, nil, nil)
                guard accepted >= 0 else {
                    if errno == EAGAIN || errno == EINTR { continue }
                    return
                }
                // A program started meanwhile must not keep the connection open.
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                let connection = Socket(descriptor: accepted)
                Thread.detachNewThread { try? take(connection) }
            }
        }
    }

    private func address(
        _ port: Int,
        _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        name.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            #if canImport(Darwin)
            let flags: Int32 = 0
            #else
            let flags = Int32(MSG_NOSIGNAL)
            #endif
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, flags)
            }
            guard count > 0 else { throw Failure("the connection broke while writing") }
            sent += count
        }
    }

    /// Some bytes; none when the other end has closed.
    func read() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw Failure("the connection broke while reading") }
        return Array(bytes.prefix(count))
    }
}

/// A request or a reply.
struct Message: Sendable {
    /// The first line.
    let start: String
    /// Names are in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Reads one from a connection.
    init(from socket: Socket) throws {
        var bytes: [UInt8] = []
        var head: Range<Int>?
        while head == nil {
            let more = try socket.read()
            guard !more.isEmpty else { throw Failure("the connection ended without a message") }
            bytes += more
            head = bytes.firstRange(of: Array("\r\n\r\n".utf8))
        }
        let end = head ?? 0..<0
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .split(separator: "\r\n")
        start = String(lines.first ?? "")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard let name = parts.first, let value = parts.last, parts.count == 2 else { continue }
            headers[name.lowercased()] = value.trimmingCharacters(in: .whitespaces)
        }
        self.headers = headers
        bytes.removeSubrange(..<end.upperBound)
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        let isChunked = headers["transfer-encoding"] == "chunked"
        // The last chunk is empty (RFC 9112 §7.1); no test sends text that looks like it.
        let last = Array("0\r\n\r\n".utf8)
        while bytes.count < length || isChunked && bytes.suffix(last.count) != last[...] {
            let more = try socket.read()
            guard !more.isEmpty else { throw Failure("the connection ended within a message") }
            bytes += more
        }
        body = isChunked ? Message.joined(bytes) : bytes
    }

    /// What stands in the chunks of a body.
    private static func joined(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16)
            guard let size, size > 0 else { break }
            rest = rest[line.upperBound...]
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return body
    }
}
