// What an opt-out covers, when it is due, and how long it took.

import Testing

@testable import HeedConsent

@Suite("OptOut")
struct OptOutTests {
    @Test func extents() throws {
        let scope = OptOut.Extent.scope(Fixture.newsletter)
        #expect(try OptOut.Extent("global") == .global)
        #expect(try OptOut.Extent("newsletter") == scope)
        for extent in [OptOut.Extent.global, scope] {
            #expect(try OptOut.Extent(extent.name) == extent)
            #expect(OptOut.Extent(stored: extent.name) == extent)
        }
        #expect(OptOut.Extent.global.scopeName == nil)
        #expect(scope.scopeName == Fixture.newsletter)
    }

    @Test(arguments: [
        ("", "missing-field"), ("Global", "invalid-field"), ("GLOBAL", "invalid-field"),
        ("global ", "invalid-field"), ("*", "invalid-field"),
    ])
    func otherExtentsAreRefused(_ text: String, _ code: String) throws {
        let refusal = try #require(throws: Refusal.self) { try OptOut.Extent(text) }
        #expect(refusal.field == "scope")
        #expect(refusal.code.name == code)
    }

    @Test func aNewOneIsPendingAndDue() {
        let request = Fixture.optOut()
        #expect(request.status == .pending)
        #expect(request.deadlineAt == Fixture.now.adding(seconds: 48 * 3_600))
        #expect(request.regime == "gdpr@1")
        #expect(request.processedAt == nil)
        #expect(request.processingMilliseconds == nil)
    }

    @Test(arguments: [(0, 0), (999, 0), (1_000, 1), (1_500_999, 1_500), (-5_000, 0)])
    func processingTime(_ microseconds: Int64, _ milliseconds: Int64) {
        var request = Fixture.optOut()
        request.processedAt = Timestamp(
            microseconds: request.requestedAt.microseconds + microseconds
        )
        #expect(request.processingMilliseconds == milliseconds)
    }

    @Test func aNewTargetWasNeverTried() {
        let target = OptOutTarget(id: Fixture.target, optOut: Fixture.optOut, connector: "esp")
        #expect(target.state == .pending)
        #expect(target.attempts == 0)
        #expect(target.nextAttemptAt == nil && target.answer == nil && target.confirmedAt == nil)
    }

    @Test func storedNamesAreStable() {
        #expect(OptOut.Status.allCases.map(\.rawValue) == ["pending", "processing", "completed"])
        let states = ["pending", "confirmed", "buried", "cancelled"]
        #expect(OptOutTarget.State.allCases.map(\.rawValue) == states)
        #expect(OptOutTarget.State.allCases.map(\.isOver) == [false, true, false, true])
        #expect(
            SuppressionReason.allCases.map(\.rawValue) == [
                "legal", "erasure", "restriction", "complaint", "hard-bounce", "manual",
                "opt-out-global", "opt-out",
            ]
        )
    }
}
