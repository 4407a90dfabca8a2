// A connector's settings as a flat table of texts, and the checks that name the wrong one.

package import HeedConsent

/// One option of a kind of connector.
package struct ConnectorOption: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// True when the connector cannot work without it.
    package let isRequired: Bool
    /// True when its value opens a door and must never be shown.
    package let isSecret: Bool
    /// What it is, in a few words.
    package let help: String

    static func required(_ name: String, _ help: String) -> ConnectorOption {
        ConnectorOption(name: name, isRequired: true, isSecret: false, help: help)
    }

    static func optional(_ name: String, _ help: String) -> ConnectorOption {
        ConnectorOption(name: name, isRequired: false, isSecret: false, help: help)
    }

    static func secret(_ name: String, _ help: String, required: Bool) -> ConnectorOption {
        ConnectorOption(name: name, isRequired: required, isSecret: true, help: help)
    }

    static let url = ConnectorOption.optional("url", "the interface's base URL, when not the usual")
    static let global = ConnectorOption.required(
        "global",
        "what a global opt-out covers there, separated by commas"
    )
}

/// The settings of one connector, as names and texts.
///
/// `scope.NAME` says what the scope is called by the other system; several places are separated by
/// commas, and `none` says that the scope is never sent through it. A scope that is not named is
/// refused when an opt-out comes, never widened to everything and never passed over.
package struct ConnectorConfiguration: Sendable {
    /// The operator's name for it.
    package let name: String
    /// Which connector speaks its language.
    package let kind: ConnectorKind
    let scopes: ScopeMap
    private let options: [String: String]

    static let scopePrefix = "scope."

    /// Reads settings; refuses unknown names, missing ones and unusable values.
    package init(
        name: String,
        kind: ConnectorKind,
        options: [String: String]
    ) throws(Refusal) {
        let known = kind.options
        for field in options.keys.sorted() where !field.hasPrefix(Self.scopePrefix) {
            guard known.contains(where: { $0.name == field }) else {
                let scopes = kind.placeName.map { _ in ["\(Self.scopePrefix)NAME"] } ?? []
                let names = (known.map(\.name) + scopes).map { "'\($0)'" }.joined(separator: ", ")
                throw Refusal(
                    .unknownField,
                    field: field,
                    "a \(kind.rawValue) connector has the options \(names)"
                )
            }
        }
        for option in known where option.isRequired && options[option.name]?.isEmpty ?? true {
            throw Refusal(.missing, field: option.name, "needed: \(option.help)")
        }
        self.name = name
        self.kind = kind
        self.options = options
        self.scopes = try ScopeMap(options, kind: kind)
    }

    /// An option's value, or nil when it is not given.
    func text(_ field: String) -> String? {
        guard let text = options[field], !text.isEmpty else { return nil }
        return text
    }

    /// A value without which there is no connector.
    func required(_ field: String) throws(Refusal) -> String {
        guard let text = text(field) else {
            throw Refusal(.missing, field: field, "a \(kind.rawValue) connector needs it")
        }
        return text
    }

    /// A value that goes into a header field, so it must not end one.
    func credential(_ field: String) throws(Refusal) -> String {
        let text = try required(field)
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), text.utf8.count <= 4096 else {
            throw Refusal(.invalid, field: field, "it has visible ASCII characters only")
        }
        return text
    }

    /// A name without spaces or signs of its own meaning in a URL, if it is given.
    func plain(_ field: String) throws(Refusal) -> String? {
        guard let text = text(field) else { return nil }
        guard ScopeMap.isPathName(text) else {
            throw Refusal(.invalid, field: field, "1 to 64 letters, digits, '.', '_' and '-'")
        }
        return text
    }

    /// One of a few words, the first of them when the option is not given.
    func choice(_ field: String, _ words: [String]) throws(Refusal) -> String {
        guard let text = text(field) else { return words.first ?? "" }
        guard words.contains(text) else {
            let list = words.map { "'\($0)'" }.joined(separator: " or ")
            throw Refusal(.invalid, field: field, "it is \(list)")
        }
        return text
    }

    /// The base URL: what the option `url` says, else the usual one.
    func base(_ usual: String) throws(Refusal) -> EndpointURL {
        try EndpointURL(text("url") ?? usual)
    }
}

