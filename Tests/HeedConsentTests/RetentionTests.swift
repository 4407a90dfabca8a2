// How long evidence is kept, and that nobody can ask for less than the law allows.

import Testing

@testable import HeedConsent

@Suite("Retention")
struct RetentionTests {
    @Test func fiveYearsIsTheDefault() throws {
        #expect(auditLogRetentionDays == 1825 && consentRecordRetentionDays == 1825)
        let retention = try Retention()
        #expect(retention.auditLogDays == 1825 && retention.consentRecordDays == 1825)
    }

    @Test(arguments: [-1, 0, 1094, 36_501] as [Int64])
    func lessThanThreeYearsIsRefusedByName(_ days: Int64) {
        #expect {
            try Retention(auditLogDays: days)
        } throws: {
            ($0 as? Refusal)?.field == "auditLogRetentionDays"
        }
        #expect {
            try Retention(consentRecordDays: days)
        } throws: {
            ($0 as? Refusal)?.field == "consentRecordRetentionDays"
        }
    }

    /// Events about messages are no evidence, so there is no least but a day.
    @Test(arguments: [-1, 0, 36_501] as [Int64])
    func eventsAreKeptADayAtLeast(_ days: Int64) throws {
        #expect {
            try Retention(eventDays: days)
        } throws: {
            ($0 as? Refusal)?.field == "eventRetentionDays"
        }
        #expect(try Retention().eventDays == 730)
        #expect(try Retention(eventDays: 1).eventDays == 1)
    }

    @Test(arguments: [1095, 36_500] as [Int64])
    func theLimitsThemselvesAreTaken(_ days: Int64) throws {
        #expect(try Retention(auditLogDays: days).auditLogDays == days)
    }

    @Test func horizonsAreDaysBeforeThePresent() throws {
        let retention = try Retention(auditLogDays: 1095, consentRecordDays: 1825)
        let now = try instant("2026-01-31T09:30:00Z")
        #expect(retention.horizon(of: .auditEvents, at: now).text == "2023-02-01T09:30:00Z")
        #expect(retention.horizon(of: .consentRecords, at: now).text == "2021-02-01T09:30:00Z")
        #expect(retention.horizon(of: .activities, at: now).text == "2024-02-01T09:30:00Z")
    }

    @Test(arguments: ["", String(repeating: "x", count: 501)])
    func aHoldHasAReason(_ reason: String) {
        #expect {
            try LegalHold(id: Fixture.hold, contact: nil, reason: reason, placedAt: Fixture.now)
        } throws: {
            ($0 as? Refusal)?.field == "reason"
        }
    }

    @Test func aHoldPrintsNoReason() throws {
        let hold = try LegalHold(
            id: Fixture.hold,
            contact: Fixture.contact,
            reason: "Magrathea versus Beeblebrox",
            placedAt: Fixture.now
        )
        var dumped = ""
        dump(hold, to: &dumped)
        for text in ["\(hold)", String(reflecting: hold), dumped] {
            #expect(!text.contains("Magrathea"))
        }
    }
}
