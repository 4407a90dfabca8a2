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
                html.contains("<td>confirmed by crm</td><td>1</td><td>1</td><td>1 min 30 s</td>")
            )
            #expect(html.contains("<td>open</td><td>crm</td>"))
            #expect(html.firstRange(of: "mail.example") == nil)
        }
    }

    @Test(arguments: Backend.embedded)
    func nothingIsSaidOfNothing(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let (spread, lines, html) = try await report(here)
            #expect(spread.count == 0 && lines.isEmpty)
            #expect(html.contains("No opt-outs were requested"))
            #expect(html.contains("None has been confirmed yet."))
        }
    }
}
