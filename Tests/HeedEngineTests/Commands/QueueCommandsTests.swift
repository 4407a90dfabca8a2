// What an operator does to a job: buried targets come back, and nothing is given up by accident.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("QueueCommands")
struct QueueCommandsTests {
    private let anna = Actor(.cli, id: "anna")

    /// An opt-out whose one connector was given up on.
    private func withBuriedTarget(
        _ backend: Backend,
        _ body: (Installation, OptOutID, JobID) async throws -> Void
    ) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            let id = try await installation.optOut(Sample.address())
            try await work(installation, .givenUp("HTTP 410"))
            try await work(installation, .givenUp("HTTP 410"))
            let filter = ListJobs.Filter(state: "buried")
            let jobs = try await installation.engine.ask(ListJobs(filter, limit: 9)).jobs
            #expect(jobs.map(\.answer) == ["HTTP 410"])
            try await body(installation, id, try #require(jobs.first).id)
        }
    }

    private func claim(_ installation: Installation) async throws -> [Job] {
        let claim = ClaimJobs(lane: .optOut, limit: 9, leaseSeconds: 60)
        return try await installation.engine.perform(claim, as: .system("worker")).receipt
    }

    private func work(_ installation: Installation, _ outcome: AttemptOutcome) async throws {
        for job in try await claim(installation) {
            guard case .tellConnector(let id) = job.kind else {
                try await installation.finish(job)
                continue
            }
            let record = RecordOutcome(target: id, outcome: outcome, job: job.id)
            _ = try await installation.engine.perform(record, as: .system("worker"))
        }
    }

    @Test(arguments: Backend.allCases)
    func aBuriedTargetIsTriedAgain(_ backend: Backend) async throws {
        try await withBuriedTarget(backend) { installation, id, job in
            installation.clock.advance(seconds: 7200)
            _ = try await installation.engine.perform(RetryJob(job), as: anna)
            let listed = try await installation.engine.ask(ListJobs(limit: 9)).jobs
            #expect(listed.map(\.state) == ["ready"] && listed.map(\.attempts) == [0])
            // It is as if it had been added now, so that it is not old at once.
            #expect(listed.map(\.dueSince) == [installation.clock.now])
            let before = try await installation.engine.ask(OptOutProgress(id))
            #expect(before.targets.map(\.state) == [.pending])
            #expect(before.targets.map(\.attempts) == [0])
            try await work(installation, .confirmed("HTTP 204"))
            let done = try await installation.engine.ask(OptOutProgress(id))
            #expect(done.optOut.status == .completed)
            let redriven = done.timeline.filter { $0.kind == "optout.esp-redriven" }
            #expect(redriven.count == 1)
            #expect(redriven[0].body.contains(#""actor":"anna","actorType":"operator""#))
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWaitsIsTriedAtOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.optOut(Sample.address())
            let later = installation.clock.now.adding(seconds: 9999)
            try await work(installation, .failed("", retryAt: later))
            try await work(installation, .failed("HTTP 500", retryAt: later))
            #expect(try await claim(installation).isEmpty)
            let job = try await installation.engine.ask(ListJobs(limit: 9)).jobs[0]
            _ = try await installation.engine.perform(RetryJob(job.id), as: anna)
            #expect(try await claim(installation).map(\.id) == [job.id])
        }
    }

    @Test(arguments: Backend.allCases)
    func aJobIsGivenUpAndTheOptOutStaysInForce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            let id = try await installation.optOut(Sample.address())
            try await work(installation, .givenUp(""))
            let job = try await installation.engine.ask(ListJobs(limit: 9)).jobs[0].id
            #expect(try await installation.engine.perform(BuryJob(job), as: anna).receipt)
            #expect(try await !installation.engine.perform(BuryJob(job), as: anna).receipt)
            let progress = try await installation.engine.ask(OptOutProgress(id))
            #expect(progress.targets.map(\.state) == [.buried])
            #expect(progress.targets.map(\.answer) == ["given up by an operator"])
            #expect(progress.optOut.status == .processing)
            #expect(progress.timeline.count { $0.kind == "optout.esp-failed" } == 1)
            #expect(try await !installation.check(Sample.address()).allowed)
            _ = try await installation.engine.perform(RetryJob(job), as: anna)
            try await work(installation, .confirmed("HTTP 204"))
            #expect(
                try await installation.engine.ask(OptOutProgress(id)).optOut.status == .completed
            )
        }
    }

    /// Refusals change nothing: nobody's job, a job in a worker's hands, an opt-out's beginning.
    @Test(arguments: Backend.allCases)
    func whatCannotBeDoneIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address())
            let job = try await installation.engine.ask(ListJobs(limit: 9)).jobs[0].id
            let engine = installation.engine
            func codes(_ id: JobID) async throws -> [String?] {
                let before = try await installation.contents()
                let codes = [
                    await failureCode { try await engine.perform(RetryJob(id), as: anna) },
                    await failureCode { try await engine.perform(BuryJob(id), as: anna) },
                ]
                #expect(try await installation.contents().changed(since: before).isEmpty)
                return codes
            }
            #expect(try await codes(JobID(high: 1, low: 1)) == ["not-found id", "not-found id"])
            let begin = await failureCode { try await engine.perform(BuryJob(job), as: anna) }
            #expect(begin == "conflict id")
            #expect(try await claim(installation).map(\.id) == [job])
            #expect(try await codes(job) == ["conflict id", "conflict id"])
        }
    }

    /// The operator's word is known to every process until the attempt it asked for is over.
    @Test(arguments: Backend.allCases)
    func theOperatorsWordIsSeenUntilTheAttemptIsOver(_ backend: Backend) async throws {
        try await withBuriedTarget(backend) { installation, _, job in
            func word() async throws -> [Timestamp?] {
                try await installation.engine.ask(DueConnectors(lane: .optOut)).map(\.redrivenAt)
            }
            #expect(try await word().isEmpty)
            installation.clock.advance(seconds: 60)
            let asked = installation.clock.now
            _ = try await installation.engine.perform(RetryJob(job), as: anna)
            installation.clock.advance(seconds: 5)
            #expect(try await word() == [asked])
            let now = installation.clock.now
            try await work(installation, .failed("HTTP 500", retryAt: now))
            #expect(try await word() == [nil])
        }
    }

    /// A message to an address that does not exist would be an open matter for ever.
    @Test(arguments: Backend.allCases)
    func onlyAMessageThatWasGivenUpIsDropped(_ backend: Backend) async throws {
        try await withBuriedTarget(backend) { installation, _, target in
            try await installation.askToConfirm(Sample.address(2))
            let id = try #require(
                try await installation.engine.ask(
                    ListJobs(ListJobs.Filter(lane: "mail"), limit: 9)
                ).jobs.first
            ).id
            for job in [target, id] {
                let effect = try await installation.effect {
                    try await installation.engine.perform(DropJob(job), as: anna)
                }
                #expect(effect == .refused("conflict id"))
            }
            try await installation.record([], jobs: [.bury(id)])
            let effect = try await installation.effect {
                try await installation.engine.perform(DropJob(id), as: anna)
            }
            #expect(effect == Effect(failure: nil, changed: ["jobs"]))
            let again = try await installation.effect {
                try await installation.engine.perform(DropJob(id), as: anna)
            }
            #expect(again == .refused("not-found id"))
        }
    }
}
