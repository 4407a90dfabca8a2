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
        Row("2026-03-01T20:00:00Z", nil, .erasure, ("2026-03-29", nil)),
        Row("2026-03-01T20:00:00Z", "JP", .erasure, ("2026-03-29", nil)),
        // Within a month in February, too.
        Row("2026-01-31T12:00:00Z", nil, .access, ("2026-02-28", nil)),
        Row("2026-02-05T12:00:00Z", nil, .access, ("2026-03-05", nil)),
        // Still February in Martinique.
        Row("2026-03-01T02:00:00Z", "FR", .access, ("2026-03-28", "2026-05-28")),
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

    /// A day ends in Réunion before it ends anywhere else under the regulation.
    @Test func noDeadlineIsLateInTheUnionsFarthestParts() throws {
        let received = try instant("2026-09-03T10:00:00Z")
        #expect(Regime.gdprRequest.deadline(from: received).text == "2026-10-03T19:59:59Z")
    }

    /// Golden: who changes a line here gives the rule a new version, and an extension to the old
    /// one if it has one, because requests are stored with the name they were counted by.
    @Test func theRules() {
        let extensions = Regime.extensions.sorted { $0.key < $1.key }
        func text(_ rule: Regime) -> String {
            "\(rule.name): \(rule.amount) \(rule.unit), \(rule.firstDay) first, "
                + "\(rule.calendar.name), \(rule.offsetHours)"
        }
        #expect(
            Regime.requests.map(text) == [
                "gdpr-request@2: 1 calendarMonths, dayAfter first, every-day@1, -4...4",
                "uk-gdpr-request@1: 1 calendarMonths, dayAfter first, every-day@1, 0...1",
                "ccpa-request@1: 45 calendarDays, dayAfter first, every-day@1, -10...-4",
                "ccpa-sale@1: 15 businessDays, dayAfter first, us-federal@1, -10...-4",
                "pipeda-request@1: 30 calendarDays, dayAfter first, every-day@1, -8...-2",
                "au-app-request@1: 30 calendarDays, dayAfter first, every-day@1, 8...11",
                "lgpd-request@1: 15 calendarDays, dayAfter first, every-day@1, -5...-2",
                "request-28d@1: 28 calendarDays, dayAfter first, every-day@1, -12...14",
            ]
        )
        #expect(
            extensions.map { "\($0.key) → \(text($0.value))" } == [
                "ccpa-request@1 → ccpa-request-extended@1: 90 calendarDays, dayAfter first, "
                    + "every-day@1, -10...-4",
                "gdpr-request@1 → gdpr-request-extended@1: 3 calendarMonths, dayAfter first, "
                    + "every-day@1, -3...3",
                "gdpr-request@2 → gdpr-request-extended@2: 3 calendarMonths, dayAfter first, "
                    + "every-day@1, -4...4",
                "pipeda-request@1 → pipeda-request-extended@1: 60 calendarDays, dayAfter first, "
                    + "every-day@1, -8...-2",
                "uk-gdpr-request@1 → uk-gdpr-request-extended@1: 3 calendarMonths, dayAfter "
                    + "first, every-day@1, 0...1",
            ]
        )
    }

    /// Whatever the law, whatever the month: 28 days are within every law of 30 days or a month.
    @Test func anUnknownRegionIsWithinAMonth() throws {
        var generator = SeededGenerator(seed: 0x28DA)
        for _ in 0..<1_000 {
            let start = Timestamp(
                seconds: .random(in: 1_600_000_000...3_000_000_000, using: &generator)
            )
            let unknown = Regime.requestDefault.deadline(from: start)
            for rule in [Regime.gdprRequest, .ukRequest, .ccpaRequest, .pipeda, .australianPrivacy]
            {
                #expect(unknown <= rule.deadline(from: start), "\(rule.name)")
            }
        }
    }
}
