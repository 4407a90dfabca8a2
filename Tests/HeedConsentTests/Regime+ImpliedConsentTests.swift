// How long a dealing implies consent, by region, against a table written out by hand.

import Testing

@testable import HeedConsent

@Suite("Regime: implied consent")
struct RegimeImpliedConsentTests {
    /// Months after a purchase and after an inquiry; `open` for no end, `never` for no such law.
    static let rows = [
        "CA 24 6", "CA-QC 24 6", "- 24 6", "JP 24 6", "US open open", "US-CA open open",
        "US-NY open open", "AU open open", "DE never never", "FR never never", "NO never never",
        "GB never never",
    ]

    private static let long: Set<Relationship> = [
        .purchase, .lease, .contract, .donation, .volunteering, .membership,
    ]

    @Test(arguments: rows)
    func terms(_ row: String) {
        let cells = row.split(separator: " ").map(String.init)
        let region = cells[0] == "-" ? nil : cells[0]
        for relationship in Relationship.allCases {
            let term = Regime.forRegion(region, channel: .email).impliedTerm(after: relationship)
            let cell = Self.long.contains(relationship) ? cells[1] : cells[2]
            switch term {
            case .months(let months): #expect(cell == String(months))
            case .open: #expect(cell == "open")
            case .never: #expect(cell == "never")
            }
        }
    }

    @Test func everyRegimeSaysSomethingAboutSoftOptIn() {
        for regime in Regime.current {
            let more: Set<Relationship> = [.purchase, .inquiry, .donation, .volunteering]
            #expect(regime.softOptInRelationships == (regime == .pecr ? more : [.purchase]))
        }
        #expect(Regime.tcpa.impliedTerm(after: .purchase) == .never)
    }

    @Test(arguments: [
        ("2024-01-31T09:30:00Z", 6, "2024-07-31T09:30:00Z"),
        ("2024-08-31T23:59:59Z", 6, "2025-02-28T23:59:59Z"),
        ("2024-02-29T00:00:00Z", 24, "2026-02-28T00:00:00Z"),
        ("2026-03-15T12:00:00.5Z", -24, "2024-03-15T12:00:00.5Z"),
    ])
    func monthsKeepTheTimeOfDay(_ start: String, _ months: Int64, _ end: String) throws {
        let start = try #require(Timestamp(text: start))
        #expect(start.adding(months: months) == Timestamp(text: end))
    }

    @Test func wordsAreStable() {
        #expect(
            Relationship.allCases.map(\.rawValue) == [
                "purchase", "lease", "contract", "donation", "volunteering", "membership",
                "inquiry", "application",
            ]
        )
    }
}
