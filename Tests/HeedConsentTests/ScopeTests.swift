// Which names a scope may have.

import Testing

@testable import HeedConsent

@Suite("Scope")
struct ScopeTests {
    static let usable = [
        "newsletter", "product-updates", "a", "0", "a.b_c-d", "2026-01", "globals", "global-news",
        String(repeating: "a", count: 64),
    ]
    static let unusable = [
        " ", "News", "NEWSLETTER", "news letter", "news/letter", "-news", "_news", ".news",
        "news\n", "news,letter", "néws", "news@x", "e\u{301}", String(repeating: "a", count: 65),
    ]

    @Test(arguments: usable)
    func takes(_ text: String) throws {
        #expect(try ScopeName(text).text == text)
        #expect("\(try ScopeName(text))" == text)
        #expect(isSlug(text))
    }

    @Test(arguments: unusable)
    func refuses(_ text: String) throws {
        let refusal = try #require(throws: Refusal.self) { try ScopeName(text, field: "scopes[2]") }
        #expect(refusal.code == .invalid)
        #expect(refusal.field == "scopes[2]")
    }

    @Test func nothingIsMissing() throws {
        let refusal = try #require(throws: Refusal.self) { try ScopeName("") }
        #expect(refusal.code == .missing)
        #expect(refusal.field == "scope")
        #expect(!isSlug(""))
    }

    @Test func globalMeansAllOfThem() throws {
        let refusal = try #require(throws: Refusal.self) { try ScopeName("global") }
        #expect(refusal.code == .invalid)
        #expect(refusal.message.contains("global"))
    }

    @Test func ordersByName() throws {
        #expect(
            try ["b", "a", "a-b"].map { try ScopeName($0) }.sorted().map(\.text)
                == ["a", "a-b", "b"]
        )
    }

    @Test func storedNamesAreStable() {
        #expect(Scope.Kind.allCases.map(\.rawValue) == ["campaign", "transactional"])
        #expect(Channel.allCases.map(\.rawValue) == ["email"])
    }
}
