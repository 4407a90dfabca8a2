// Consent records and the permissions beside them read back as they were written.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Consent")
struct TransactionConsentTests {
    private let contact = Sample.contact()

    private func record(
        _ number: UInt64,
        _ decision: ConsentRecord.Decision,
        policy: Policy?,
        at time: Timestamp,
        batch: ImportID? = nil
    ) -> ConsentRecord {
        ConsentRecord(
            id: ConsentID(high: 0x7000, low: number),
            contact: contact.id,
            scope: Sample.newsletter.text,
            decision: decision,
            basis: .legitimateInterest,
            source: Source(stored: "checkout"),
            policy: policy,
            locale: policy == nil ? nil : "de-AT",
            givenAt: time,
            recordedAt: time.adding(seconds: 5),
            batch: batch
        )
    }

    @Test(arguments: Backend.allCases)
    func recordsReadBackOldestFirst(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let policy = try Sample.policy()
            let batch = ImportID(high: 3, low: 4)
            let records = [
                record(9, .granted, policy: policy, at: Timestamp(microseconds: -7), batch: batch),
                record(1, .denied, policy: policy, at: Timestamp(seconds: 10)),
                record(5, .withdrawn, policy: nil, at: Timestamp(seconds: 20)),
            ]
            let events = records.reversed().map {
                Event.consentRecorded($0, Evidence(), from: Permission(), to: Permission())
            }
            try await installation.record([.contactAdded(contact, [])] + events)
            let stored = try await installation.database.read { [contact] in
                try $0.consents(of: contact.id, limit: 10)
            }
            #expect(stored.map(\.id) == records.map(\.id))
            #expect(stored.map(\.decision) == [.granted, .denied, .withdrawn])
            #expect(stored.map(\.policyVersion) == [policy.version, policy.version, nil])
            #expect(stored.map(\.policyHash) == [policy.textHash, policy.textHash, nil])
            #expect(stored.map(\.givenAt) == records.map(\.givenAt))
            #expect(stored.map(\.recordedAt) == records.map(\.recordedAt))
            #expect(stored.map(\.batch) == [batch, nil, nil])
            #expect(stored.allSatisfy { $0.basis == "legitimate-interest" })
            #expect(stored.allSatisfy { $0.source == "checkout" && $0.scope == "newsletter" })
            let first = try await installation.database.read { [contact] in
                try $0.consents(of: contact.id, limit: 1)
            }
            #expect(first.map(\.id) == [records[0].id])
        }
    }

    /// A yes without the text it was said to, an unknown text, and a stranger's record.
    @Test(arguments: Backend.allCases)
    func theDatabaseRefusesBrokenRecords(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.contactAdded(contact, [])])
            let unknown = try Sample.policy("nowhere")
            let time = Timestamp(seconds: 1)
            let broken = [
                record(1, .granted, policy: nil, at: time),
                record(2, .denied, policy: nil, at: time),
                record(3, .granted, policy: unknown, at: time),
            ]
            for record in broken {
                let effect = try await installation.effect {
                    try await installation.record([
                        .consentRecorded(record, Evidence(), from: Permission(), to: Permission())
                    ])
                }
                #expect(effect == .refused("refused-by-database"))
            }
        }
    }

    private func permissions() -> [Permission] {
        var full = Permission()
        full.state = .granted
        full.record = ConsentID(high: 1, low: 2)
        full.decidedAt = Timestamp(microseconds: .max)
        full.expiresAt = Timestamp(microseconds: .min)
        full.policyEffectiveAt = Timestamp(microseconds: 0)
        var closed = Permission()
        closed.state = .withdrawn
        closed.optOutStatus = .pending
        closed.optOut = OptOutID(high: 3, low: 4)
        return [full, closed, Permission(), full]
    }

    /// The newest permission replaces the one before in every column, NULL included.
    @Test(arguments: Backend.allCases)
    func permissionsReadBackAndAreReplaced(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.contactAdded(contact, [])])
            let policy = try Sample.policy()
            for (number, permission) in permissions().enumerated() {
                let record = record(
                    UInt64(number),
                    .granted,
                    policy: policy,
                    at: Timestamp(seconds: 1)
                )
                try await installation.record([
                    .consentRecorded(record, Evidence(), from: Permission(), to: permission)
                ])
                try await installation.database.read { [contact] transaction throws in
                    #expect(
                        try transaction.permission(of: contact.id, in: Sample.newsletter)
                            == permission
                    )
                    #expect(
                        try transaction.permission(of: contact.id, in: Sample.promotions)
                            == Permission()
                    )
                }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func permissionsClosedByAnOptOutAreCounted(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let global = try await installation.optOut(Sample.address(1), from: .global)
            let scoped = try await installation.optOut(Sample.address(2))
            try await installation.database.read { transaction throws in
                #expect(try transaction.permissionsClosed(by: global) == 2)
                #expect(try transaction.permissionsClosed(by: scoped) == 1)
                #expect(try transaction.permissionsClosed(by: OptOutID(high: 1, low: 1)) == 0)
            }
        }
    }
}
