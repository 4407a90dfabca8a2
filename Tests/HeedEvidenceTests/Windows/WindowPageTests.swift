// The page and the sheet say what was measured, and quote what others have named.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedEvidence

@Suite("Report of windows")
struct WindowPageTests {
    @Test func quantilesAreThoseOfTheNearestRank() {
        var times = WindowSpread.Times()
        #expect(times.quantiles([50]) == [nil])
        for one in [40, 10, 30, 20] as [Int64] { times.add(one) }
        times.add(nil)
        #expect(times.quantiles([1, 50, 51, 95, 100]) == [10, 20, 30, 40, 40])
        #expect(times.open == 1)
    }

    @Test func everyTimeIsInTheBarUpToWhichItWent() {
        var times = WindowSpread.Times()
        for one in [0, 1000, 1001, 60_000, 60_001, 864_000_001] as [Int64] { times.add(one) }
        #expect(times.counts == [2, 1, 1, 1, 0, 0, 0, 0, 0, 1])
    }

    @Test(
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1250, "1.2 s"), (61_000, "1 min 1 s"),
            (3_660_000, "1 h 1 min"), (90_000_000, "1 d 1 h"),
        ] as [(Int64, String)]
    )
    func durationsAreWords(_ milliseconds: Int64, _ words: String) {
        #expect(WindowPage.duration(milliseconds) == words)
    }

    private func report(_ here: Installation) async throws -> (WindowSpread, [String], String) {
        let end = here.clock.now.adding(seconds: 1)
        let start = Timestamp(microseconds: 0)
        var spread = WindowSpread()
        var lines: [String] = []
        for honour in try await here.engine.ask(HonouredOptOuts(from: start, to: end)) {
            spread.add(honour)
            lines += WindowSheet.lines(honour)
        }
        let page = WindowPage(from: start, to: end, madeAt: here.clock.now, spread)
        return (spread, lines, page.html)
    }

    @Test(arguments: Backend.allCases)
    func thePageAndTheSheetSayWhatWasMeasured(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.record([.connectorAdded(Sample.connector("crm"))])
            try await here.optOut(Sample.address(1))
            here.clock.advance(seconds: 90)
            try await here.drainQueue()
            try await here.optOut(Sample.address(2))
            here.clock.advance(seconds: 400 * 86_400)
            let (spread, lines, html) = try await report(here)
            #expect(spread.count == 2 && spread.lateCount == 1)
            #expect(lines.count == 2)
            let columns = WindowSheet.header.split(separator: ",").count
            #expect(lines.allSatisfy { $0.hasSuffix("\r\n") })
            #expect(
                lines.allSatisfy {
                    $0.split(separator: ",", omittingEmptySubsequences: false).count == columns
                }
            )
            #expect(lines[0].contains(",90000,no,crm,confirmed,1,"))
            #expect(lines[1].contains(",,,yes,crm,pending,0,,"))
            #expect(html.contains("2 opt-outs, 1 of them confirmed by every system"))
            #expect(html.contains("<desc id=\"plot-words\">10 min: 1</desc>"))
            #expect(
                html.contains(
                    "<td>confirmed by crm</td><td>1</td><td>1</td><td>0</td><td>1 min 30 s</td>"
                )
            )
            #expect(html.contains("<td>open</td><td>crm</td>"))
            #expect(html.firstRange(of: "mail.example") == nil)
        }
    }

    /// A system that was removed has confirmed nothing, though its opt-outs are over.
    @Test(arguments: Backend.allCases)
    func aSystemThatWasRemovedHasConfirmedNothing(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.record([
                .connectorAdded(Sample.connector("crm")), .connectorAdded(Sample.connector("shop")),
            ])
            try await here.optOut(Sample.address(1))
            for _ in 0..<2 {
                let claim = ClaimJobs(lane: .optOut, limit: 100, leaseSeconds: 60)
                let jobs = try await here.engine.perform(claim, as: .system("worker")).receipt
                for job in jobs where job.connector != "crm" { try await here.finish(job) }
            }
            _ = try await here.engine.perform(RemoveConnector("crm"), as: Sample.actor)
            let end = CancelTellings(of: "crm", limit: 10)
            #expect(try await here.engine.perform(end, as: Sample.actor).receipt.cancelled == 1)
            let (spread, _, html) = try await report(here)
            #expect(spread.completed.ended == 1 && spread.completed.milliseconds.isEmpty)
            #expect(
                html.contains("1 opt-outs, 0 of them confirmed by every system, 1 over without")
            )
            #expect(html.contains("<td>confirmed by crm</td><td>0</td><td>0</td><td>1</td>"))
            #expect(html.contains("<td>confirmed by shop</td><td>1</td><td>0</td><td>0</td>"))
        }
    }

    /// What a list brings was said before Heed knew of it; nobody was slow.
    @Test(arguments: Backend.allCases)
    func whatAListBringsIsCountedApart(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let year: Int64 = 365 * 86_400
            let imported = try RequestOptOut(
                subject: .address(Sample.address(1)),
                extent: .global,
                source: .batchImport,
                requestedAt: here.clock.now.adding(seconds: -year)
            )
            _ = try await here.engine.perform(imported, as: Sample.actor)
            try await here.optOut(Sample.address(2))
            let (spread, lines, html) = try await report(here)
            #expect(spread.count == 1 && spread.imported == 1 && spread.lateCount == 0)
            #expect(lines.count == 2 && html.contains("1 more came with lists of other programs"))
            let windows = try await here.engine.ask(
                Windows(
                    from: here.clock.now.adding(seconds: -2 * year),
                    to: nil,
                    by: .month,
                    nearSeconds: 10
                )
            )
            #expect(windows.imported == 1 && windows.windows.map(\.count) == [1])
        }
    }

    @Test(arguments: Backend.embedded)
    func nothingIsSaidOfNothing(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let (spread, lines, html) = try await report(here)
            #expect(spread.count == 0 && lines.isEmpty)
            #expect(html.contains("No opt-outs were requested"))
            #expect(html.contains("None was confirmed by every system."))
        }
    }
}
