// Tests for whom a browser's signal has effect, and that it is no scope.

import Testing

@testable import HeedConsent

@Suite("Privacy signal")
struct PrivacySignalTests {
    @Test(arguments: [
        ("US-CA", true), ("US-TX", true), ("US", true), ("US-NY", false), ("US-FL", false),
        ("DE", false), ("CA", false), ("CA-ON", false), ("GB", false), (nil, false),
    ])
    func itIsHeardWhereALawAsks(_ region: String?, _ isHeard: Bool) {
        #expect(PrivacySignal.isHeard(in: region) == isHeard)
    }

    @Test(arguments: [
        (["1"], true), (["0", "1"], true), ([], false), (["0"], false), (["true"], false),
        (["1, 1"], false), (["01"], false),
    ])
    func onlyTheExactValueCounts(_ values: [String], _ isSet: Bool) {
        #expect(PrivacySignal.isSet(values) == isSet)
    }

    @Test func itsRecordHasNoScope() throws {
        #expect(permissionScope(named: "sale-sharing") == nil)
        #expect(permissionScope(named: "global") == nil)
        #expect(permissionScope(named: "newsletter") == Fixture.newsletter)
        #expect(throws: Refusal.self) { try ScopeName("sale-sharing") }
    }
}
