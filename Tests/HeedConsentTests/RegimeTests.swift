// Which law a region means, and its deadline on days of a known calendar.

import Testing

@testable import HeedConsent

@Suite("Regime")
struct RegimeTests {
    @Test(
        arguments: [
            (nil, "mailbox-48h@1"), ("BR", "mailbox-48h@1"), ("CH", "mailbox-48h@1"),
            ("PR", "mailbox-48h@1"), ("ZZ", "mailbox-48h@1"), ("", "mailbox-48h@1"),
            ("US", "can-spam@1"), ("US-NY", "can-spam@1"), ("US-CA", "ccpa+can-spam@1"),
            ("CA", "casl@1"), ("CA-QC", "casl@1"), ("AU", "au-spam-act@1"),
            ("AU-NSW", "au-spam-act@1"),
            ("AT", "gdpr@1"), ("GB", "uk-pecr@1"), ("GB-ENG", "uk-pecr@1"), ("NO", "gdpr@1"),
            ("IS", "gdpr@1"), ("LI", "gdpr@1"), ("DE-BY", "gdpr@1"), ("GR", "gdpr@1"),
        ] as [(String?, String)]
    )
    func ofARegion(_ region: String?, _ name: String) {
        #expect(Regime.forRegion(region).name == name)
    }

    @Test func everyMemberOfTheUnionAndOfTheAreaIsUnderTheRegulation() {
        let union =
            "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
        let countries = (union + " IS LI NO").split(separator: " ").map(String.init)
        #expect(countries.count == 30)
        for country in countries { #expect(Regime.forRegion(country) == .gdpr, "\(country)") }
    }

    @Test(arguments: [Regime.mailbox, .gdpr, .pecr])
    func fortyEightHours(_ regime: Regime) throws {
        let request = try instant("2026-02-27T23:59:59.5Z")
        #expect(regime.deadline(from: request).text == "2026-03-01T23:59:59.500000Z")
    }

    struct Case: Sendable {
        let request: String
        let five: String
        let ten: String

        init(_ request: String, five: String, ten: String) {
            self.request = request
            self.five = five
            self.ten = ten
        }
    }

    /// Weekdays as of Python's `date.weekday`.
    static let cases = [
        // A Monday.
        Case("2026-01-05T00:00:00Z", five: "2026-01-12", ten: "2026-01-19"),
        Case("2026-01-05T23:59:59.999999Z", five: "2026-01-12", ten: "2026-01-19"),
        // A Friday, the Saturday and the Sunday after it: all end on a Friday.
        Case("2026-01-09T23:59:59Z", five: "2026-01-16", ten: "2026-01-23"),
        Case("2026-01-10T00:00:00Z", five: "2026-01-16", ten: "2026-01-23"),
        Case("2026-01-11T12:00:00Z", five: "2026-01-16", ten: "2026-01-23"),
        // Over the end of February, in a common year and in a leap year.
        Case("2026-02-20T12:00:00Z", five: "2026-02-27", ten: "2026-03-06"),
        Case("2024-02-22T12:00:00Z", five: "2024-02-29", ten: "2024-03-07"),
        // Over Christmas and New Year, which count as working days.
        Case("2026-12-21T12:00:00Z", five: "2026-12-28", ten: "2027-01-04"),
        Case("2026-12-31T23:59:59Z", five: "2027-01-07", ten: "2027-01-14"),
        // The day is the one in UTC.
        Case("2026-01-05T20:00:00-08:00", five: "2026-01-13", ten: "2026-01-20"),
    ]

    @Test(arguments: cases)
    func businessDays(_ row: Case) throws {
        let request = try instant(row.request)
        #expect(Regime.spamAct.deadline(from: request).text == "\(row.five)T23:59:59Z")
        for regime in [Regime.canSpam, .casl, .ccpa] {
            #expect(regime.deadline(from: request).text == "\(row.ten)T23:59:59Z")
        }
    }

    @Test func deadlinesEndOnWorkingDaysAndNeverMoveBack() {
        var generator = SeededGenerator(seed: 0xDA7E)
        var before: (request: Int64, deadline: Int64) = (0, 0)
        let seconds = (0..<2_000).map { _ in
            Int64.random(in: 1_700_000_000...2_000_000_000, using: &generator)
        }
        for second in seconds.sorted() {
            let deadline = Regime.canSpam.deadline(from: Timestamp(seconds: second))
            let weeks = deadline.day.number - Timestamp(seconds: second).day.number
            #expect(deadline.day.weekday < 5)
            #expect((12...14).contains(weeks))
            #expect(deadline.microseconds >= before.deadline)
            before = (second, deadline.microseconds)
        }
    }

    @Test func anUnknownRegionHasTheShortestWindow() throws {
        let request = try instant("2026-01-05T09:00:00Z")
        let strictest = Regime.forRegion(nil).deadline(from: request)
        for regime in [Regime.gdpr, .pecr, .canSpam, .casl, .ccpa, .spamAct] {
            #expect(strictest <= regime.deadline(from: request))
        }
    }
}
