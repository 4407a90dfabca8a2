// Every opt-out of a span, each once, with the times that were really taken.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Honoured opt-outs")
struct HonouredOptOutsTests {
    private func all(
        _ here: Installation,
        from: Timestamp,
        to: Timestamp
    ) async throws
        -> [OptOutHonour]
    {
        var all: [OptOutHonour] = []
        while true {
            let question = HonouredOptOuts(from: from, to: to, after: all.last)
            let page = try await here.engine.ask(question)
            guard !page.isEmpty else { return all }
            all += page
        }
    }

    @Test(arguments: Backend.allCases)
    func eachOneHasItsTimes(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.record([
                .connectorAdded(Sample.connector("crm")), .connectorAdded(Sample.connector("esp")),
            ])
            let start = here.clock.now
            try await here.optOut(Sample.address(1))
            here.clock.advance(seconds: 90)
            try await here.drainQueue()
            // Told an hour late by another system.
            let said = here.clock.now
            here.clock.advance(seconds: 3600)
            try await here.optOut(Sample.address(2), from: .global, requestedAt: said)
            // Asked for at the end of the span, so not in it.
            here.clock.advance(seconds: 1)
            let end = here.clock.now
            try await here.optOut(Sample.address(3))
            let found = try await all(here, from: start, to: end)
            #expect(found.count == 2)
            let first = try #require(found.first)
            #expect(first.scope == "newsletter" && first.effectiveMilliseconds == 0)
            #expect(first.completedMilliseconds == 90_000 && !first.isLate)
            #expect(first.targets.map(\.connector) == ["crm", "esp"])
            #expect(first.targets.allSatisfy { $0.confirmedMilliseconds == 90_000 })
            let second = try #require(found.last)
            #expect(second.scope == "global" && second.effectiveMilliseconds == 3_600_000)
            #expect(second.completedAt == nil && !second.isLate)
            #expect(second.targets.allSatisfy { $0.confirmedAt == nil && $0.attempts == 0 })
            // Nobody did it in time.
            here.clock.advance(seconds: 400 * 86_400)
            let later = try await all(here, from: start, to: end)
            #expect(later.map(\.isLate) == [false, true])
        }
    }

    /// A page ends amid many that were asked for at the same moment.
    @Test(arguments: Backend.allCases)
    func pagesLoseNobodyAtTheSameMoment(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            for number in 0..<25 {
                try await here.optOut(Sample.address(number))
                if number.isMultiple(of: 10) { here.clock.advance(seconds: 1) }
            }
            let start = Timestamp(microseconds: 0)
            let end = here.clock.now.adding(seconds: 1)
            let seen = try await here.database.read { transaction in
                var seen: [OptOutID] = []
                var last: StoredHonour?
                while true {
                    let page = try transaction.honours(from: start, to: end, after: last, limit: 4)
                    guard let end = page.last else { return seen }
                    seen += page.map(\.id)
                    last = end
                }
            }
            #expect(seen.count == 25 && Set(seen).count == 25)
        }
    }
}
