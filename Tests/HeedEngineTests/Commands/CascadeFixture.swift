// An opt-out on its way to connectors, as a worker takes it there.

import HeedConsent
import HeedEngine
import TestSupport

extension Installation {
    /// Takes due jobs of opt-outs.
    func claimOptOuts(limit: Int = 10) async throws -> [Job] {
        let command = ClaimJobs(lane: .optOut, limit: limit, leaseSeconds: 30)
        return try await engine.perform(command, as: .system("worker")).receipt
    }

    /// Gives back what a dead worker had.
    func rescue() async throws -> Int {
        try await engine.perform(RescueJobs(), as: .system("worker")).receipt
    }

    /// Writes down how a job ended.
    func record(_ job: Job, _ outcome: AttemptOutcome) async throws -> Bool {
        guard case .tellConnector(let target) = job.kind else { return false }
        let command = RecordOutcome(target: target, outcome: outcome, job: job.id)
        return try await engine.perform(command, as: .system("worker")).receipt
    }

    /// How far an opt-out is.
    func progress(_ id: OptOutID) async throws -> OptOutProgress.Answer {
        try await engine.ask(OptOutProgress(id))
    }

    /// The states of all jobs with how many are in each.
    func states() async throws -> [String] {
        try await queueDepth().map { "\($0.state) \($0.count)" }
    }

    /// An opt-out that two connectors must be told about, started, with its two jobs claimed.
    func startedOptOut() async throws -> (OptOutID, [Job]) {
        for name in ["alpha", "beta"] {
            try await record([.connectorAdded(Sample.connector(name))])
        }
        let id = try await optOut(Sample.address())
        for job in try await claimOptOuts() { try await finish(job) }
        return (id, try await claimOptOuts())
    }
}
