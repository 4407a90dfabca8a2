// What an operator may do to a job: have it tried again at once, give it up, or be done with it.

public import HeedConsent
public import HeedStore

/// Has a job tried again at once, from its first attempt on; also one that was given up.
public struct RetryJob: Command {
    let id: JobID

    /// Names the job.
    public init(_ id: JobID) { self.id = id }

    /// Refuses a job that is not there or that a worker has in its hands.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let job = try transaction.jobForOperator(id)
        guard let targetID = job.target, var target = try transaction.target(targetID),
            !target.state.isOver, let optOut = try transaction.optOut(target.optOut)
        else { return Decision(true, jobs: [.redrive(id)]) }
        let earlier = target.state
        target.state = .pending
        target.attempts = 0
        target.nextAttemptAt = nil
        return Decision(
            true,
            events: [.targetRedriven(target, optOut, from: earlier)],
            jobs: [.redrive(id)]
        )
    }
}

/// Gives up telling a connector about an opt-out; the opt-out itself stays in force.
public struct BuryJob: Command {
    /// What is kept as the connector's answer.
    static let answer = "given up by an operator"

    let id: JobID

    /// Names the job.
    public init(_ id: JobID) { self.id = id }

    /// False when it was given up before.
    ///
    /// Refuses what no connector is told by: an opt-out has to begin.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let job = try transaction.jobForOperator(id)
        guard let targetID = job.target, var target = try transaction.target(targetID),
            !target.state.isOver, let optOut = try transaction.optOut(target.optOut)
        else {
            throw Refusal(
                .conflict,
                field: "id",
                "only a job that tells a connector of an opt-out is given up; an erasure's is by "
                    + "`heed request give-up`, with a reason"
            )
        }
        if target.state == .buried { return Decision(false) }
        target.state = .buried
        target.nextAttemptAt = nil
        target.answer = BuryJob.answer
        return Decision(true, events: [.targetFailed(target, optOut)], jobs: [.bury(id)])
    }
}

/// Takes away a message to a person that was given up, so that it is never sent.
public struct DropJob: Command {
    let id: JobID

    /// Names the job.
    public init(_ id: JobID) { self.id = id }

    /// Refuses every other job: what somebody was promised is not dropped.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let job = try transaction.jobForOperator(id)
        guard job.lane == Job.Lane.mail.rawValue, job.state == "buried" else {
            throw Refusal(
                .conflict,
                field: "id",
                "only a message to a person that was given up is dropped"
            )
        }
        return Decision(true, jobs: [.finish(id)])
    }
}

extension Transaction {
    /// A job that nobody works on, with its person locked.
    fileprivate func jobForOperator(_ id: JobID) throws -> StoredJob {
        if let target = try job(id)?.target { try lockContact(of: target) }
        guard let job = try job(id) else {
            throw Refusal(.notFound, field: "id", "there is no job with this id")
        }
        // Its worker is in the middle of telling; what it then records would be lost or wrong.
        guard job.state != "leased" else {
            throw Refusal(.conflict, field: "id", "a worker has this job now; try again later")
        }
        return job
    }
}
