// A port of this machine at which every connection is refused.

import Foundation

/// A port that is taken and not listened to, until the last copy goes away.
///
/// A port that was merely closed again may be given to another test's server at once.
final class RefusedPort {
    /// Its number.
    let number: Int
    private let descriptor: Int32

    init() throws {
        #if canImport(Darwin)
        let stream = SOCK_STREAM
        #else
        let stream = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #endif
        descriptor = socket(AF_INET, stream, 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let result = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard result == 0 else { throw NoPort() }
        number = Int(UInt16(bigEndian: name.sin_port))
    }

    deinit { close(descriptor) }

    /// There is no port left.
    struct NoPort: Error {}
}
