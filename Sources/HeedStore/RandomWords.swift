// Random words for ids, nonces and keys, drawn from their source many at a time.

import Synchronization

/// Hands out random words one by one and draws new ones when there are none left.
///
/// A call of the system costs as much as drawing dozens of words, and an opt-out takes a dozen.
/// Each word is handed out once, and is not kept.
public final class RandomWords: Sendable {
    private let draw: @Sendable () -> [UInt64]
    private let left = Mutex<[UInt64]>([])

    /// Takes the source, which answers with at least one fresh word, from a generator fit for keys.
    public init(drawing draw: @escaping @Sendable () -> [UInt64]) { self.draw = draw }

    /// The next word.
    public func next() -> UInt64 {
        left.withLock { left in
            if left.isEmpty { left = draw() }
            let last = left.endIndex - 1
            defer {
                left[last] = 0
                left.removeLast()
            }
            return left[last]
        }
    }
}
