// The words that come with the program, and an operator's own over them.

import Foundation
package import HeedConsent

extension PageLanguages {
    /// Reads what comes with the program, with an operator's folder over it.
    ///
    /// - Parameters:
    ///   - path: The operator's folder, if there is one.
    ///   - fallback: The language for a reader of none that there is.
    /// - Throws: a refusal that names the file that is broken, or the setting.
    package init(folder path: String?, fallback: String?) throws(Refusal) {
        let known = Pages.templateNames
        var folder = PageFolder()
        if let path { folder = try PageFolder(path, templates: known) }
        try self.init(folder, at: path ?? "", fallback: fallback)
    }

    init(_ folder: PageFolder, at path: String, fallback: String?) throws(Refusal) {
        self.init(fallback: fallback ?? PageLanguages.first)
        for (tag, bytes) in [
            ("en", PackageResources.en_json), ("de", PackageResources.de_json),
            ("es", PackageResources.es_json), ("fr", PackageResources.fr_json),
            ("pl", PackageResources.pl_json),
        ] {
            try add(Data(bytes), tag: tag, file: "\(tag).json")
        }
        for (tag, data) in folder.languages.sorted(by: { $0.key < $1.key }) {
            try add(data, tag: tag, file: "\(path)/\(tag).json")
        }
        guard let fallback, self[fallback] == nil else { return }
        let tags = all.map(\.tag).joined(separator: ", ")
        throw Refusal(.invalid, field: "pagesLanguage", "there are words in these: \(tags)")
    }

    /// Puts an operator's words over those that are there, or adds a language.
    ///
    /// What a new language does not say is said in English.
    mutating func add(_ data: Data, tag: String, file: String) throws(Refusal) {
        guard let texts = try? JSONDecoder().decode([String: String].self, from: data) else {
            throw PageFolder.refusal(file, "this is no JSON object of texts")
        }
        let known = self[PageLanguages.first]?.texts ?? texts
        if let key = texts.keys.sorted().first(where: { known[$0] == nil }) {
            throw PageFolder.refusal(file, "no page has a text '\(key)'")
        }
        let before = self[tag]?.texts ?? known
        if self[tag] == nil, texts["name"] == nil {
            throw PageFolder.refusal(file, "a new language needs its name, as \"name\"")
        }
        put(PageLanguage(tag: tag, texts: before.merging(texts) { $1 }))
    }
}
