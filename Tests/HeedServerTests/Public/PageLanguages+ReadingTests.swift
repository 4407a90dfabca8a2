// Tests that every language says everything, and that an operator's words stand over ours.

import Foundation
import HeedConsent
import Testing

@testable import HeedServer

extension PageLanguages {
    /// What comes with the program.
    static func builtIn() throws -> PageLanguages { try PageLanguages(folder: nil, fallback: nil) }
}

@Suite("Page languages: reading")
struct PageLanguagesReadingTests {
    private static let files = [
        "en": PackageResources.en_json, "de": PackageResources.de_json,
        "es": PackageResources.es_json, "fr": PackageResources.fr_json,
        "pl": PackageResources.pl_json,
    ]

    /// Read from the files, since the program itself would fill a gap with English.
    @Test(arguments: ["de", "es", "fr", "pl"])
    func everyLanguageHasEveryTextOfItsOwn(_ tag: String) throws {
        func texts(_ tag: String) throws -> [String: String] {
            let bytes = try #require(PageLanguagesReadingTests.files[tag])
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
        let languages = try PageLanguages.builtIn().all
        #expect(languages.map(\.tag) == ["de", "en", "es", "fr", "pl"])
        #expect(languages.allSatisfy { $0.direction == "ltr" })
    }

    /// The names in braces are the same everywhere, or a message would show them to people.
    @Test func placesForValuesAreTheSame() throws {
        func places(_ text: String) -> [Substring] {
            text.matches(of: /\{[a-z]+\}/).map(\.0).sorted()
        }
        let languages = try PageLanguages.builtIn()
        let english = try #require(languages["en"])
        for language in languages.all {
            for (key, text) in english.texts {
                #expect(places(language[key]) == places(text), "\(language.tag) \(key)")
            }
        }
        #expect(places(english["mailConfirmText"]) == ["{place}", "{scope}"])
    }

    @Test func theFallbackIsOneThatThereIs() throws {
        let german = try PageLanguages(folder: nil, fallback: "de")
        #expect(german.best(of: ["xx"]).tag == "de")
        #expect {
            try PageLanguages(folder: nil, fallback: "nl")
        } throws: {
            ($0 as? Refusal)?.field == "pagesLanguage"
        }
    }

    @Test func anOperatorsWordsStandOverOurs() throws {
        var languages = try PageLanguages.builtIn()
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
        var languages = try PageLanguages.builtIn()
        #expect {
            try languages.add(Data(json.utf8), tag: "nl", file: "/pages/nl.json")
        } throws: {
            let refusal = $0 as? Refusal
            return refusal?.field == "pagesFolder"
                && refusal?.message.hasPrefix("/pages/nl.json: ") == true
        }
    }
}
