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
        let us: String
        let canada: String
        let australia: String

        init(_ request: String, us: String, canada: String, australia: String) {
            self.request = request
            self.us = us
            self.canada = canada
            self.australia = australia
        }
    }

    /// Computed apart from this code, with Python's `datetime`: the request counts from the
    /// earliest local date, the last day ends where it ends first.
    ///
    /// Mondays, Fridays, weekends, both kinds of February, Christmas, and an evening in California
    /// that is the next day in UTC.
    static let cases = [
        Case(
            "2026-01-05T00:00:00Z",
            us: "2026-01-17T03:59:59Z",
            canada: "2026-01-17T01:59:59Z",
            australia: "2026-01-09T12:59:59Z"
        ),
        Case(
            "2026-01-05T23:59:59.999999Z",
            us: "2026-01-20T03:59:59Z",
            canada: "2026-01-20T01:59:59Z",
            australia: "2026-01-12T12:59:59Z"
        ),
        Case(
            "2026-01-09T23:59:59Z",
            us: "2026-01-24T03:59:59Z",
            canada: "2026-01-24T01:59:59Z",
            australia: "2026-01-15T12:59:59Z"
        ),
        Case(
            "2026-01-10T00:00:00Z",
            us: "2026-01-24T03:59:59Z",
            canada: "2026-01-24T01:59:59Z",
            australia: "2026-01-15T12:59:59Z"
        ),
        Case(
            "2026-01-11T12:00:00Z",
            us: "2026-01-24T03:59:59Z",
            canada: "2026-01-24T01:59:59Z",
            australia: "2026-01-15T12:59:59Z"
        ),
        Case(
            "2026-02-20T12:00:00Z",
            us: "2026-03-07T03:59:59Z",
            canada: "2026-03-07T01:59:59Z",
            australia: "2026-02-26T12:59:59Z"
        ),
        Case(
            "2024-02-22T12:00:00Z",
            us: "2024-03-08T03:59:59Z",
            canada: "2024-03-08T01:59:59Z",
            australia: "2024-02-28T12:59:59Z"
        ),
        Case(
            "2026-12-21T12:00:00Z",
            us: "2027-01-05T03:59:59Z",
            canada: "2027-01-05T01:59:59Z",
            australia: "2026-12-25T12:59:59Z"
        ),
        Case(
            "2026-12-31T23:59:59Z",
            us: "2027-01-15T03:59:59Z",
            canada: "2027-01-15T01:59:59Z",
            australia: "2027-01-07T12:59:59Z"
        ),
        Case(
            "2026-01-05T20:00:00-08:00",
            us: "2026-01-20T03:59:59Z",
            canada: "2026-01-20T01:59:59Z",
            australia: "2026-01-12T12:59:59Z"
        ),
    ]

    @Test(arguments: cases)
    func businessDays(_ row: Case) throws {
        let request = try instant(row.request)
        #expect(Regime.canSpam.deadline(from: request).text == row.us)
        #expect(Regime.ccpa.deadline(from: request).text == row.us)
        #expect(Regime.casl.deadline(from: request).text == row.canada)
        #expect(Regime.spamAct.deadline(from: request).text == row.australia)
    }

    @Test func deadlinesEndOnWorkingDaysAndNeverMoveBack() {
        var generator = SeededGenerator(seed: 0xDA7E)
        var before: (request: Int64, deadline: Int64) = (0, 0)
        let seconds = (0..<2_000).map { _ in
            Int64.random(in: 1_700_000_000...2_000_000_000, using: &generator)
        }
        for second in seconds.sorted() {
            let deadline = Regime.canSpam.deadline(from: Timestamp(seconds: second))
            let lastDay = deadline.adding(seconds: -4 * 3600).day
            let firstDay = Timestamp(seconds: second).adding(seconds: -10 * 3600).day
            #expect(lastDay.weekday < 5)
            #expect((12...14).contains(lastDay.number - firstDay.number))
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
