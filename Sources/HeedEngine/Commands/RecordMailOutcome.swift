// Writes down what became of a message of Heed's own.

public import HeedConsent
public import HeedStore

/// Ends a mail job, has it tried again, or gives it up.
public struct RecordMailOutcome: Command {
    /// What became of a message.
    public enum Outcome: Hashable, Sendable {
        /// The mail server has it, or it is not wanted any more.
        case done
        /// It did not go; try again then.
        case failed(retryAt: Timestamp)
        /// It will never go; an operator must look.
        case givenUp
    }

    let job: JobID
    let outcome: Outcome

    /// Names the job and how it ended.
    public init(job: JobID, outcome: Outcome) {
        self.job = job
        self.outcome = outcome
    }

    /// Changes the queue only: that a message went is no change of anybody's consent.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        switch outcome {
        case .done: Decision(true, jobs: [.finish(job)])
        case .failed(let time): Decision(true, jobs: [.retry(job, at: time)])
        case .givenUp: Decision(true, jobs: [.bury(job)])
        }
    }
}
