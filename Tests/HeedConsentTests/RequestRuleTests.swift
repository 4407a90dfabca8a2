// Until when a request about personal data is answered, on dates checked by hand.

import Testing

@testable import HeedConsent

@Suite("RequestRule")
struct RequestRuleTests {
    @Test(
        arguments: [
            (nil, .shortest), ("BR", .shortest), ("US", .shortest), ("CA", .shortest),
            ("US-CA", .ccpa), ("DE", .gdpr), ("NO", .gdpr), ("FR-BRE", .gdpr), ("GB", .uk),
            ("GB-SCT", .uk),
        ] as [(String?, RequestRule)]
    )
    func ofARegion(_ region: String?, _ rule: RequestRule) {
        #expect(RequestRule.forRegion(region) == rule)
    }

    struct Case: Sendable {
        let request: String
        let europe: [String]
        let uk: [String]

        /// The last day of the answer, and of the answer after an extension.
        init(_ request: String, europe: [String], uk: [String]) {
            self.request = request
            self.europe = europe
            self.uk = uk
        }
    }

    static let months = [
        // To the same-numbered day; 3 October is a Saturday.
        Case(
            "2026-09-03T10:00:00Z",
            europe: ["2026-10-05", "2026-12-03"],
            uk: ["2026-10-05", "2026-12-03"]
        ),
        // To the last day of a shorter month.
        Case(
            "2026-08-31T10:00:00Z",
            europe: ["2026-09-30", "2026-11-30"],
            uk: ["2026-09-30", "2026-11-30"]
        ),
        // February ends with a Saturday, in a leap year with a Thursday.
        Case(
            "2026-01-31T10:00:00Z",
            europe: ["2026-03-02", "2026-04-30"],
            uk: ["2026-03-02", "2026-04-30"]
        ),
        Case(
            "2024-01-31T10:00:00Z",
            europe: ["2024-02-29", "2024-04-30"],
            uk: ["2024-02-29", "2024-04-30"]
        ),
        // Christmas on a Friday; in England Boxing Day is kept on the Monday.
        Case(
            "2026-11-25T10:00:00Z",
            europe: ["2026-12-28", "2027-02-25"],
            uk: ["2026-12-29", "2027-02-25"]
        ),
        // New Year's Day on a Friday.
        Case(
            "2026-12-01T10:00:00Z",
            europe: ["2027-01-04", "2027-03-01"],
            uk: ["2027-01-04", "2027-03-01"]
        ),
        // Good Friday, which is a working day in France.
        Case(
            "2026-03-03T10:00:00Z",
            europe: ["2026-04-03", "2026-06-03"],
            uk: ["2026-04-07", "2026-06-03"]
        ),
        // England's summer bank holiday on 31 August.
        Case(
            "2026-07-31T10:00:00Z",
            europe: ["2026-08-31", "2026-11-02"],
            uk: ["2026-09-01", "2026-11-02"]
        ),
        // Still February in Martinique, and in London not any more.
        Case(
            "2026-03-01T02:00:00Z",
            europe: ["2026-03-30", "2026-05-28"],
            uk: ["2026-04-01", "2026-06-01"]
        ),
    ]

    @Test(arguments: months)
    func aMonthAndThree(_ row: Case) throws {
        #expect(try lastDays(.gdpr, row.request, endingBefore: 4) == row.europe)
        #expect(try lastDays(.uk, row.request, endingBefore: 1) == row.uk)
    }

    private func lastDays(
        _ rule: RequestRule,
        _ request: String,
        endingBefore offset: Int64
    ) throws -> [String] {
        let start = try instant(request)
        return try [rule.answer, #require(rule.extended)].map {
            let deadline = $0.deadline(from: start)
            #expect(deadline.adding(seconds: 1 + offset * 3600).text.hasSuffix("T00:00:00Z"))
            return deadline.adding(seconds: offset * 3600).day.text
        }
    }

    /// From noon on Monday, 31 August: ten business days, and days counted with that Monday.
    @Test func california() throws {
        let start = try instant("2026-08-31T19:00:00Z")
        let rule = RequestRule.ccpa
        let confirmation = try #require(rule.confirmation).deadline(from: start)
        #expect(confirmation.text == "2026-09-15T06:59:59Z")
        #expect(rule.answer.deadline(from: start).text == "2026-10-15T06:59:59Z")
        #expect(try #require(rule.extended).deadline(from: start).text == "2026-11-29T06:59:59Z")
    }

    /// Whatever the law, whatever the month: 28 days are within it.
    @Test func theShortestIsWithinEveryOther() throws {
        var generator = SeededGenerator(seed: 0x28DA)
        for _ in 0..<1_000 {
            let start = Timestamp(
                seconds: .random(in: 1_600_000_000...3_000_000_000, using: &generator)
            )
            let shortest = RequestRule.shortest.answer.deadline(from: start)
            for rule in [RequestRule.gdpr, .uk, .ccpa] {
                let answer = rule.answer.deadline(from: start)
                let extended = try #require(rule.extended).deadline(from: start)
                #expect(shortest <= answer && answer < extended)
            }
        }
    }
}
