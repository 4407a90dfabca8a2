// What a connector's answer means for the job that asked: done, later, or never.

import HeedConnectors
import HeedConsent
import HeedEngine
import HeedStore

/// Turns answers into outcomes, and says when the next attempt is due.
struct AttemptRule: Sendable {
    let retryPolicy: RetryPolicy
    let surroundings: Surroundings

    /// What the answer to an order means after so many attempts.
    func outcome(_ answer: ConnectorAnswer, _ attempt: Int) -> AttemptOutcome {
        switch answer {
        case .done(let text), .alreadyDone(let text): .confirmed(text)
        case .retry(let seconds, let text): later(text, attempt, after: seconds)
        // The answer to a question, which no order ends with.
        case .absent(let text): later(text, attempt, after: nil)
        case .giveUp(let text): .givenUp(text)
        }
    }

    private func later(_ answer: String, _ attempt: Int, after seconds: Int64?) -> AttemptOutcome {
        let next = retryPolicy.next(
            after: attempt,
            at: surroundings.now(),
            random: surroundings.random(),
            retryAfter: seconds
        )
        return .failed(answer, retryAt: next)
    }
}