extension ConnectorConfiguration: CustomStringConvertible, CustomReflectable {
    /// The kind and the name: every option may open a door.
    package var description: String { "\(kind.rawValue) \(name)" }

    /// Shows nothing, so that `dump` opens no door either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What each scope is called by the other system, and what a global opt-out covers there.
struct ScopeMap: Hashable, Sendable {
    private let places: [String: [String]]

    init(_ options: [String: String], kind: ConnectorKind) throws(Refusal) {
        var places: [String: [String]] = [:]
        for (field, text) in options.sorted(by: { $0.key < $1.key }) {
            let prefix = ConnectorConfiguration.scopePrefix
            if field == OptOutNotice.globalExtent {
                places[field] = try ScopeMap.places(text, field: field, kind: kind)
            } else if field.hasPrefix(prefix) {
                guard kind.placeName != nil else {
                    throw Refusal(
                        .unknownField,
                        field: field,
                        "a \(kind.rawValue) connector tells scopes by their own names"
                    )
                }
                let scope = try ScopeName(String(field.dropFirst(prefix.count)), field: field)
                places[scope.text] = try ScopeMap.places(text, field: field, kind: kind)
            }
        }
        self.places = places
    }

    /// The places a scope's name or `global` stands for; empty when nothing is sent there.
    ///
    /// - Throws: when nobody said; guessing would stop too little or too much.
    func places(for extent: String) throws(Refusal) -> [String] {
        guard let found = places[extent] else {
            throw Refusal(
                .missing,
                field: extent == OptOutNotice.globalExtent
                    ? extent : ConnectorConfiguration.scopePrefix + extent,
                "nobody said what this is called by the other system; 'none' if it is not there"
            )
        }
        return found
    }

    /// The scopes a place stands for, by name; `global` when it is named only there.
    func extents(of place: String) -> [String] {
        let named = places.filter { $0.value.contains(place) }.keys.sorted()
        let scopes = named.filter { $0 != OptOutNotice.globalExtent }
        return scopes.isEmpty ? named : scopes
    }

    /// The option of the first scope that stands for a place; nil when all are `none` or none is
    /// there.
    var mappedField: String? {
        places.filter { $0.key != OptOutNotice.globalExtent && !$0.value.isEmpty }.keys.sorted()
            .first.map { ConnectorConfiguration.scopePrefix + $0 }
    }

    /// Every place that is named anywhere, once and in order.
    var all: [String] { Set(places.values.joined()).sorted() }

    private static func places(
        _ text: String,
        field: String,
        kind: ConnectorKind
    ) throws(Refusal) -> [String] {
        if text == "none" { return [] }
        var places: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let place = String(part.trimmingSpaces)
            guard isPlace(place, kind: kind) else {
                throw Refusal(
                    .invalid,
                    field: field,
                    "with \(kind.rawValue) it is the \(kind.placeName ?? "name"), or 'none'"
                )
            }
            if !places.contains(place) { places.append(place) }
        }
        return places
    }

    private static func isPlace(_ text: String, kind: ConnectorKind) -> Bool {
        switch kind {
        case .sendgrid, .brevo: (1...15).contains(text.count) && text.allSatisfy(isDigit)
        case .mailgun: MailgunPlace(text) != nil
        default: isPathName(text)
        }
    }

    /// A name that stands in a path as it is: one of dots only would leave its place.
    static func isPathName(_ text: String) -> Bool {
        isPlainName(text, symbols: "._-") && text.contains { $0 != "." }
    }

    private static func isDigit(_ character: Character) -> Bool {
        character.isASCII && character.isNumber
    }
}
