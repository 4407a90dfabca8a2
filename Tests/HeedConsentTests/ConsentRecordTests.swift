// What a record takes over from the policy that was shown, and its stable names.

import Testing

@testable import HeedConsent

@Suite("ConsentRecord")
struct ConsentRecordTests {
    private func record(policy: Policy?) -> ConsentRecord {
        ConsentRecord(
            id: Fixture.consent,
            contact: Fixture.contact,
            scope: "newsletter",
            decision: .granted,
            basis: .consent,
            source: .form,
            policy: policy,
            locale: "de",
            givenAt: Fixture.now.adding(days: -1),
            recordedAt: Fixture.now,
            batch: nil
        )
    }

    @Test func carriesVersionAndHashOfThePolicy() throws {
        let policy = try Fixture.policy()
        #expect(record(policy: policy).policyVersion == policy.version)
        #expect(record(policy: policy).policyHash == policy.textHash)
        #expect(record(policy: nil).policyVersion == nil)
        #expect(record(policy: nil).policyHash == nil)
    }

    @Test func storedNamesAreStable() {
        #expect(
            ConsentRecord.Decision.allCases.map(\.rawValue) == [
                "granted", "denied", "withdrawn", "requested",
            ]
        )
        #expect(
            ConsentRecord.Basis.allCases.map(\.rawValue) == [
                "consent", "implied-consent", "soft-opt-in", "contract", "legal-obligation",
                "vital-interests", "public-task", "legitimate-interest",
            ]
        )
    }
}
