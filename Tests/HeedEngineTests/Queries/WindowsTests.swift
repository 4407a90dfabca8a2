// Windows by month and regime of opt-outs that went the whole way.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Windows")
struct WindowsTests {
    private func report(
        _ installation: Installation,
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        by period: ReportPeriod = .month
    ) async throws -> Windows.Report {
        let question = Windows(from: from, to: to, by: period, nearSeconds: 86_400)
        return try await installation.engine.ask(question)
    }

    @Test(arguments: Backend.allCases)
    func aYearOfMonthsUpToNow(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let january = installation.clock.now
            try await installation.optOut(Sample.address(1))
            installation.clock.advance(seconds: 2)
            try await installation.drainQueue()
            installation.clock.advance(seconds: 86_400)
            try await installation.optOut(Sample.address(2))
            try await installation.drainQueue()
            try await installation.optOut(Sample.address(3))
            let report = try await report(installation)
            #expect(report.now == installation.clock.now)
            #expect(report.from.text == "2025-03-01T00:00:00Z")
            #expect(report.to > report.now)
            #expect(report.windows.map { $0.span.from.text.prefix(7) } == ["2026-01", "2026-02"])
            #expect(report.windows.map(\.regime) == ["mailbox-48h@1", "mailbox-48h@1"])
            #expect(report.windows.map(\.count) == [1, 2])
            #expect(report.windows.map(\.completed) == [1, 1])
            let one = try #require(report.windows[0].quantiles)
            #expect([one.p50, one.p95, one.p99, one.max] == [2000, 2000, 2000, 2000])
            #expect(report.windows[1].quantiles?.max == 0)
            let days = try await self.report(installation, from: january, by: .day)
            #expect(
                days.windows.map { $0.span.from.text.prefix(10) } == ["2026-01-31", "2026-02-01"]
            )
        }
    }

    /// A system that was removed before it had confirmed has confirmed nothing.
    @Test(arguments: Backend.allCases)
    func whatEndedUnconfirmedIsNotCompleted(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address(1))
            installation.clock.advance(seconds: 7)
            try await installation.drainQueue()
            try await installation.sql(
                "INSERT INTO opt_out_targets SELECT id, id, 'gone', 'cancelled', 1, NULL, NULL, "
                    + "NULL FROM opt_outs"
            )
            let alone = try #require(try await report(installation).windows.first)
            #expect(alone.count == 1 && alone.completed == 0 && alone.ended == 1)
            #expect(alone.quantiles == nil)
            try await installation.optOut(Sample.address(2))
            installation.clock.advance(seconds: 3)
            try await installation.drainQueue()
            let both = try #require(try await report(installation).windows.first)
            #expect(both.count == 2 && both.completed == 1 && both.ended == 1)
            #expect(both.quantiles?.p50 == 3000 && both.quantiles?.max == 3000)
            // Told again since it was missing there: it was completed all the same.
            try await installation.sql("UPDATE opt_out_targets SET state = 'pending'")
            let again = try #require(try await report(installation).windows.first)
            #expect(again.completed == 2 && again.ended == 0 && again.quantiles?.max == 7000)
        }
    }

    @Test func whatIsNotCompletedHasNoQuantiles() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.optOut(Sample.address())
            installation.clock.advance(seconds: 47 * 3600)
            let near = try await report(installation).windows
            #expect(near.map(\.quantiles) == [nil])
            #expect(near.map(\.nearDeadline) == [1] && near.map(\.pastDeadline) == [0])
            installation.clock.advance(seconds: 3601)
            let past = try await report(installation).windows
            #expect(past.map(\.nearDeadline) == [0] && past.map(\.pastDeadline) == [1])
        }
    }

    @Test func anImpossibleSpanIsRefused() async throws {
        try await Backend.sqlite.withEngine { installation in
            let now = installation.clock.now
            for (from, to) in [(now, now), (now.adding(days: -101), now)] {
                let code = await failureCode {
                    try await report(installation, from: from, to: to, by: .day)
                }
                #expect(code == "invalid-field from")
            }
        }
    }
}
