// A clock that stands still until a test moves it.

package import HeedConsent
import Synchronization

/// The present of a test, which any thread may read and move.
package final class TestClock: Sendable {
    private let present: Mutex<Timestamp>

    /// Stands at a Saturday morning in January 2026.
    package init(at start: Timestamp = Timestamp(seconds: 1_769_851_800)) {
        present = Mutex(start)
    }

    /// The present.
    package var now: Timestamp { present.withLock { $0 } }

    /// Moves to an instant, forwards or back.
    package func set(to time: Timestamp) { present.withLock { $0 = time } }

    /// Moves on.
    package func advance(seconds: Int64) {
        present.withLock { $0 = $0.adding(seconds: seconds) }
    }

    /// Moves on by less than a second.
    package func advance(microseconds: Int64) {
        present.withLock { $0 = Timestamp(microseconds: $0.microseconds + microseconds) }
    }
}
