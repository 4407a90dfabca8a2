// The queue's commands: a worker takes work, and a dead worker's is given back.

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
