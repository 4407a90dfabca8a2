// Until when each law wants a request answered, and for how long it may be extended.

import Testing

@testable import HeedConsent

@Suite("Deadlines of requests")
struct RegimeRequestsTests {
    /// Received, region, what is asked, the last day, and the last day once extended.
    struct Row: Sendable {
        let received: String
        let region: String?
        let kind: RightsRequest.Kind
        let last: String
        let extended: String?

        init(
            _ received: String,
            _ region: String?,
            _ kind: RightsRequest.Kind,
            _ days: (last: String, extended: String?)
        ) {
            self.received = received
            self.region = region
            self.kind = kind
            (last, extended) = days
        }
    }

    private static let table: [Row] = [
        Row("2026-09-03T10:00:00Z", "DE", .access, ("2026-10-03", "2026-12-03")),
        Row("2026-01-31T10:00:00Z", "FR", .erasure, ("2026-02-28", "2026-04-30")),
        Row("2026-09-03T10:00:00Z", "GB", .access, ("2026-10-03", "2026-12-03")),
        Row("2026-03-01T12:00:00Z", "US-CA", .erasure, ("2026-04-15", "2026-05-30")),
        Row("2026-03-01T12:00:00Z", "US-NY", .access, ("2026-04-15", "2026-05-30")),
        Row("2026-03-02T20:00:00Z", "US-CA", .doNotSell, ("2026-03-23", nil)),
        Row("2026-03-01T20:00:00Z", "CA", .access, ("2026-03-31", "2026-04-30")),
        Row("2026-03-01T02:00:00Z", "AU", .access, ("2026-03-31", nil)),
        Row("2026-03-01T20:00:00Z", "BR", .access, ("2026-03-16", nil)),
        Row("2026-03-01T20:00:00Z", nil, .erasure, ("2026-03-31", nil)),
        Row("2026-03-01T20:00:00Z", "JP", .erasure, ("2026-03-31", nil)),
    ]

    @Test(arguments: table)
    func theLastDay(_ row: Row) throws {
        let contact = Contact(
            stored: ContactID(high: 1, low: 2),
            externalID: nil,
            locale: nil,
            region: row.region
        )
        let request = RightsRequest(
            id: RequestID(high: 3, low: 4),
            kind: row.kind,
            of: contact,
            source: .form,
            requestedAt: try #require(Timestamp(text: row.received))
        )
        // A day ends when it first ends anywhere in the region, so the date there is the last day.
        let regime = Regime.forRequest(row.kind, region: row.region)
        func day(_ time: Timestamp) -> String {
            String(time.adding(seconds: regime.offsetHours.upperBound * 3600).text.prefix(10))
        }
        #expect(day(request.deadlineAt) == row.last)
        #expect(Regime.extended(request).map(day) == row.extended)
    }

    @Test func daysLeftCountTheBegunOne() throws {
        var request = RightsRequest(
            id: RequestID(high: 3, low: 4),
            kind: .access,
            of: Contact(
                stored: ContactID(high: 1, low: 2),
                externalID: nil,
                locale: nil,
                region: nil
            ),
            source: .form,
            requestedAt: Timestamp(seconds: 0)
        )
        request.deadlineAt = Timestamp(seconds: 10 * 86_400)
        #expect(request.daysLeft(at: Timestamp(seconds: 0)) == 10)
        #expect(request.daysLeft(at: Timestamp(seconds: 1)) == 10)
        #expect(request.daysLeft(at: Timestamp(seconds: 10 * 86_400)) == 0)
        #expect(request.daysLeft(at: Timestamp(seconds: 10 * 86_400 + 1)) == -1)
    }

    @Test func everyRuleHasANameOfItsOwn() {
        #expect(Set(Regime.requests.map(\.name)).count == Regime.requests.count)
    }
}
