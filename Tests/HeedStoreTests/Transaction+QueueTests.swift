// Pages of the queue: filters, order, and what a job is about.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Queue")
struct TransactionQueueTests {
    private func page(
        _ installation: Installation,
        limit: Int = 100,
        _ change: (inout JobFilter) -> Void = { _ in }
    ) async throws -> [StoredJob] {
        var filter = JobFilter()
        change(&filter)
        let asked = filter
        return try await installation.database.read { try $0.jobs(asked, limit: limit) }
    }

    /// Begins an opt-out as a worker does, without the engine.
    private func start(
        _ optOut: OptOutID,
        job: JobID,
        _ installation: Installation
    ) async throws {
        let targets = try await installation.database.read { try $0.targets(of: optOut) }
        let jobs = targets.enumerated().map { index, target in
            JobChange.add(
                Job(
                    id: JobID(high: job.high, low: job.low + UInt64(index) + 1),
                    kind: .tellConnector(target.id),
                    lane: .optOut,
                    priority: 0,
                    runAt: installation.clock.now
                )
            )
        }
        try await installation.record([], jobs: jobs + [.finish(job)])
    }

    /// An opt-out that two connectors have to be told about, and one nobody began with.
    private func fill(_ installation: Installation) async throws -> [OptOutID] {
        try await installation.record([
            .connectorAdded(Sample.connector("crm")), .connectorAdded(Sample.connector("esp")),
        ])
        let first = try await installation.optOut(Sample.address(1))
        try await start(first, job: page(installation)[0].id, installation)
        installation.clock.advance(seconds: 1)
        return [first, try await installation.optOut(Sample.address(2))]
    }

    @Test(arguments: Backend.allCases)
    func jobsSayWhatTheyAreAbout(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let ids = try await fill(installation)
            let jobs = try await page(installation)
            #expect(
                jobs.map(\.kind).sorted() == ["start-opt-out", "tell-connector", "tell-connector"]
            )
            #expect(jobs.map(\.id) == jobs.map(\.id).sorted())
            let tells = jobs.filter { $0.kind == "tell-connector" }
            #expect(Set(tells.compactMap(\.connector)) == ["crm", "esp"])
            #expect(tells.allSatisfy { $0.optOut == ids[0] && $0.target != nil })
            let start = try #require(jobs.first { $0.kind == "start-opt-out" })
            #expect(start.optOut == ids[1] && start.target == nil && start.connector == nil)
            #expect(start.dueSince == installation.clock.now && start.leasedUntil == nil)
            let one = try await installation.database.read { try $0.job(start.id) }
            #expect(one == start)
            let none = try await installation.database.read { try $0.job(JobID(high: 1, low: 1)) }
            #expect(none == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func filtersAndPages(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await fill(installation)
            let all = try await page(installation).map(\.id)
            let esp = try await page(installation) { $0.connector = "esp" }
            #expect(esp.map(\.connector) == ["esp"])
            try await installation.record([], jobs: [.bury(esp[0].id)])
            #expect(try await page(installation) { $0.state = "buried" }.map(\.id) == [esp[0].id])
            #expect(try await page(installation) { $0.state = "ready" }.count == 2)
            #expect(try await page(installation) { $0.state = "leased" }.isEmpty)
            #expect(try await page(installation) { $0.lane = "opt-out" }.map(\.id) == all)
            #expect(try await page(installation) { $0.lane = "general" }.isEmpty)
            let first = try await page(installation, limit: 2).map(\.id)
            let rest = try await page(installation, limit: 2) { $0.after = first.last }.map(\.id)
            #expect(first.count == 2 && first + rest == all)
        }
    }
}
