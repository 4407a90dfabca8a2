// The words of the public pages and of messages to people, and which language a reader gets.

/// The words of the pages and messages in one language.
public struct PageLanguage: Sendable {
    /// Its tag, for example `de`.
    public let tag: String
    /// Every text by its key.
    public let texts: [String: String]

    /// Takes both.
    public init(tag: String, texts: [String: String]) {
        self.tag = tag
        self.texts = texts
    }

    /// The script's direction, as HTML names it.
    public var direction: String {
        let language = tag.prefix { $0 != "-" }
        return ["ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"].contains(language)
            ? "rtl" : "ltr"
    }

    /// What its speakers call it.
    public var name: String { texts["name"] ?? tag }

    /// A text by its key.
    public subscript(key: String) -> String { texts[key] ?? "" }

    /// A text by its key, with values in the place of their names in braces.
    ///
    /// Where a value and the text around it may run in two directions, each keeps its own.
    public func text(_ key: String, _ values: [String: String]) -> String {
        var filled = ""
        var rest = self[key][...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            filled += rest[..<open]
            filled += values[name].map(isolated) ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }

    /// A value between "first strong isolate" and "pop directional isolate" (UAX 9 §2.4).
    private func isolated(_ value: String) -> String {
        let turns = value.unicodeScalars.contains { scalar in
            PageLanguage.rightToLeft.contains { $0 ~= scalar.value }
        }
        return direction == "rtl" || turns ? "\u{2068}\(value)\u{2069}" : value
    }

    /// The blocks whose letters run from right to left.
    private static let rightToLeft: [ClosedRange<UInt32>] = [
        0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF,
    ]
}

/// All languages there are.
public struct PageLanguages: Sendable {
    /// The language whose keys every other one must have.
    public static let first = "en"

    /// By tag.
    private var languages: [String: PageLanguage] = [:]
    /// The language for a reader of none of them.
    public let fallback: String

    /// Starts with none.
    public init(fallback: String = PageLanguages.first) { self.fallback = fallback }

    /// Puts a language in the place of the one with its tag.
    public mutating func put(_ language: PageLanguage) { languages[language.tag] = language }

    /// A language by its exact tag.
    public subscript(tag: String) -> PageLanguage? { languages[tag] }

    /// All of them, by tag.
    public var all: [PageLanguage] { languages.values.sorted { $0.tag < $1.tag } }

    /// Whether there is a language for a tag: its own, or that of the tag without its region.
    public func has(_ tag: String) -> Bool {
        Languages.fallbacks(of: tag).contains { languages[$0] != nil }
    }

    /// The language for the first of these tags that there is, or the one for all other readers.
    public func best(of tags: [String]) -> PageLanguage {
        for tag in (tags + [fallback, PageLanguages.first]).flatMap(Languages.fallbacks) {
            if let language = languages[tag] { return language }
        }
        return PageLanguage(tag: PageLanguages.first, texts: [:])
    }
}
