// Wakes the workers of this process when a commit leaves work, so that they need not poll for it.

import Synchronization

/// Told once per commit that added work; forgets rings nobody waited for beyond one.
public final class Doorbell: Sendable {
    /// Where a ring comes from.
    public enum Origin: Sendable {
        /// A commit of this process.
        case here
        /// Another process, which has told its own workers already.
        case elsewhere
    }

    /// Which rings a listener hears.
    public enum Hearing: Sendable {
        /// All of them.
        case all
        /// Those of this process, to be passed on to others.
        case here
    }

    private struct Listener {
        let hearing: Hearing
        let continuation: AsyncStream<Void>.Continuation
    }

    private let listeners = Mutex<[Listener]>([])

    /// Makes a bell with no listeners.
    public init() {}

    /// Wakes the listeners.
    public func ring(from origin: Origin = .here) {
        listeners.withLock { listeners in
            listeners.removeAll { listener in
                if origin == .elsewhere, listener.hearing == .here { return false }
                if case .terminated = listener.continuation.yield() { return true }
                return false
            }
        }
    }

    /// A stream with one element per ring; rings while the listener is busy fold into one.
    public func rings(_ hearing: Hearing = .all) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1)
        )
        listeners.withLock {
            $0.append(Listener(hearing: hearing, continuation: continuation))
        }
        return stream
    }
}
