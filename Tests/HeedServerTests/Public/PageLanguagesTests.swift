// Tests that every language says everything, and that a reader gets the best one there is.

import Foundation
import HeedConsent
import Testing

@testable import HeedServer

@Suite("Page languages")
struct PageLanguagesTests {
    private static let files = [
        "en": PackageResources.en_json, "de": PackageResources.de_json,
        "es": PackageResources.es_json, "fr": PackageResources.fr_json,
        "pl": PackageResources.pl_json,
    ]

    /// Read from the files, since the program itself would fill a gap with English.
    @Test(arguments: ["de", "es", "fr", "pl"])
    func everyLanguageHasEveryTextOfItsOwn(_ tag: String) throws {
        func texts(_ tag: String) throws -> [String: String] {
            let bytes = try #require(PageLanguagesTests.files[tag])
            return try JSONDecoder().decode([String: String].self, from: Data(bytes))
        }
        let (english, other) = (try texts("en"), try texts(tag))
        #expect(Set(other.keys) == Set(english.keys))
        #expect(english.count > 60)
        #expect(other.values.allSatisfy { !$0.isEmpty })
        // "Newsletter" is the same everywhere; sentences are not.
        for (key, text) in english where text.count > 20 { #expect(other[key] != text, "\(key)") }
    }

    @Test func allAreThere() throws {
        let languages = try PageLanguages().all
        #expect(languages.map(\.tag) == ["de", "en", "es", "fr", "pl"])
        #expect(languages.allSatisfy { $0.direction == "ltr" })
    }

    @Test(arguments: [
        (["de"], "de"), (["de-AT"], "de"), (["nl", "pl"], "pl"), ([], "en"), (["xx"], "en"),
        (["EN-us", "de"], "en"), ([""], "en"),
    ])
    func theFirstThatThereIs(_ tags: [String], _ tag: String) throws {
        #expect(try PageLanguages().best(of: tags).tag == tag)
    }

    @Test func anOperatorsWordsStandOverOurs() throws {
        var languages = try PageLanguages()
        try languages.add(Data(#"{"askTitle":"Tschüss"}"#.utf8), tag: "de", file: "de.json")
        let german = languages.best(of: ["de"])
        #expect(german["askTitle"] == "Tschüss" && german["doneTitle"] == "Sie sind abgemeldet")
        let hebrew = Data(#"{"name":"עברית","askTitle":"x"}"#.utf8)
        try languages.add(hebrew, tag: "he", file: "he.json")
        let added = languages.best(of: ["he-IL"])
        #expect(added.direction == "rtl" && added["doneTitle"] == "You are unsubscribed")
    }

    @Test(arguments: ["[]", "{", #"{"askTitel":"x"}"#, #"{"askTitle":1}"#, #"{"askTitle":"x"}"#])
    func whatCannotBeRead(_ json: String) throws {
        var languages = try PageLanguages()
        #expect {
            try languages.add(Data(json.utf8), tag: "nl", file: "/pages/nl.json")
        } throws: {
            let refusal = $0 as? Refusal
            return refusal?.field == "pagesFolder"
                && refusal?.message.hasPrefix("/pages/nl.json: ") == true
        }
    }
}
