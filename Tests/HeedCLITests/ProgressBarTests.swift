// What a bar says, and that nobody who does not look is told.

import Testing

@testable import HeedCLI

@Suite("Progress bar")
struct ProgressBarTests {
    @Test(arguments: [
        (0, 10, 0, "0 %"), (5, 10, 15, "50 %"), (10, 10, 30, "100 %"), (11, 10, 30, "100 %"),
        (0, 0, 30, "100 %"),
    ])
    func aBarIsAsLongAsItsShare(_ done: Int, _ all: Int, _ filled: Int, _ share: String) {
        let line = ProgressBar.line("filtering", done, of: all, "3 rows")
        #expect(line.hasPrefix("filtering "))
        #expect(line.hasSuffix(" \(share)  3 rows"))
        #expect(line.count { $0 == "█" } == filled)
        #expect(line.count { $0 == "█" || $0 == "░" } == 30)
    }

    @Test func withoutAnEndThereIsNoShare() {
        #expect(ProgressBar.line("audience", 7, of: nil, "7 allowed") == "audience  7 allowed")
    }

    @Test func aRateNeedsTime() {
        #expect(ProgressBar("test").rate(0) == 0)
    }
}
