// Begins an erasure: from here on nothing is sent to the person, and every system is to be told.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Begins the erasure of a person, unless a legal hold forbids it.
public struct StartErasure: Command {
    /// How often a held erasure looks whether the hold has gone.
    static let holdSeconds: Int64 = 3600

    let id: RequestID
    let job: JobID

    /// Names the request and the job this is done for.
    public init(_ id: RequestID, job: JobID) {
        self.id = id
        self.job = job
    }

    /// Repeating it is no change: the first run has moved the request on.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockContact(of: id)
        guard var request = try transaction.request(id), request.kind == .erasure,
            request.status == .verified || request.status == .held
        else { return Decision(false, jobs: [.finish(job)]) }
        let before = request.status
        if try transaction.isHeld(request.contact) {
            request.status = .held
            request.reason = Source(stored: "legal-hold")
            let next = transaction.now.adding(seconds: StartErasure.holdSeconds)
            return Decision(
                false,
                events: before == .held ? [] : [.requestMoved(request, from: before)],
                jobs: [.postpone(job, until: next)]
            )
        }
        request.status = .processing
        request.reason = nil
        let targets = try transaction.connectorNames().map {
            ErasureTarget(id: transaction.newID(), request: id, connector: $0)
        }
        let jobs: [JobChange] =
            targets.isEmpty
            ? [transaction.job(for: .finish(id))]
            : targets.map { transaction.job(for: .tell($0.id), connector: $0.connector) }
        return Decision(
            true,
            events: [
                .requestMoved(request, from: before),
                request.blocking(.erasure, at: transaction.now),
                .erasureEnqueued(request, targets),
            ],
            jobs: jobs + [.finish(job)]
        )
    }
}
