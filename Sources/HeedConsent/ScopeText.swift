// What a scope is called and what it means, in the words of the people who choose.

/// Words for a scope, in one language.
public struct ScopeText: Hashable, Sendable {
    /// The language, as a tag such as `de`; nil for the words that stand where none fits better.
    public let language: String?
    /// A short name, for example "Newsletter".
    public let title: String
    /// What somebody gets who says yes; may be empty.
    public let description: String

    /// Takes words; refuses empty, long and many-lined ones.
    public init(language: String?, title: String, description: String) throws(Refusal) {
        if let language {
            guard Languages.isTag(language) else {
                throw Refusal(
                    .invalid,
                    field: "language",
                    "a language is a tag such as 'de' or 'pt-BR'"
                )
            }
        }
        try ScopeText.check(title, field: "title", longest: 80)
        guard !title.isEmpty else { throw Refusal(.missing, field: "title", "a title is needed") }
        try ScopeText.check(description, field: "description", longest: 500)
        self.language = language?.lowercased()
        self.title = title
        self.description = description
    }

    /// Takes words that were checked when they were stored.
    package init(stored language: String?, title: String, description: String) {
        self.language = language
        self.title = title
        self.description = description
    }

    private static func check(
        _ text: String,
        field: String,
        longest: Int
    ) throws(Refusal) {
        guard text.count <= longest, text.utf8.count <= 4 * longest, !hasControls(text) else {
            throw Refusal(
                .invalid,
                field: field,
                "this has at most \(longest) characters and no line breaks"
            )
        }
    }

    /// The words that fit a reader best, or the scope's own name when it has none at all.
    public static func best(
        of texts: [ScopeText],
        for language: String,
        otherwise name: ScopeName
    ) -> ScopeText {
        let tags = Languages.fallbacks(of: language)
        for tag in tags {
            if let text = texts.first(where: { $0.language == tag }) { return text }
        }
        return texts.first { $0.language == nil } ?? texts.first { $0.language == "en" }
            ?? ScopeText(stored: nil, title: name.text, description: "")
    }
}

/// Language tags, as far as choosing among a few languages needs them.
public enum Languages {
    /// True for a tag that may be stored.
    static func isTag(_ text: String) -> Bool {
        (try? Contact.check(locale: text)) != nil
    }

    /// A tag in lower case and what it falls back to: `pt-BR` gives `pt-br` and `pt`.
    public static func fallbacks(of tag: String) -> [String] {
        let parts = tag.lowercased().split(separator: "-")
        return (0..<parts.count).map { parts.dropLast($0).joined(separator: "-") }
    }

    /// The tags of an `Accept-Language` header, the most wanted first (RFC 9110 §12.5.4).
    public static func wanted(acceptLanguage header: String) -> [String] {
        var ranges: [(tag: String, weight: Double)] = []
        for range in header.split(separator: ",").prefix(20) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let tag = parts.first, isTag(tag) else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map {
                Double($0.dropFirst(2))
            }
            ranges.append((tag, (weight ?? 1) ?? 0))
        }
        // A sort that keeps the order of equals, which is the reader's.
        return ranges.enumerated().filter { $0.element.weight > 0 }
            .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
            .map(\.element.tag)
    }
}
