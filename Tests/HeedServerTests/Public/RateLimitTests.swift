// Tests that a client is counted by itself, within a window, and that the count stays small.

import HeedConsent
import Testing

@testable import HeedServer

@Suite("Rate limit")
struct RateLimitTests {
    private let start = Timestamp(seconds: 1_769_851_800)

    @Test func eachClientIsCountedByItself() {
        let limit = RateLimit(most: 2, seconds: 60, keysMaximum: 10)
        #expect(limit.allows("a", at: start) && limit.allows("a", at: start))
        #expect(!limit.allows("a", at: start))
        #expect(limit.allows("b", at: start))
        #expect(!limit.allows("a", at: start.adding(seconds: 59)))
        #expect(limit.allows("a", at: start.adding(seconds: 60)))
    }

    @Test func whoComesWhenItIsFullWaits() {
        let limit = RateLimit(most: 5, seconds: 60, keysMaximum: 2)
        #expect(limit.allows("a", at: start) && limit.allows("b", at: start))
        #expect(!limit.allows("c", at: start))
        #expect(limit.allows("a", at: start))
        #expect(limit.allows("c", at: start.adding(seconds: 60)))
    }
}
