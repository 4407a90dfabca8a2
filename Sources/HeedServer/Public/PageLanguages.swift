// The words of the public pages in every language, and which of them a reader gets.

import Foundation
import HeedConsent

/// The words of the pages in one language.
struct PageLanguage: Sendable {
    /// Its tag, for example `de`.
    let tag: String
    /// Every text by its key.
    let texts: [String: String]

    /// The script's direction.
    var direction: String {
        let language = tag.prefix { $0 != "-" }
        return ["ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"].contains(language)
            ? "rtl" : "ltr"
    }

    /// What its speakers call it.
    var name: String { texts["name"] ?? tag }

    /// A text by its key.
    subscript(key: String) -> String { texts[key] ?? "" }
}

/// All languages there are.
struct PageLanguages: Sendable {
    /// The language whose keys every other one must have.
    static let first = "en"

    /// By tag.
    private(set) var languages: [String: PageLanguage]

    /// Reads the languages that come with the program.
    init() throws(Refusal) {
        languages = [:]
        for (tag, bytes) in [
            ("en", PackageResources.en_json), ("de", PackageResources.de_json),
            ("es", PackageResources.es_json), ("fr", PackageResources.fr_json),
            ("pl", PackageResources.pl_json),
        ] {
            try add(Data(bytes), tag: tag, file: "\(tag).json")
        }
    }

    /// Puts an operator's words over those that are there, or adds a language.
    ///
    /// What a new language does not say is said in English.
    mutating func add(_ data: Data, tag: String, file: String) throws(Refusal) {
        guard let texts = try? JSONDecoder().decode([String: String].self, from: data) else {
            throw PageFolder.refusal(file, "this is no JSON object of texts")
        }
        let known = languages[PageLanguages.first]?.texts ?? texts
        if let key = texts.keys.sorted().first(where: { known[$0] == nil }) {
            throw PageFolder.refusal(file, "no page has a text '\(key)'")
        }
        let before = languages[tag]?.texts ?? known
        if languages[tag] == nil, texts["name"] == nil {
            throw PageFolder.refusal(file, "a new language needs its name, as \"name\"")
        }
        languages[tag] = PageLanguage(tag: tag, texts: before.merging(texts) { $1 })
    }

    /// All of them, by tag.
    var all: [PageLanguage] { languages.values.sorted { $0.tag < $1.tag } }

    /// The language for the first of these tags that there is; English when there is none.
    func best(of tags: [String]) -> PageLanguage {
        for tag in tags.flatMap(Languages.fallbacks) {
            if let language = languages[tag] { return language }
        }
        return languages[PageLanguages.first]
            ?? PageLanguage(tag: PageLanguages.first, texts: [:])
    }
}
