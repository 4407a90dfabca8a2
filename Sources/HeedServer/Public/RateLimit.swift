// How often one client may ask something of the public pages, counted in this process.

import HTTPTypes
import HeedConsent
import Hummingbird
import Synchronization

/// Counts by key within windows of time.
///
/// It holds a bounded number of keys: whoever comes when it is full waits for the next window. It
/// stands before sign-ups and mail only; nothing that stops mailings is ever limited.
package final class RateLimit: Sendable {
    private struct Window {
        var number: Int64 = 0
        var counts: [String: Int] = [:]
    }

    private let most: Int
    private let seconds: Int64
    private let keysMaximum: Int
    private let window = Mutex(Window())

    /// Allows `most` of a key in so many seconds, for at most `keysMaximum` keys.
    package init(most: Int, seconds: Int64, keysMaximum: Int) {
        self.most = most
        self.seconds = seconds
        self.keysMaximum = keysMaximum
    }

    /// Whether one more is allowed now; counts it.
    func allows(_ key: String, at now: Timestamp) -> Bool {
        let number = now.wholeSeconds / seconds
        return window.withLock { window in
            if window.number != number { window = Window(number: number) }
            guard window.counts[key] != nil || window.counts.count < keysMaximum else {
                return false
            }
            let count = window.counts[key, default: 0] + 1
            window.counts[key] = count
            return count <= most
        }
    }
}
