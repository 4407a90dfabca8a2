// The waits between attempts: their bounds, and that a receiver can only lengthen them.

import HeedConsent
import HeedDelivery
import Testing

@Suite("Retry policy")
struct RetryPolicyTests {
    private static let table: [Int64] = [
        5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 36_000, 36_000, 36_000,
    ]
    private static let randoms: [UInt64] = [0, 1, 1 << 32, 1 << 63, .max - 1, .max]
    private let now = Timestamp(seconds: 1_769_851_800)

    @Test(arguments: 1...11)
    func everyWaitIsWithinAFifth(_ attempt: Int) {
        let policy = RetryPolicy()
        let middle = Self.table[attempt - 1] * 1_000_000
        #expect(policy.delayMicroseconds(after: attempt, random: 0) == middle * 4 / 5)
        #expect(policy.delayMicroseconds(after: attempt, random: 1 << 63) == middle)
        #expect(policy.delayMicroseconds(after: attempt, random: .max) == middle * 6 / 5)
        for random in Self.randoms {
            let next = policy.next(after: attempt, at: now, random: random, retryAfter: nil)
            let delay = policy.delayMicroseconds(after: attempt, random: random)
            #expect(next.microseconds - now.microseconds == delay)
            #expect((middle * 4 / 5...middle * 6 / 5).contains(delay))
        }
    }

    @Test(
        arguments: [(Int.min, 5), (-1, 5), (0, 5), (12, 36_000), (13, 36_000), (Int.max, 36_000)]
            as [(Int, Int64)]
    )
    func attemptsOutsideTheTableTakeItsEnds(_ attempt: Int, _ seconds: Int64) {
        let delay = RetryPolicy().delayMicroseconds(after: attempt, random: 1 << 63)
        #expect(delay == seconds * 1_000_000)
    }

    @Test func allAttemptsTogetherSpanAboutTwoDays() {
        #expect(RetryPolicy.delaysSeconds.count == Job.attemptsMaximum - 1)
        #expect((40 * 3600...56 * 3600).contains(RetryPolicy.delaysSeconds.reduce(0, +)))
    }

    @Test(
        arguments: [
            (nil, 30), (0, 30), (-5, 30), (29, 30), (30, 30), (31, 31), (86_400, 86_400),
            (86_401, 86_400), (.max, 86_400), (.min, 30),
        ] as [(Int64?, Int64)]
    )
    func aReceiverLengthensTheWaitOnly(_ asked: Int64?, _ expected: Int64) {
        let next = RetryPolicy().next(after: 2, at: now, random: 1 << 63, retryAfter: asked)
        #expect(next == now.adding(seconds: expected))
    }

    @Test(arguments: Self.randoms)
    func theScaleShortensWaitsButNotWhatWasAsked(_ random: UInt64) {
        let policy = RetryPolicy(scale: 0.001)
        let delay = policy.delayMicroseconds(after: 1, random: random)
        #expect((4000...6000).contains(delay))
        #expect(RetryPolicy(scale: 0).delayMicroseconds(after: 11, random: random) == 0)
        let asked = policy.next(after: 1, at: now, random: random, retryAfter: 1)
        #expect(asked == now.adding(seconds: 1))
    }
}
