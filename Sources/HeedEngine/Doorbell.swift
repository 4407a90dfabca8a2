// Wakes the workers of this process when a commit leaves work, so that they need not poll for it.

import Synchronization

/// Told once per commit that added work; forgets rings nobody waited for beyond one.
public final class Doorbell: Sendable {
    private let listeners = Mutex<[AsyncStream<Void>.Continuation]>([])

    /// Makes a bell with no listeners.
    public init() {}

    /// Wakes every listener.
    public func ring() {
        listeners.withLock { listeners in
            listeners.removeAll { listener in
                if case .terminated = listener.yield() { true } else { false }
            }
        }
    }

    /// A stream with one element per ring; rings while the listener is busy fold into one.
    public func rings() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1)
        )
        listeners.withLock { $0.append(continuation) }
        return stream
    }
}
