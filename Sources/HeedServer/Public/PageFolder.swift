// An operator's own templates, words, colours and logo for the public pages.

import Foundation
import HeedConsent

/// What a folder holds that stands in the place of what comes with the program.
///
/// Every file has a name that is known: one that was misspelt would be passed over in silence.
struct PageFolder: Sendable {
    /// The largest logo, in bytes; it travels inside every page.
    static let logoBytesMaximum = 64 << 10

    /// Templates by name.
    private(set) var templates: [String: String] = [:]
    /// The style in the place of ours.
    private(set) var style: String?
    /// Style after it, for colours.
    private(set) var colours = ""
    /// The logo as a `data:` URL.
    private(set) var logo: String?
    /// Words by language.
    private(set) var languages: [String: Data] = [:]

    /// Holds nothing.
    init() {}

    /// Reads a folder.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - known: The templates there are.
    /// - Throws: a refusal that names the file.
    init(_ path: String, templates known: Set<String>) throws(Refusal) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw PageFolder.refusal(path, "this folder cannot be read")
        }
        for name in names.sorted() where !name.hasPrefix(".") {
            let file = path + "/" + name
            guard let data = FileManager.default.contents(atPath: file) else {
                throw PageFolder.refusal(file, "this file cannot be read")
            }
            try take(data, name: name, file: file, known: known)
        }
    }

    private mutating func take(
        _ data: Data,
        name: String,
        file: String,
        known: Set<String>
    ) throws(Refusal) {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        let (stem, ending) = (parts[0], parts.count == 2 ? parts[1] : "")
        switch (stem, ending) {
        case ("logo", "svg"), ("logo", "png"):
            guard data.count <= PageFolder.logoBytesMaximum else {
                throw PageFolder.refusal(
                    file,
                    "a logo has at most \(PageFolder.logoBytesMaximum) bytes"
                )
            }
            let type = ending == "svg" ? "image/svg+xml" : "image/png"
            logo = "data:\(type);base64,\(data.base64EncodedString())"
        case ("page", "css"): style = try PageFolder.style(data, file)
        case ("colours", "css"), ("colors", "css"): colours = try PageFolder.style(data, file)
        case (_, "mustache") where known.contains(stem):
            templates[stem] = try PageFolder.text(data, file)
        case (_, "json") where (try? Contact.check(locale: stem)) != nil:
            languages[stem.lowercased()] = data
        default:
            let names = known.sorted().map { $0 + ".mustache" }.joined(separator: ", ")
            throw PageFolder.refusal(
                file,
                "no page has this file; there are: \(names), page.css, colours.css, logo.svg, "
                    + "logo.png and words by language as de.json"
            )
        }
    }

    private static func text(_ data: Data, _ file: String) throws(Refusal) -> String {
        guard let text = String(data: data, encoding: .utf8) else {
            throw refusal(file, "this is no UTF-8")
        }
        return text
    }

    private static func style(_ data: Data, _ file: String) throws(Refusal) -> String {
        let text = try text(data, file)
        guard !text.contains("</") else { throw refusal(file, "a style cannot hold '</'") }
        return text
    }

    /// A refusal that names the file.
    static func refusal(_ file: String, _ message: String) -> Refusal {
        Refusal(.invalid, field: "pagesFolder", "\(file): \(message)")
    }
}
