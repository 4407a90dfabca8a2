// What becomes of a request to confirm, by every state and moment, and how often may be asked.

import Testing

@testable import HeedConsent

@Suite("DoubleOptIn")
struct DoubleOptInTests {
    static let request = DoubleOptIn(
        request: Fixture.consent,
        contact: Fixture.contact,
        scope: Fixture.newsletter,
        policyVersion: "2026-01",
        locale: "de",
        requestedAt: Fixture.now,
        expiresAt: Fixture.now.adding(days: 2)
    )

    /// For a decision before, at and after the request, and for none: `o` open, `c` confirmed, `l`
    /// lapsed.
    static let rows = [
        "none        none      ollo", "none        pending   ollo", "none        completed ollo",
        "unconfirmed none      ollo", "unconfirmed pending   ollo", "unconfirmed completed ollo",
        "granted     none      occo", "granted     pending   ollo", "granted     completed ollo",
        "denied      none      ollo", "denied      pending   ollo", "denied      completed ollo",
        "withdrawn   none      ollo", "withdrawn   pending   ollo", "withdrawn   completed ollo",
        "expired     none      ollo", "expired     pending   ollo", "expired     completed ollo",
    ]

    @Test(arguments: rows)
    func standing(_ row: String) throws {
        let cells = row.split(separator: " ").map(String.init)
        let moments: [Int64?] = [-1, 0, 1, nil]
        for (seconds, cell) in zip(moments, cells[2]) {
            var permission = Permission()
            permission.state = try #require(Permission.State(rawValue: cells[0]))
            permission.optOutStatus = try #require(Permission.OptOutStatus(rawValue: cells[1]))
            permission.decidedAt = seconds.map { Fixture.now.adding(seconds: $0) }
            let early = Self.request.standing(permission, at: Fixture.now.adding(days: 1))
            let late = Self.request.standing(permission, at: Self.request.expiresAt)
            let expected: [Character: DoubleOptIn.Standing] = [
                "o": .open, "c": .confirmed, "l": .lapsed,
            ]
            #expect(early == expected[cell], "\(row) \(String(describing: seconds))")
            // From its end on only what was confirmed is.
            #expect(late == (cell == "c" ? .confirmed : .lapsed))
        }
    }

    @Test func lastsUntilItsVeryEnd() {
        let end = Self.request.expiresAt
        let before = Timestamp(microseconds: end.microseconds - 1)
        #expect(Self.request.standing(Permission(), at: before) == .open)
        #expect(Self.request.standing(Permission(), at: end) == .lapsed)
    }

    // MARK: - How often

    private func earlier(
        _ count: Int,
        _ scope: ScopeName = Fixture.newsletter,
        seconds: Int64
    ) -> [DoubleOptInTerms.Earlier] {
        (0..<count).map { _ in
            .init(scope: scope, requestedAt: Fixture.now.adding(seconds: -seconds))
        }
    }

    private func allows(
        _ earlier: [DoubleOptInTerms.Earlier],
        past reasons: [SuppressionReason] = [],
        by terms: DoubleOptInTerms = DoubleOptInTerms()
    ) -> Bool {
        let blocks = reasons.map {
            Suppression(
                reason: $0,
                scope: nil,
                since: Fixture.now,
                source: .commandLine,
                optOut: nil
            )
        }
        return terms.allows(Fixture.newsletter, after: earlier, past: blocks, at: Fixture.now)
    }

    @Test func threeTimesAScopeWhileALinkWorks() {
        #expect(allows([]))
        #expect(allows(earlier(2, seconds: 10)))
        #expect(!allows(earlier(3, seconds: 10)))
        #expect(!allows(earlier(3, seconds: 48 * 3600 - 1)))
        #expect(allows(earlier(3, seconds: 48 * 3600)))
        #expect(allows(earlier(3, Fixture.receipts, seconds: 10)))
        #expect(!allows(earlier(1, seconds: 10), by: DoubleOptInTerms(messagesMaximum: 1)))
    }

    @Test func tenTimesADayWhateverItIsAbout() {
        #expect(allows(earlier(9, Fixture.receipts, seconds: 10)))
        #expect(!allows(earlier(10, Fixture.receipts, seconds: 10)))
        #expect(!allows(earlier(10, Fixture.receipts, seconds: 86_399)))
        #expect(allows(earlier(10, Fixture.receipts, seconds: 86_400)))
    }

    @Test func enoughIsReadToCountBoth() {
        let now = Fixture.now
        #expect(DoubleOptInTerms().countedSince(now) == now.adding(days: -2))
        #expect(DoubleOptInTerms(validSeconds: 3600).countedSince(now) == now.adding(days: -1))
    }

    @Test(arguments: SuppressionReason.allCases)
    func someBlocksForbidThisMessageToo(_ reason: SuppressionReason) {
        let forbids: Set<SuppressionReason> = [.legal, .manual, .hardBounce, .restriction]
        #expect(allows([], past: [reason]) == !forbids.contains(reason))
    }
}
