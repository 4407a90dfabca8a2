// Requests for the load generator: whole, one behind the other.

import CRawEngines
import HeedStore

/// What many connections send, each request once.
struct Requests {
    private var bytes: [CChar] = []
    private var ends: [Int] = []

    init(_ texts: [String]) {
        for text in texts {
            bytes += text.utf8.map { CChar(bitPattern: $0) }
            ends.append(bytes.count)
        }
    }

    /// Sends all; answers requests a second.
    func rate(to port: Int, connections: Int) throws -> Double {
        let rate = raw_http_rate(Int32(port), Int32(connections), bytes, ends, ends.count)
        guard rate > 0 else {
            throw StoreError(.unavailable, "a request was not answered as it should be")
        }
        return rate
    }
}
