// How long to wait before telling another system again.

import HeedConnectors
package import HeedConsent

/// The delays between attempts: quick at first for a hiccup, then slow for an outage.
///
/// The twelve attempts of `Job.attemptsMaximum` span about two days. Every delay is spread by a
/// fifth either way, so that what failed together does not come back together.
package struct RetryPolicy: Hashable, Sendable {
    /// The delay after each attempt, in seconds; the last one holds for all that follow.
    package static let delaysSeconds: [Int64] = [
        5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 36_000, 36_000, 36_000,
    ]

    /// What each delay is multiplied by; tests and demonstrations make it small.
    package let scale: Double

    /// Makes a policy; the scale must not be negative.
    package init(scale: Double = 1) {
        precondition(scale >= 0 && scale <= 1000, "a scale is within 0 and 1000")
        self.scale = scale
    }

    /// When to try again after attempt number `attempt` (1 is the first) failed at `now`.
    ///
    /// - Parameters:
    ///   - attempt: How often it was tried.
    ///   - now: When the last attempt ended.
    ///   - random: 64 random bits, which place the instant within the spread.
    ///   - retryAfter: Seconds the other system asked for; they can only lengthen the wait.
    /// - Returns: The instant before which there is no further attempt.
    package func next(
        after attempt: Int,
        at now: Timestamp,
        random: UInt64,
        retryAfter: Int64?
    ) -> Timestamp {
        let own = delayMicroseconds(after: attempt, random: random)
        let asked = min(max(0, retryAfter ?? 0), RetryAfter.secondsMaximum) * 1_000_000
        return Timestamp(microseconds: now.microseconds + max(own, asked))
    }

    /// The spread delay in microseconds after attempt number `attempt`.
    package func delayMicroseconds(after attempt: Int, random: UInt64) -> Int64 {
        let index = min(max(attempt, 1), RetryPolicy.delaysSeconds.count) - 1
        let middle = Int64(Double(RetryPolicy.delaysSeconds[index] * 1_000_000) * scale)
        let fifth = middle / 5
        let offset = UInt64(fifth * 2 + 1).multipliedFullWidth(by: random).high
        return middle - fifth + Int64(offset)
    }
}
