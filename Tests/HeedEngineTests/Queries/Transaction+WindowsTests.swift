// Quantiles are exact: the same as sorting and counting by hand, on both engines.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Windows")
struct TransactionWindowsTests {
    private struct Span {
        let regime: String
        let requested: Int64
        let milliseconds: Int64?
        let deadline: Int64
    }

    private func insert(_ spans: [Span], _ installation: Installation) async throws {
        let contact = try await installation.decide(Sample.address())
        for (index, span) in spans.enumerated() {
            try await installation.sql(
                "INSERT INTO opt_outs (id, contact_id, scope, source, regime, requested_at, "
                    + "deadline_at, status, processed_at, processing_ms) "
                    + "VALUES ($1, $2, 'newsletter', 'form', $3, $4, $5, $6, $7, $8)",
                .id(OptOutID(high: 3, low: UInt64(index))),
                .id(contact),
                .text(span.regime),
                .integer(span.requested),
                .integer(span.deadline),
                .text(span.milliseconds == nil ? "processing" : "completed"),
                span.milliseconds.map { .integer(span.requested + $0 * 1000) } ?? .null,
                span.milliseconds.map { .integer($0) } ?? .null
            )
        }
    }

    private func windows(
        _ installation: Installation,
        from: Int64 = 0,
        to: Int64 = .max
    ) async throws -> [StoredWindow] {
        try await installation.database.read { transaction in
            try transaction.windows(
                from: Timestamp(microseconds: from),
                to: Timestamp(microseconds: to),
                nearSeconds: 10
            )
        }
    }

    private func open(_ installation: Installation) async throws -> [OpenWindow] {
        try await installation.database.read { transaction in try transaction.openWindows() }
    }

    /// The smallest value that at least `percent` of a hundred do not exceed.
    private func rank(_ percent: Int, of sorted: [Int64]) -> Int64? {
        sorted.first { value in
            sorted.count { $0 <= value } * 100 >= percent * sorted.count
        }
    }

    @Test(arguments: Backend.allCases, [1, 2, 3, 100, 101, 250])
    func quantilesAreThoseOfSorting(_ backend: Backend, _ count: Int) async throws {
        try await backend.withEngine { installation in
            var generator = SeededGenerator(seed: UInt64(count))
            let spans = (0..<count).map { index in
                Span(
                    regime: "gdpr@1",
                    requested: Int64(index),
                    milliseconds: Int64.random(in: 0...Int64(count), using: &generator),
                    deadline: .max
                )
            }
            // What is not completed has no part in them.
            let open = Span(regime: "gdpr@1", requested: 1, milliseconds: nil, deadline: .max)
            try await insert(spans + [open, open], installation)
            let window = try #require(try await windows(installation).first)
            let sorted = spans.compactMap(\.milliseconds).sorted()
            #expect(window.count == Int64(count) + 2 && window.completed == Int64(count))
            #expect(window.p50 == rank(50, of: sorted))
            #expect(window.p95 == rank(95, of: sorted))
            #expect(window.p99 == rank(99, of: sorted))
            #expect(window.max == sorted.last)
        }
    }

    @Test(arguments: Backend.allCases)
    func regimesAreToldApartAndBordersAreSharp(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let spans = [
                Span(regime: "casl@2", requested: 10, milliseconds: 5, deadline: .max),
                Span(regime: "gdpr@1", requested: 10, milliseconds: 7, deadline: .max),
                Span(regime: "gdpr@1", requested: 19, milliseconds: 9, deadline: .max),
                Span(regime: "gdpr@1", requested: 20, milliseconds: 1000, deadline: .max),
                Span(regime: "gdpr@1", requested: 9, milliseconds: 1000, deadline: .max),
            ]
            try await insert(spans, installation)
            let found = try await windows(installation, from: 10, to: 20)
            #expect(found.map(\.regime) == ["casl@2", "gdpr@1"])
            #expect(found.map(\.count) == [1, 2] && found.map(\.max) == [5, 9])
            #expect(try await windows(installation, from: 21).isEmpty)
        }
    }

    /// Near: not completed and ten seconds from its deadline; past: completed after it or not yet.
    @Test(arguments: Backend.allCases)
    func nearAndPastDeadlines(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now.microseconds
            func span(_ seconds: Int64, done: Int64? = nil) -> Span {
                Span(
                    regime: "gdpr@1",
                    requested: now - 100_000_000,
                    milliseconds: done.map { $0 * 1000 },
                    deadline: now + seconds * 1_000_000
                )
            }
            let spans = [
                span(0), span(9), span(10), span(-1), span(-50, done: 50), span(-50, done: 51),
            ]
            try await insert(spans, installation)
            let window = try #require(try await windows(installation).first)
            #expect(window.near == 2)
            #expect(window.past == 2)
            let open = try await self.open(installation)
            #expect(open.map(\.count) == [4] && open.map(\.past) == [1])
            #expect(open.map(\.deadlineAt.microseconds) == [now - 1_000_000])
            #expect(try await windows(installation).map(\.p50) == [50_000])
        }
    }

    @Test(arguments: Backend.allCases)
    func withoutOptOutsThereIsNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation throws in
            #expect(try await windows(installation).isEmpty)
            #expect(try await open(installation).isEmpty)
        }
    }
}
