// The end of an erasure: the person's data goes in one transaction, and the receipt is issued.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Removes a person's data here, once every other system has answered.
public struct FinishErasure: Command {
    /// What is kept as the answer of a connector that was still to be told about an opt-out.
    static let erased = "the person was erased"

    let id: RequestID
    let job: JobID

    /// Names the request and the job this is done for.
    public init(_ id: RequestID, job: JobID) {
        self.id = id
        self.job = job
    }

    /// Repeating it is no change; a hold that was placed meanwhile stops it.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockContact(of: id)
        guard let request = try transaction.request(id), request.status == .processing else {
            return Decision(false, jobs: [.finish(job)])
        }
        let targets = try transaction.erasureTargets(of: id)
        guard targets.allSatisfy({ $0.state != .pending }) else {
            return Decision(false, jobs: [.finish(job)])
        }
        guard try !transaction.isHeld(request.contact) else {
            let next = transaction.now.adding(seconds: StartErasure.holdSeconds)
            return Decision(false, jobs: [.postpone(job, until: next)])
        }
        let refused = targets.filter { $0.state == .buried }
        let erasure = LocalErasure(
            rows: try transaction.personalRows(of: request.contact),
            unconfirmed: refused.map(\.id)
        )
        let (answered, answer) = try request.answered(
            as: refused.isEmpty ? .completed : .partlyRefused,
            targets: targets,
            rows: erasure.rows,
            in: transaction
        )
        return Decision(
            true,
            // Once more, for an address that became known since the beginning.
            events: [request.blocking(.erasure, at: transaction.now)]
                + (try request.unrestricting(in: transaction))
                + (try FinishErasure.openOptOuts(of: request.contact, in: transaction))
                + [.personErased(answered, erasure)] + answer,
            jobs: [transaction.job(for: .clean(id)), .finish(job)]
        )
    }

    /// Opt-outs that other systems were still to be told of: there is nothing left to tell them by,
    /// and each was told to forget the person altogether.
    static func openOptOuts(
        of contact: ContactID,
        in transaction: Transaction
    ) throws -> [Event] {
        var events: [Event] = []
        for id in try transaction.openOptOuts(of: contact) {
            guard let optOut = try transaction.optOut(id) else { continue }
            if optOut.status == .pending {
                var started = optOut
                started.status = .processing
                events.append(.optOutStarted(started))
            }
            for var target in try transaction.targets(of: id) where !target.state.isOver {
                let before = target.state
                target.state = .cancelled
                target.nextAttemptAt = nil
                target.answer = FinishErasure.erased
                events.append(.targetCancelled(target, optOut, from: before))
            }
            var completed = optOut
            completed.complete(at: transaction.now)
            events.append(.optOutCompleted(completed))
        }
        return events
    }
}

/// Notes that the database's files were cleaned.
public struct FinishCleaning: Command {
    let job: JobID

    /// Names the job this was done for.
    public init(job: JobID) { self.job = job }

    /// The job is done.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        Decision(true, jobs: [.finish(job)])
    }
}
