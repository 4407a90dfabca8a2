// Writes down how a connector answered, and completes the opt-out with the last one.

public import HeedConsent
public import HeedStore

/// How one attempt to tell a connector ended.
public enum AttemptOutcome: Hashable, Sendable {
    /// The other system confirmed, or had it already.
    case confirmed(String)
    /// It did not work; try again then.
    case failed(String, retryAt: Timestamp)
    /// It will never work; an operator must look.
    case givenUp(String)
    /// The connector was removed; nobody has to look.
    case cancelled
}

/// Writes down how a connector answered, and completes the opt-out with the last confirmation.
public struct RecordOutcome: Command {
    let target: TargetID
    let outcome: AttemptOutcome
    let job: JobID

    /// Names the target, how it ended, and the job this is done for.
    public init(target: TargetID, outcome: AttemptOutcome, job: JobID) {
        self.target = target
        self.outcome = outcome
        self.job = job
    }

    /// A target that is confirmed stays so: a second worker's answer changes nothing.
    ///
    /// One that was given up waits for an operator, and one that was cancelled for nobody; only a
    /// late confirmation still counts.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockContact(of: target)
        guard let target = try transaction.target(target), target.state != .confirmed,
            let optOut = try transaction.optOut(target.optOut)
        else { return Decision(false, jobs: [.finish(job)]) }
        switch (target.state, outcome) {
        case (.cancelled, .failed), (.cancelled, .givenUp), (.cancelled, .cancelled):
            return Decision(false, jobs: [.finish(job)])
        case (.buried, .failed), (.buried, .givenUp): return Decision(false)
        default: return try record(target, optOut, in: transaction)
        }
    }

    private func record(
        _ told: OptOutTarget,
        _ optOut: OptOut,
        in transaction: Transaction
    ) throws -> Decision<Bool> {
        var target = told
        target.attempts += 1
        target.nextAttemptAt = nil
        switch outcome {
        case .confirmed(let answer):
            target.state = .confirmed
            target.answer = answer
            target.confirmedAt = transaction.now
            return try confirmed(target, optOut, in: transaction)
        case .failed(let answer, let next) where target.attempts < Job.attemptsMaximum:
            target.answer = answer
            target.nextAttemptAt = next
            return Decision(
                true,
                events: [.targetFailed(target, optOut)],
                jobs: [.retry(job, at: next)]
            )
        case .failed(let answer, _), .givenUp(let answer):
            target.state = .buried
            target.answer = answer
            return Decision(true, events: [.targetFailed(target, optOut)], jobs: [.bury(job)])
        case .cancelled:
            let events = try told.cancelled(of: optOut, in: transaction)
            return Decision(true, events: events, jobs: [.finish(job)])
        }
    }

    private func confirmed(
        _ target: OptOutTarget,
        _ optOut: OptOut,
        in transaction: Transaction
    ) throws -> Decision<Bool> {
        let latency = transaction.now.milliseconds(since: optOut.requestedAt)
        let told = Event.targetConfirmed(target, optOut, latencyMilliseconds: latency)
        let completion = try optOut.completed(byEndOf: target.id, in: transaction)
        return Decision(true, events: [told] + completion, jobs: [.finish(job)])
    }
}

extension OptOut {
    /// The completion, if the end of one target was the last thing to wait for.
    ///
    /// One that has not begun is completed by its beginning.
    func completed(byEndOf target: TargetID, in transaction: Transaction) throws -> [Event] {
        guard status == .processing,
            try transaction.targets(of: id).allSatisfy({ $0.id == target || $0.state.isOver })
        else { return [] }
        var completed = self
        completed.complete(at: transaction.now)
        return [.optOutCompleted(completed)]
    }

    /// Says when there was nothing to wait for any more.
    package mutating func complete(at now: Timestamp) {
        status = .completed
        processedAt = now
    }
}
