// Waits for conditions: the only place in these tests that knows of time.

import Foundation

/// A condition that did not come true, or a set-up that these tests cannot do without.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Returns once `condition` holds; throws with `what` when it never does.
///
/// The limit is far beyond what a slow machine needs, because it only bounds a failing test.
func eventually(
    _ what: String,
    withinSeconds limit: Int = 120,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(limit)
    while true {
        // Before the look, which may have to wait for a processor much longer than what it looks
        // at takes: only what is not so after the limit is late.
        let isLast = ContinuousClock.now >= deadline
        if try await condition() { return }
        guard !isLast else { throw Failure("not within \(limit) seconds: \(what)") }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) {
                continuation.resume()
            }
        }
    }
}

/// Runs work that blocks on a thread of its own, so that it holds up no other test.
func blocking<Answer: Sendable>(
    _ work: @escaping @Sendable () throws -> Answer
) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
