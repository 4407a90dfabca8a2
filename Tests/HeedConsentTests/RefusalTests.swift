// The stable names of refusals, and how one reads.

import Testing

@testable import HeedConsent

@Suite("Refusal")
struct RefusalTests {
    @Test(arguments: [
        (Refusal.Code.missing, "missing-field"), (.invalid, "invalid-field"),
        (.unknownField, "unknown-field"), (.notFound, "not-found"), (.conflict, "conflict"),
        (.optedOut, "opted-out"), (.tooLarge, "too-large"), (.malformed, "malformed-body"),
        (.keyReused, "idempotency-key-reused"), (.noListing, "no-listing"),
    ])
    func codes(_ code: Refusal.Code, _ name: String) {
        #expect(code.name == name)
    }

    @Test func readsAsFieldAndSentence() {
        #expect("\(Refusal(.invalid, field: "scope", "no"))" == "scope: no")
        #expect("\(Refusal(.malformed, "no"))" == "no")
    }

    @Test func aPageHasFromOneToItsMaximum() throws {
        try Refusal.checkPage(of: 1, atMost: 200)
        try Refusal.checkPage(of: 200, atMost: 200)
        let refusal = Refusal(.invalid, field: "limit", "this has to be from 1 to 200")
        #expect(throws: refusal) { try Refusal.checkPage(of: 0, atMost: 200) }
        #expect(throws: refusal) { try Refusal.checkPage(of: 201, atMost: 200) }
        #expect(throws: refusal) { try Refusal.checkPage(of: Int64(-1), atMost: 200) }
    }
}
