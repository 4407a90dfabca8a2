// Has a connector told once more about an opt-out that is not to be found there.

public import HeedConsent
public import HeedStore

/// Queues the telling of one connector again, through the same lane as the first time.
///
/// A repetition changes nothing while the work is in the queue, and neither does it when the
/// connector has confirmed since `moment`.
public struct TellAgain: Command {
    let optOut: OptOutID
    let connector: String
    let moment: Timestamp

    /// Names the opt-out, the connector, and when it was found missing there.
    public init(_ optOut: OptOutID, to connector: String, missingAt moment: Timestamp) {
        self.optOut = optOut
        self.connector = connector
        self.moment = moment
    }

    /// True when the connector is going to be told.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockContact(of: optOut)
        guard let optOut = try transaction.optOut(optOut) else { return Decision(false) }
        let targets = try transaction.targets(of: optOut.id)
        guard var target = targets.first(where: { $0.connector == connector }) else {
            return try added(optOut, in: transaction)
        }
        let earlier = target.state
        switch earlier {
        case .pending: return Decision(true)
        case .confirmed where target.confirmedAt.map { $0 > moment } ?? false:
            return Decision(false)
        case .confirmed, .buried, .cancelled: break
        }
        target.state = .pending
        target.attempts = 0
        target.confirmedAt = nil
        target.nextAttemptAt = nil
        let old = try transaction.buriedJobs(about: target)
        return Decision(
            true,
            events: [.targetRedriven(target, optOut, from: earlier)],
            jobs: old.map { .finish($0) } + [.add(job(for: target, in: transaction))]
        )
    }

    /// A connector that was set up after the opt-out, or that reported it, has no target yet.
    private func added(_ optOut: OptOut, in transaction: Transaction) throws -> Decision<Bool> {
        guard try transaction.connectorNames().contains(connector) else { return Decision(false) }
        let target = OptOutTarget(
            id: transaction.newID(),
            optOut: optOut.id,
            connector: connector
        )
        // An opt-out that waits for its first job is told to all its targets by that job.
        let jobs = optOut.status == .pending ? [] : [job(for: target, in: transaction)]
        return Decision(
            true,
            events: [.optOutEnqueued(optOut, [target])],
            jobs: jobs.map { .add($0) }
        )
    }

    private func job(for target: OptOutTarget, in transaction: Transaction) -> Job {
        Job(
            id: transaction.newID(),
            kind: .tellConnector(target.id),
            lane: .optOut,
            priority: 0,
            runAt: transaction.now,
            connector: connector
        )
    }
}
