// Every kind of event has words of its own for people.

import Testing

@testable import HeedConsent

@Suite("AuditEvent: words")
struct AuditEventWordsTests {
    /// The kinds that what is stored decides on, beside those of the samples.
    private static let decided =
        ConsentRecord.Decision.allCases.map { "consent.\($0.rawValue)" }
        + RightsRequest.Status.allCases.map { "request.\($0.rawValue)" }

    @Test func everyKindHasItsOwn() throws {
        let kinds = Set(try SampleEvent.all().map(\.event.kind) + AuditEventWordsTests.decided)
        let words = try kinds.map { try #require(AuditEvent.words(for: $0), "\($0)") }
        #expect(Set(words).count == kinds.count)
        for text in words { #expect(text.first?.isUppercase == true && !text.contains("esp")) }
    }

    @Test func whatNobodyKnowsHasNone() {
        #expect(AuditEvent.words(for: "optout.unheard-of") == nil)
    }
}
