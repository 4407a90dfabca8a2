// Tests which words a reader gets, and which words are refused.

import Testing

@testable import HeedConsent

@Suite("Scope text")
struct ScopeTextTests {
    private let texts = [
        ScopeText(stored: nil, title: "any", description: ""),
        ScopeText(stored: "de", title: "de", description: ""),
        ScopeText(stored: "pt", title: "pt", description: ""),
        ScopeText(stored: "pt-br", title: "pt-br", description: ""),
    ]

    @Test(arguments: [
        ("de", "de"), ("DE-at", "de"), ("pt-BR", "pt-br"), ("pt-PT", "pt"), ("pt", "pt"),
        ("fr", "any"), ("", "any"), ("d", "any"),
    ])
    func theNearestLanguageIsTaken(_ wanted: String, _ title: String) {
        let text = ScopeText.best(of: texts, for: wanted, otherwise: Fixture.newsletter)
        #expect(text.title == title)
    }

    @Test func withoutWordsTheNameStands() {
        let text = ScopeText.best(of: [], for: "de", otherwise: Fixture.newsletter)
        #expect(text.title == "newsletter" && text.description.isEmpty)
        let english =
            [ScopeText(stored: "fr", title: "fr", description: "")]
            + [ScopeText(stored: "en", title: "en", description: "")]
        #expect(
            ScopeText.best(of: english, for: "de", otherwise: Fixture.newsletter).title == "en"
        )
    }

    @Test(arguments: [
        ("", "", nil, "title"), ("a\nb", "", nil, "title"), ("x", "a\u{0}", nil, "description"),
        (String(repeating: "x", count: 81), "", nil, "title"),
        ("x", String(repeating: "x", count: 501), nil, "description"),
        ("x", "", "german language", "language"), ("x", "", "", "language"),
    ])
    func wordsThatCannotBeShown(
        _ title: String,
        _ description: String,
        _ language: String?,
        _ field: String
    ) {
        #expect {
            try ScopeText(language: language, title: title, description: description)
        } throws: {
            ($0 as? Refusal)?.field == field
        }
    }

    @Test func theLanguageIsStoredInLowerCase() throws {
        #expect(try ScopeText(language: "pt-BR", title: "x", description: "").language == "pt-br")
        let long = String(repeating: "ü", count: 80)
        #expect(try ScopeText(language: nil, title: long, description: "").title == long)
    }

    @Test(arguments: [
        ("de", ["de"]), ("de, en;q=0.8", ["de", "en"]), ("en;q=0.8, de", ["de", "en"]),
        ("fr;q=0.5,pl;q=0.5", ["fr", "pl"]), ("de;q=0, en", ["en"]), ("*", []), ("", []),
        ("de-CH ; q=0.7,en;q=0.9", ["en", "de-CH"]), ("de;q=x", []), (";;,,;q=1", []),
    ])
    func theHeaderNamesLanguagesByWeight(_ header: String, _ tags: [String]) {
        #expect(Languages.wanted(acceptLanguage: header) == tags)
    }
}
