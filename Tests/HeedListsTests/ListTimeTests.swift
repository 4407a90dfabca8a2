// Times as other programs write them, and how much later each may have been.

import HeedConsent
import Testing

@testable import HeedLists

@Suite("Times in lists")
struct ListTimeTests {
    @Test(
        arguments: [
            ("2025-01-01T10:00:00Z", "2025-01-01T10:00:00Z", 0),
            ("2025-01-01 10:00:00+00", "2025-01-01T10:00:00Z", 0),
            ("2025-01-01 10:00:00.25 +0200", "2025-01-01T08:00:00.250000Z", 0),
            ("2025-01-01T10:00Z", "2025-01-01T10:00:00Z", 0),
            ("2025-01-01T10:00:00-05:30", "2025-01-01T15:30:00Z", 0),
            ("2025-01-01 10:00:00 UTC", "2025-01-01T10:00:00Z", 0),
            ("2025/01/01 10:00", "2025-01-01T10:00:00Z", 43_200),
            ("2025-01-01 10:00:00", "2025-01-01T10:00:00Z", 43_200),
            ("2025-01-01", "2025-01-01T00:00:00Z", 129_600),
            ("1735725600", "2025-01-01T10:00:00Z", 0),
            ("1735725600000", "2025-01-01T10:00:00Z", 0),
            ("Wed, 01 Jan 2025 10:00:00 +0000", "2025-01-01T10:00:00Z", 0),
        ] as [(String, String, Int64)]
    )
    func readable(_ text: String, _ time: String, _ doubt: Int64) throws {
        let read = try #require(ListTime(text))
        #expect(read.time.text == time)
        #expect(read.latest == read.time.adding(seconds: doubt))
    }

    @Test(arguments: [
        "", "soon", "01/02/2025", "31/01/2026 10:00", "2025-13-01", "2025-01-01 25:00",
        "2025-01-01 10:00:00 CEST", "2025-01-01 10:00:00+2", "2025", "20250101",
        "0000-00-00 00:00:00", "-1735725600",
    ])
    func unreadable(_ text: String) { #expect(ListTime(text) == nil) }
}
