// The queue's numbers and pages as an operator asks for them, and questions that cannot be.

import HeedConsent
import HeedEngine
import TestSupport
import Testing

@Suite("Queue")
struct QueueTests {
    @Test(arguments: Backend.allCases)
    func numbersByLaneAndConnector(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let empty = try await installation.engine.ask(QueueOverview())
            #expect(empty.lanes.map(\.name) == ["general", "mail", "opt-out"])
            #expect(empty.lanes.allSatisfy { $0.counts.isEmpty && $0.oldest == nil })
            #expect(empty.connectors.isEmpty)
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.optOut(Sample.address(1))
            let start = installation.clock.now
            installation.clock.advance(seconds: 5)
            try await installation.optOut(Sample.address(2))
            let full = try await installation.engine.ask(QueueOverview())
            #expect(full.now == installation.clock.now)
            #expect(full.lanes[2].counts == ["ready": 2])
            #expect(full.lanes[2].oldest?.dueSince == start)
            #expect(full.connectors.map(\.name) == ["crm"])
            #expect(full.connectors.map(\.pending) == [2] && full.connectors.map(\.buried) == [0])
        }
    }

    @Test(arguments: Backend.allCases)
    func pagesHoldEachJobOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 1...5 { try await installation.optOut(Sample.address(number)) }
            var seen: [JobID] = []
            var after: JobID?
            repeat {
                let page = try await installation.engine.ask(ListJobs(after: after, limit: 2))
                seen += page.jobs.map(\.id)
                after = page.next
            } while after != nil
            #expect(seen.count == 5 && seen == Set(seen).sorted())
            let exact = try await installation.engine.ask(ListJobs(limit: 5))
            #expect(exact.jobs.count == 5 && exact.next == nil)
        }
    }

    @Test(arguments: [
        (ListJobs.Filter(state: "lost"), 1, "state"), (.init(lane: "fast"), 1, "lane"),
        (.init(), 0, "limit"), (.init(), 201, "limit"), (.init(state: ""), 1, "state"),
    ])
    func questionsThatCannotBe(_ filter: ListJobs.Filter, _ limit: Int, _ field: String) {
        let refusal = #expect(throws: Refusal.self) { try ListJobs(filter, limit: limit) }
        #expect(refusal?.field == field && refusal?.code == .invalid)
    }

    /// An empty page would look as if there were nothing to do.
    @Test(arguments: Backend.allCases)
    func aConnectorNobodyKnowsIsRefusedByName(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for name in ["crm", "esp"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            let question = try ListJobs(.init(connector: "cmr"), limit: 9)
            let refusal = await #expect(throws: Refusal.self) {
                try await installation.engine.ask(question)
            }
            #expect(refusal?.code == .notFound && refusal?.field == "connector")
            #expect(refusal?.message == "there is no connector 'cmr'; there are crm, esp")
            let known = try ListJobs(.init(connector: "crm"), limit: 9)
            #expect(try await installation.engine.ask(known).jobs.isEmpty)
        }
    }
}
