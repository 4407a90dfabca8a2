// That records, one after the other, give the permission their commands wrote.

import Testing

@testable import HeedConsent

@Suite("Permission: folding")
struct PermissionFoldTests {
    private let noon = Fixture.now
    private let effective = Fixture.now.adding(days: -30)

    private func record(
        _ number: UInt64,
        _ decision: ConsentRecord.Decision,
        hour: Int64,
        source: Source = .form,
        optOut: OptOutID? = nil
    ) -> DecidedRecord {
        DecidedRecord(
            id: ConsentID(high: 1, low: number),
            decision: decision,
            source: source,
            givenAt: noon.adding(seconds: hour * 3600),
            expiresAt: decision == .granted ? noon.adding(days: 90) : nil,
            policyEffectiveAt: optOut == nil ? effective : nil,
            optOut: optOut
        )
    }

    private func fold(_ records: [DecidedRecord]) throws -> Permission {
        try records.reduce(Permission()) { try $0.folding($1) }
    }

    @Test func aYesBringsItsRecordPolicyAndEnd() throws {
        let permission = try fold([record(1, .granted, hour: 0)])
        #expect(permission.state == .granted && permission.record?.low == 1)
        #expect(permission.expiresAt == noon.adding(days: 90))
        #expect(permission.policyEffectiveAt == effective && permission.decidedAt == noon)
    }

    @Test(arguments: [ConsentRecord.Decision.denied, .withdrawn])
    func aNoEndsIt(_ decision: ConsentRecord.Decision) throws {
        let permission = try fold([record(1, .granted, hour: 0), record(2, decision, hour: 1)])
        #expect(permission.state.rawValue == decision.rawValue && permission.record?.low == 2)
        #expect(permission.expiresAt == nil && permission.optOut == nil)
    }

    @Test func anOlderDecisionIsHistory() throws {
        let first = try fold([record(1, .granted, hour: 0)])
        #expect(try first.folding(record(2, .withdrawn, hour: -1)) == first)
        #expect(try first.folding(record(2, .granted, hour: -1)) == first)
    }

    @Test func theSameInstantTakesTheLaterRecord() throws {
        let permission = try fold([record(1, .granted, hour: 0), record(2, .granted, hour: 0)])
        #expect(permission.record?.low == 2)
    }

    @Test func aStopIsAlwaysTheNewestWord() throws {
        let stop = record(2, .withdrawn, hour: -5, source: .oneClick, optOut: Fixture.optOut)
        let permission = try fold([record(1, .granted, hour: 0), stop])
        #expect(permission.state == .withdrawn && permission.optOutStatus == .pending)
        #expect(permission.optOut == Fixture.optOut && permission.record?.low == 2)
        #expect(permission.decidedAt == noon && permission.policyEffectiveAt == effective)
    }

    @Test func comingBackNeedsTheOwnAct() throws {
        let stop = record(1, .withdrawn, hour: 0, optOut: Fixture.optOut)
        let stopped = try fold([stop])
        #expect(throws: Refusal.self) {
            try stopped.folding(record(2, .granted, hour: 1, source: .batchImport))
        }
        let back = try stopped.folding(record(2, .granted, hour: 1))
        #expect(back.state == .granted && back.optOut == nil && back.optOutStatus == .none)
    }

    @Test func anOptOutIsAsFarAsItSays() throws {
        let stopped = try fold([record(1, .withdrawn, hour: 0, optOut: Fixture.optOut)])
        #expect(stopped.completing(.completed).optOutStatus == .completed)
        #expect(stopped.completing(.processing) == stopped)
        #expect(stopped.completing(nil) == stopped)
        #expect(Permission().completing(.completed) == Permission())
    }

    @Test func everyColumnThatDiffersIsNamed() throws {
        let stopped = try fold([record(1, .withdrawn, hour: 0, optOut: Fixture.optOut)])
        let granted = try fold([record(2, .granted, hour: 0)])
        #expect(granted.columns(differingFrom: granted).isEmpty)
        #expect(
            granted.columns(differingFrom: stopped) == [
                "state", "opt_out_status", "opt_out_id", "record_id", "expires_at",
                "policy_effective_at",
            ]
        )
        #expect(granted.columns(differingFrom: Permission()).contains("decided_at"))
    }
}
