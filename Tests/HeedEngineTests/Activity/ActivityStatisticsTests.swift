// Numbers by period, campaign and scope.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("ActivityStatistics")
struct ActivityStatisticsTests {
    private func lines(_ report: ActivityStatistics.Report) -> [String] {
        report.rows.map { row in
            let counts = ActivityKind.allCases.filter { row.counts[$0].total > 0 }
                .map { "\($0.rawValue) \(row.counts[$0].total)/\(row.counts[$0].unique)" }
            let place = "\(row.campaign ?? "-") \(row.scope ?? "-")"
            return "\(row.span.from.text.prefix(10)) \(place): " + counts.joined(separator: ", ")
        }
    }

    private func fill(_ installation: Installation) async throws {
        let now = installation.clock.now
        try await installation.decide(Sample.address(1))
        try await installation.decide(Sample.address(2))
        // Kind, person, days ago, campaign, scope.
        let told: [(ActivityKind, Int, Int64, String?, ScopeName?)] = [
            (.delivered, 1, 1, "spring", Sample.newsletter),
            (.delivered, 2, 1, "spring", Sample.newsletter),
            (.opened, 1, 1, "spring", Sample.newsletter),
            (.opened, 1, 0, "spring", Sample.newsletter),
            (.opened, 2, 0, "spring", Sample.newsletter),
            (.delivered, 3, 0, "spring", Sample.newsletter),
            (.delivered, 2, 0, "autumn", Sample.promotions),
            (.delivered, 2, 0, nil, nil),
        ]
        let batch = try told.enumerated().map { index, event in
            try Sample.report(
                "\(index)",
                event.0,
                .address(Sample.address(event.1)),
                at: now.adding(days: -event.2),
                message: "m\(event.1)",
                campaign: event.3,
                scope: event.4
            )
        }
        _ = try await installation.engine.take(batch, as: Sample.actor)
    }

    @Test(arguments: Backend.allCases)
    func eachEventIsInItsPeriodCampaignAndScope(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await fill(installation)
            let report = try await installation.statistics()
            #expect(
                lines(report) == [
                    "2026-01-30 spring newsletter: delivered 2/2, opened 1/1",
                    "2026-01-31 - -: delivered 1/0",
                    "2026-01-31 autumn promotions: delivered 1/0",
                    "2026-01-31 spring newsletter: delivered 1/0, opened 2/1",
                ]
            )
            #expect(report.total[.delivered] == .init(total: 5, unique: 2))
            #expect(report.total[.open] == 1)
            let month = try await installation.statistics(by: .month)
            #expect(month.total == report.total)
            #expect(month.rows.count == 3)
        }
    }

    @Test(arguments: Backend.allCases)
    func oneCampaignOrOneScope(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await fill(installation)
            let engine = installation.engine
            var filter = ActivityStatistics.Filter(
                from: installation.clock.now.adding(days: -2),
                to: installation.clock.now.adding(seconds: 1),
                campaign: "autumn"
            )
            let autumn = try await engine.ask(ActivityStatistics(filter, by: .day))
            #expect(lines(autumn) == ["2026-01-31 autumn promotions: delivered 1/0"])
            (filter.campaign, filter.scope) = (nil, Sample.newsletter)
            let scope = try await engine.ask(ActivityStatistics(filter, by: .day))
            #expect(scope.total[.delivered].total == 3)
            filter.scope = ScopeName(stored: "none")
            let code = await failureCode {
                try await engine.ask(ActivityStatistics(filter, by: .day))
            }
            #expect(code == "invalid-field scope")
        }
    }

    @Test(arguments: Backend.embedded)
    func aReportHasABeginningAndAnEnd(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            let engine = installation.engine
            let year = try await engine.ask(ActivityStatistics(.init(), by: .month))
            #expect(year.from.text == "2025-02-01T00:00:00Z")
            #expect(year.rows.isEmpty && year.total == ActivityCounts())
            for (from, to) in [(now, now), (now.adding(days: -101), now)] {
                let filter = ActivityStatistics.Filter(from: from, to: to)
                let code = await failureCode {
                    try await engine.ask(ActivityStatistics(filter, by: .day))
                }
                #expect(code == "invalid-field from")
            }
        }
    }
}
