// Words that were drawn together are each handed out once, to whoever asks.

import HeedStore
import Synchronization
import Testing

@Suite("RandomWords")
struct RandomWordsTests {
    @Test func eachWordIsHandedOutOnce() async {
        let source = Source()
        let words = RandomWords { source.draw() }
        #expect(source.draws == 0)
        let given = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 { group.addTask { (0..<30).map { _ in words.next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(given.sorted() == Array(0..<240))
        #expect(source.draws == 80)
    }

    /// Counts up, three words at a time.
    private final class Source: Sendable {
        private let next = Mutex<UInt64>(0)

        var draws: UInt64 { next.withLock { $0 / 3 } }

        func draw() -> [UInt64] {
            next.withLock { next in
                defer { next += 3 }
                return Array(next..<next + 3)
            }
        }
    }
}
