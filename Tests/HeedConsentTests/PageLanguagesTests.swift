// Tests that a reader gets the best language there is, and that values keep their own direction.

import Testing

@testable import HeedConsent

@Suite("Page languages: choosing")
struct PageLanguagesTests {
    private func languages(_ tags: String..., fallback: String = "en") -> PageLanguages {
        var languages = PageLanguages(fallback: fallback)
        for tag in tags { languages.put(PageLanguage(tag: tag, texts: ["name": tag])) }
        return languages
    }

    @Test(arguments: [
        (["de"], "de"), (["de-AT"], "de"), (["nl", "pl"], "pl"), ([], "en"), (["xx"], "en"),
        (["EN-us", "de"], "en"), ([""], "en"),
    ])
    func theFirstThatThereIs(_ tags: [String], _ tag: String) {
        #expect(languages("de", "en", "pl").best(of: tags).tag == tag)
    }

    @Test(arguments: [
        ("de", true), ("DE-at", true), ("zz", false), ("", false), ("x_y", false), ("d", false),
    ])
    func whatThereAreWordsIn(_ tag: String, _ has: Bool) {
        #expect(languages("de", "en").has(tag) == has)
    }

    @Test func otherReadersGetTheFallback() {
        let both = languages("de", "en", fallback: "de-CH")
        #expect(both.best(of: ["xx"]).tag == "de" && both.best(of: ["en"]).tag == "en")
        #expect(languages("en", fallback: "pl").best(of: []).tag == "en")
        #expect(languages().best(of: ["de"]).name == "en")
    }

    @Test(arguments: [
        ("de", "ltr"), ("ar", "rtl"), ("ar-EG", "rtl"), ("he", "rtl"), ("arn", "ltr"),
    ])
    func directions(_ tag: String, _ direction: String) {
        #expect(PageLanguage(tag: tag, texts: [:]).direction == direction)
    }

    @Test(arguments: [
        ("{a} and {b}", "1 and {a}"), ("{a}{a}", "11"), ("{c} {", "{c} {"), ("}{a}", "}1"),
        ("", ""),
    ])
    func valuesTakeThePlaceOfTheirNames(_ text: String, _ filled: String) {
        let language = PageLanguage(tag: "en", texts: ["key": text])
        #expect(language.text("key", ["a": "1", "b": "{a}"]) == filled)
        #expect(language.text("none", ["a": "1"]).isEmpty)
    }

    /// Without isolation a foreign word turns the words around it (UAX 9).
    @Test(arguments: [
        ("en", "News", "<News>"), ("en", "נ", "<\u{2068}נ\u{2069}>"),
        ("he", "News", "<\u{2068}News\u{2069}>"), ("en", "Größe", "<Größe>"),
    ])
    func aValueKeepsItsDirection(_ tag: String, _ value: String, _ filled: String) {
        let language = PageLanguage(tag: tag, texts: ["key": "<{a}>"])
        #expect(language.text("key", ["a": value]) == filled)
    }
}
