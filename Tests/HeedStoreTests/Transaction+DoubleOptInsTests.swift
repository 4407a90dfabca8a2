// Requests read back as they were written, counted from an instant on, and nothing else is one.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction: double opt-ins")
struct TransactionDoubleOptInsTests {
    private func record(
        _ number: UInt64,
        _ decision: ConsentRecord.Decision,
        in scope: ScopeName = Sample.newsletter
    ) throws -> Event {
        var record = ConsentRecord(
            id: ConsentID(high: 9, low: number),
            contact: Sample.contact().id,
            scope: scope.text,
            decision: decision,
            basis: .consent,
            source: .form,
            policy: try Sample.policy(),
            locale: "de",
            givenAt: Timestamp(seconds: 100),
            recordedAt: Timestamp(seconds: Int64(number) * 100),
            batch: nil
        )
        record.expiresAt = Timestamp(seconds: 900)
        return .consentRecorded(record, Evidence(), from: Permission(), to: Permission())
    }

    @Test(arguments: Backend.allCases)
    func readBackAndCounted(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = Sample.contact()
            try await installation.record([
                .contactAdded(contact, [Sample.address()]), record(1, .requested),
                record(2, .granted), record(3, .requested, in: Sample.promotions),
            ])
            let (request, other, counts) = try await installation.database.read { transaction in
                (
                    try transaction.doubleOptIn(ConsentID(high: 9, low: 1)),
                    try transaction.doubleOptIn(ConsentID(high: 9, low: 2)),
                    try [99, 100, 299, 300].map { second in
                        try transaction.doubleOptIns(
                            of: contact.id,
                            since: Timestamp(seconds: second)
                        ).map(\.scope.text).sorted()
                    }
                )
            }
            #expect(
                request
                    == DoubleOptIn(
                        request: ConsentID(high: 9, low: 1),
                        contact: contact.id,
                        scope: Sample.newsletter,
                        policyVersion: Sample.version,
                        locale: "de",
                        requestedAt: Timestamp(seconds: 100),
                        expiresAt: Timestamp(seconds: 900)
                    )
            )
            #expect(other == nil)
            #expect(counts == [["newsletter", "promotions"], ["promotions"], ["promotions"], []])
        }
    }
}
