// Begins an opt-out: one job for each connector that has to be told.

public import HeedConsent
public import HeedStore

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
