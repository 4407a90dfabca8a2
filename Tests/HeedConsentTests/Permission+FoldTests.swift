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
        #expect(permission.decidedAt == noon && permission.policyEffectiveAt == nil)
    }

    private func request(_ number: UInt64, hour: Int64) -> DecidedRecord {
        let given = noon.adding(seconds: hour * 3600)
        return DecidedRecord(
            id: ConsentID(high: 1, low: number),
            decision: .requested,
            source: .form,
            givenAt: given,
            expiresAt: given.adding(days: 2),
            policyEffectiveAt: effective,
            optOut: nil
        )
    }

    @Test func aRequestStandsUntilAnythingIsDecided() throws {
        let asked = try fold([request(1, hour: 0), request(2, hour: 1)])
        #expect(asked.state == .unconfirmed && asked.record?.low == 2 && asked.decidedAt == nil)
        #expect(asked.expiresAt == noon.adding(seconds: 3600).adding(days: 2))
        for decision in [ConsentRecord.Decision.granted, .denied, .withdrawn] {
            let decided = try asked.folding(record(3, decision, hour: 2))
            #expect(decided.state.rawValue == decision.rawValue && decided.record?.low == 3)
            #expect(try decided.folding(request(4, hour: 3)) == decided)
        }
        let stopped = try asked.folding(
            record(3, .withdrawn, hour: 2, optOut: Fixture.optOut)
        )
        #expect(stopped.optOutStatus == .pending)
        #expect(try stopped.folding(request(4, hour: 3)) == stopped)
    }

    @Test func aPurchaseNeitherEndsAConsentNorHidesIt() throws {
        func bought(_ number: UInt64, day: Int64, days: Int64) -> DecidedRecord {
            DecidedRecord(
                id: ConsentID(high: 1, low: number),
                decision: .granted,
                basis: .impliedConsent,
                source: .api,
                givenAt: noon.adding(days: day),
                expiresAt: noon.adding(days: day + days),
                policyEffectiveAt: effective,
                optOut: nil
            )
        }
        let agreed = try fold([record(1, .granted, hour: 0)])
        #expect(try agreed.folding(bought(2, day: 0, days: 89)) == agreed)
        #expect(try agreed.folding(bought(2, day: 1, days: 89)) == agreed)
        let longer = try agreed.folding(bought(2, day: 1, days: 90))
        #expect(longer.record?.low == 2 && longer.expiresAt == noon.adding(days: 91))
        let asked = try longer.folding(bought(3, day: 2, days: 30))
        #expect(asked == longer)
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
