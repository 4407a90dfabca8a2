// The worker's commands: claim work, begin an opt-out, and write down how a connector answered.

public import HeedConsent
public import HeedStore

/// Takes the next due jobs of a lane for one worker.
public struct ClaimJobs: Command {
    let lane: Job.Lane
    let limit: Int
    let room: [String?: Int]?
    let leaseSeconds: Int64

    /// Says what to take.
    ///
    /// - Parameters:
    ///   - lane: The lane.
    ///   - limit: How many at most in all.
    ///   - room: How many at most for each connector, none for others; nil when all may be taken.
    ///   - leaseSeconds: For how long they are kept from other workers.
    public init(lane: Job.Lane, limit: Int, room: [String?: Int]? = nil, leaseSeconds: Int64) {
        self.lane = lane
        self.limit = limit
        self.room = room
        self.leaseSeconds = leaseSeconds
    }

    /// Jobs that another worker is claiming are left out, so no two workers get one job.
    public func decide(in transaction: Transaction) throws -> Decision<[Job]> {
        var jobs: [Job] = []
        for connector in try transaction.waitingConnectors(in: lane) {
            let count = min(limit - jobs.count, room.map { $0[connector] ?? 0 } ?? limit)
            guard count > 0 else { continue }
            jobs += try transaction.dueJobs(in: lane, for: connector, limit: Int64(count))
        }
        let until = transaction.now.adding(seconds: leaseSeconds)
        return Decision(jobs, jobs: jobs.map { .lease($0.id, until: until) })
    }
}

/// Gives work whose worker died back to the queue.
public struct RescueJobs: Command {
    /// Looks for leases that ran out.
    public init() {}

    /// The number of jobs rescued.
    public func decide(in transaction: Transaction) throws -> Decision<Int> {
        let jobs = try transaction.abandonedJobs(limit: 1000)
        return Decision(jobs.count, jobs: jobs.map { .retry($0.id, at: transaction.now) })
    }
}

/// Begins to tell other systems about an opt-out: one job for each that has not confirmed.
public struct StartOptOut: Command {
    let id: OptOutID
    let job: JobID

    /// Names the opt-out and the job this is done for.
    public init(_ id: OptOutID, job: JobID) {
        self.id = id
        self.job = job
    }

    /// Repeating it is no change: the first run has moved the opt-out on.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockContact(of: id)
        guard var optOut = try transaction.optOut(id), optOut.status == .pending else {
            return Decision(false, jobs: [.finish(job)])
        }
        optOut.status = .processing
        let closed = try transaction.permissionsClosed(by: id)
        var events: [Event] = [
            .optOutStarted(optOut), .localCascadeCompleted(optOut, permissionsClosed: closed),
        ]
        let targets = try transaction.targets(of: id).filter { $0.state == .pending }
        if targets.isEmpty {
            optOut.complete(at: transaction.now)
            events.append(.optOutCompleted(optOut))
        }
        let jobs: [JobChange] = targets.map { target in
            .add(
                Job(
                    id: transaction.newID(),
                    kind: .tellConnector(target.id),
                    lane: .optOut,
                    priority: 0,
                    runAt: transaction.now,
                    connector: target.connector
                )
            )
        }
        return Decision(true, events: events, jobs: jobs + [.finish(job)])
    }
}

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
