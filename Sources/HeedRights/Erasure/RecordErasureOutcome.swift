// Writes down how a connector answered about an erasure, and goes on when all have answered.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// What a worker needs to have a person erased in another system.
public struct ErasureDetails: Query {
    let id: ErasureTargetID

    /// Names the target.
    public init(_ id: ErasureTargetID) { self.id = id }

    /// The target with its request and the addresses to tell.
    public struct Details: Sendable {
        /// The target.
        public let target: ErasureTarget
        /// Its request.
        public let request: RightsRequest
        /// The person's addresses, as given: personal data.
        public let addresses: [String]
    }

    /// Nil when the target is gone.
    public func answer(in transaction: Transaction) throws -> Details? {
        guard let target = try transaction.erasureTarget(id),
            let request = try transaction.request(target.request)
        else { return nil }
        let addresses = try transaction.addresses(for: target, of: request.contact)
        return Details(target: target, request: request, addresses: addresses)
    }
}

/// Writes down how one attempt ended.
public struct RecordErasureOutcome: Command {
    let target: ErasureTargetID
    let outcome: AttemptOutcome
    let job: JobID

    /// Names the target, how it ended, and the job this is done for.
    public init(target: ErasureTargetID, outcome: AttemptOutcome, job: JobID) {
        self.target = target
        self.outcome = outcome
        self.job = job
    }

    /// A target that is over stays so: a second worker's answer changes nothing.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockContact(of: target)
        guard var target = try transaction.erasureTarget(target), !target.state.isOver,
            let request = try transaction.request(target.request)
        else { return Decision(false, jobs: [.finish(job)]) }
        let before = target.state
        let jobs = note(in: &target, at: transaction.now)
        var decision = Decision(
            true,
            events: [.erasureTargetMoved(target, request, from: before)],
            jobs: jobs
        )
        try goOn(with: request, after: target, &decision, in: transaction)
        return decision
    }

    private func note(in target: inout ErasureTarget, at now: Timestamp) -> [JobChange] {
        target.attempts += 1
        target.nextAttemptAt = nil
        switch outcome {
        case .confirmed(let answer):
            target.state = .confirmed
            target.answer = answer
            target.confirmedAt = now
        case .cancelled:
            target.state = .cancelled
            target.answer = OptOutTarget.removed
        case .failed(let answer, let next) where target.attempts < Job.attemptsMaximum:
            target.state = .pending
            target.answer = answer
            target.nextAttemptAt = next
            return [.retry(job, at: next)]
        case .failed(let answer, _), .givenUp(let answer):
            target.state = .buried
            target.answer = answer
            return [.bury(job)]
        }
        return [.finish(job)]
    }

    /// The local part follows the last answer; a late confirmation completes what was refused.
    private func goOn(
        with request: RightsRequest,
        after target: ErasureTarget,
        _ decision: inout Decision<Bool>,
        in transaction: Transaction
    ) throws {
        let others = try transaction.erasureTargets(of: request.id).filter { $0.id != target.id }
        let all = others + [target]
        switch request.status {
        case .processing where all.allSatisfy { $0.state != .pending }:
            decision.jobs.append(transaction.job(for: .finish(request.id)))
        case .partlyRefused where all.allSatisfy(\.state.isOver):
            decision.events += try request.answered(as: .completed, targets: all, in: transaction).1
            // The sealed addresses have gone; nothing of them may stay in the files.
            decision.jobs.append(transaction.job(for: .clean(request.id)))
        default: break
        }
    }
}

/// Has the systems that refused an erasure told again.
public struct RetryErasure: Command {
    let id: RequestID

    /// Names the request.
    public init(_ id: RequestID) { self.id = id }

    /// How many are told again; refuses an id nobody knows, and a request nobody has refused.
    public func decide(in transaction: Transaction) throws -> Decision<Int> {
        let request = try transaction.requireRequest(id)
        let refused = try transaction.erasureTargets(of: id).filter { $0.state == .buried }
        guard !refused.isEmpty else {
            throw Refusal(.conflict, field: "id", "no system has refused this request")
        }
        var decision = Decision(refused.count)
        for var target in refused {
            target.state = .pending
            target.attempts = 0
            target.nextAttemptAt = nil
            decision.events.append(.erasureTargetMoved(target, request, from: .buried))
            if let job = try transaction.job(forErasureAt: target.id) {
                decision.jobs.append(.redrive(job))
            } else {
                decision.jobs.append(
                    transaction.job(for: .tell(target.id), connector: target.connector)
                )
            }
        }
        return decision
    }
}

/// Gives up systems that have not answered about an erasure, so that it ends without them.
///
/// The receipt says that they did not confirm and why; `RetryErasure` has them told again.
public struct GiveUpErasure: Command {
    let id: RequestID
    let connector: String?
    let reason: Source

    /// Names the request, the connector or nil for all that are waited for, and why, as a short
    /// name such as `system-shut-down`.
    public init(_ id: RequestID, connector: String? = nil, reason: Source) {
        self.id = id
        self.connector = connector
        self.reason = reason
    }

    /// How many were given up.
    ///
    /// Refuses a request with nobody to wait for, and what a worker has in its hands.
    public func decide(in transaction: Transaction) throws -> Decision<Int> {
        let request = try transaction.requireRequest(id)
        let all = try transaction.erasureTargets(of: id)
        if let connector, !all.contains(where: { $0.connector == connector }) {
            throw Refusal(.invalid, field: "connector", "the request tells no such connector")
        }
        let given = all.filter { target in
            target.state == .pending && (connector.map { $0 == target.connector } ?? true)
        }
        guard !given.isEmpty else {
            throw Refusal(.conflict, field: "id", "this request waits for no system")
        }
        var decision = Decision(given.count)
        for var target in given {
            if let job = try transaction.job(forErasureAt: target.id) {
                // Its worker is in the middle of telling; what it then records would be wrong.
                guard try transaction.job(job)?.state != "leased" else {
                    throw Refusal(
                        .conflict,
                        field: "id",
                        "a worker is telling \(target.connector) now; try again later"
                    )
                }
                decision.jobs.append(.bury(job))
            }
            target.state = .buried
            target.nextAttemptAt = nil
            target.answer =
                "given up: \(reason)" + (target.answer.map { "; its last answer: \($0)" } ?? "")
            decision.events.append(.erasureTargetMoved(target, request, from: .pending))
        }
        if request.status == .processing, given.count == all.count(where: { $0.state == .pending })
        {
            decision.jobs.append(transaction.job(for: .finish(id)))
        }
        return decision
    }
}
