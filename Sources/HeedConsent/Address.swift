// A mail address in its three forms: as given, as matched, and as widened for suppression only.

/// An address a person can be reached at.
///
/// Three forms are kept apart (facts on normalising: RFC 5321 §4.5.3.1, RFC 6531, UTS 46):
/// - `delivery` is exactly what was given, and the only form ever sent to;
/// - `match` identifies the person, for consent and suppression alike;
/// - `widened` also folds aliases of one mailbox, and is used for suppression only, because
///   blocking too much is safe while letting one alias consent for another is not.
public struct Address: Hashable, Sendable {
    /// The channel the address belongs to.
    public let channel: Channel
    /// The address as it was given, without surrounding white space.
    public let delivery: String
    /// The form that identifies the person.
    public let match: String
    /// The form under which a block also covers the mailbox's aliases; equals `match` for most.
    public let widened: String
    /// True when the provider delivers several spellings to one mailbox.
    public let hasAliases: Bool

    /// Reads a mail address.
    ///
    /// - Throws: `Refusal` that names `field` and never repeats the address, since it may be
    ///   logged.
    public init(email text: some StringProtocol, field: String = "address") throws(Refusal) {
        let text = String(text)
        if let plain = PlainAddress(text) {
            self.init(given: text, local: plain.local, domain: plain.domain, match: plain.match)
        } else {
            try self.init(anyEmail: text, field: field)
        }
    }

    /// Reads a mail address by the full rules.
    init(anyEmail text: String, field: String) throws(Refusal) {
        let given = trimmed(text)
        guard !given.isEmpty else { throw Refusal(.missing, field: field, "an address is needed") }
        guard given.utf8.count <= 1024 else {
            throw Refusal(.invalid, field: field, "an address has at most 254 bytes (RFC 5321)")
        }
        // What a reader writes where bytes are no UTF-8: it would be somebody's address only there.
        guard !given.unicodeScalars.contains("\u{FFFD}") else {
            throw Refusal(.invalid, field: field, "not a mail address: it is not in UTF-8")
        }
        let normal = normalisationFormC(given)
        guard let at = normal.lastIndex(of: "@") else {
            throw Refusal(.invalid, field: field, "not a mail address: there is no '@'")
        }
        let local = try LocalPart(normal[..<at], field: field)
        let domain = try Address.domain(String(normal[normal.index(after: at)...]), field: field)
        // Lower-casing can leave a pair that composes (J and a caron), so NFC comes last, too.
        let lowered = normalisationFormC(local.text.lowercased())
        let match = "\(lowered)@\(domain)"
        guard match.utf8.count <= 254 else {
            throw Refusal(.invalid, field: field, "an address has at most 254 bytes (RFC 5321)")
        }
        self.init(given: given, local: lowered, domain: domain, match: match)
    }

    private init(given: String, local: String, domain: String, match: String) {
        self.channel = .email
        self.delivery = given
        self.match = match
        let mailbox = MailboxAlias.widen(local: local, domain: domain)
        self.widened = mailbox ?? match
        self.hasAliases = mailbox != nil
    }

    private static func domain(_ text: String, field: String) throws(Refusal) -> String {
        let plain = text.hasSuffix(".") ? String(text.dropLast()) : text
        if plain.hasPrefix("["), plain.hasSuffix("]"),
            isAddressLiteral(plain.dropFirst().dropLast())
        {
            return plain.lowercased()
        }
        guard let domain = asciiDomain(plain), isHostName(domain) else {
            throw Refusal(.invalid, field: field, "not a mail address: the domain is not valid")
        }
        return domain
    }
}

extension Address: CustomStringConvertible, CustomReflectable {
    /// Says only that there is an address, so that no log can leak it.
    public var description: String { "<address>" }

    /// Shows nothing, so that `dump` cannot leak it either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The part before the last `@`, checked against RFC 5321 §4.1.2 with RFC 6531's Unicode.
private struct LocalPart {
    /// Without quotes and backslashes where none are needed, so `"a.b"@x` and `a.b@x` are one.
    let text: String

    init(_ given: Substring, field: String) throws(Refusal) {
        guard !given.isEmpty else {
            throw Refusal(.invalid, field: field, "not a mail address: nothing before the '@'")
        }
        guard given.utf8.count <= 64 else {
            throw Refusal(
                .invalid,
                field: field,
                "the part before '@' has at most 64 bytes (RFC 5321)"
            )
        }
        if isDotAtom(given) {
            text = String(given)
            return
        }
        guard let content = unquoted(given) else {
            throw Refusal(
                .invalid,
                field: field,
                "not a mail address: the part before '@' has a character it may not have"
            )
        }
        text = isDotAtom(content[...]) ? content : requoted(content)
    }
}

private let atomSymbols = Set("!#$%&'*+-/=?^_`{|}~".unicodeScalars)

private func isDotAtom(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
        !atom.isEmpty
            && atom.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    ? scalar.properties.isAlphabetic || (0x30...0x39).contains(scalar.value)
                        || atomSymbols.contains(scalar)
                    : !scalar.properties.isWhitespace && isVisible(scalar)
            }
    }
}

/// False for controls and for format characters, except the joiners some scripts need.
///
/// Nobody sees them, so with one of them an opt-out would miss the address it looks like.
private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    case .format: scalar == "\u{200C}" || scalar == "\u{200D}"
    default: true
    }
}

/// The content of a quoted string, or nil when it is not one (RFC 5321 `Quoted-string`).
private func unquoted(_ text: Substring) -> String? {
    guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return nil }
    var content = String.UnicodeScalarView()
    var escaped = false
    for scalar in text.dropFirst().dropLast().unicodeScalars {
        guard isVisible(scalar) else { return nil }
        if escaped {
            content.append(scalar)
            escaped = false
        } else if scalar == "\\" {
            escaped = true
        } else if scalar == "\"" {
            return nil
        } else {
            content.append(scalar)
        }
    }
    return escaped || content.isEmpty ? nil : String(content)
}

/// A quoted string with backslashes only where they are needed.
private func requoted(_ content: String) -> String {
    var text = "\""
    for scalar in content.unicodeScalars {
        if scalar == "\"" || scalar == "\\" { text += "\\" }
        text.unicodeScalars.append(scalar)
    }
    return text + "\""
}

private func isHostName(_ domain: String) -> Bool {
    guard !domain.isEmpty, domain.utf8.count <= 253 else { return false }
    return domain.utf8.split(separator: 0x2E, omittingEmptySubsequences: false).allSatisfy {
        label in
        (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
            && label.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }
}

private func isAddressLiteral(_ text: Substring) -> Bool {
    let lower = text.lowercased()
    return lower.hasPrefix("ipv6:") ? isIPv6(lower.dropFirst(5)) : isIPv4(lower[...])
}

private func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
        && parts.allSatisfy { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } && part.utf8.count <= 3
                && UInt8(part) != nil
        }
}

/// Eight groups, or fewer around one `::`; an IPv4 address may stand for the last two.
private func isIPv6(_ text: Substring) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var groups = 0
    for (index, half) in halves.enumerated() where !half.isEmpty {
        let parts = half.split(separator: ":", omittingEmptySubsequences: false)
        for (place, part) in parts.enumerated() {
            let isLast = index == halves.count - 1 && place == parts.count - 1
            let isIPv4Tail = isLast && isIPv4(part)
            guard isIPv4Tail || (1...4).contains(part.utf8.count) && part.utf8.allSatisfy(isHex)
            else { return false }
            groups += isIPv4Tail ? 2 : 1
        }
    }
    return halves.count == 2 ? groups <= 7 : groups == 8
}

private func isHex(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
}

/// Without white space and invisible characters, such as a byte-order mark, at either end.
private func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    func stays(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.properties.isWhitespace && !scalar.properties.isDefaultIgnorableCodePoint
    }
    guard let first = scalars.firstIndex(where: stays), let last = scalars.lastIndex(where: stays)
    else { return "" }
    return String(scalars[first...last])
}

/// Providers that deliver several spellings to one mailbox.
enum MailboxAlias {
    /// How a provider reads what stands before the `@`.
    struct Rule {
        /// What follows it is ignored.
        let separator: UInt8
        /// Dots are ignored.
        let ignoresDots: Bool
        /// The domain that stands for all of the provider's.
        let domain: String
    }

    /// The mailbox behind an alias, or nil when the address is its own mailbox.
    static func widen(local: String, domain: String) -> String? {
        guard !local.hasPrefix("\""), let rule = Rule.all[domain] else { return nil }
        var mailbox = cut(local, at: Character(Unicode.Scalar(rule.separator)))
        if rule.ignoresDots { mailbox = mailbox.filter { $0 != "." } }
        return mailbox.isEmpty ? nil : "\(mailbox)@\(rule.domain)"
    }

    private static func cut(_ local: String, at separator: Character) -> String {
        let head = local.prefix { $0 != separator }
        return head.isEmpty ? local : String(head)
    }
}

extension MailboxAlias.Rule {
    /// Facts as data: Gmail ignores dots and everything from `+` on and owns two domains; the
    /// others ignore what follows their separator.
    static let all: [String: MailboxAlias.Rule] = {
        var rules: [String: MailboxAlias.Rule] = [:]
        for domain in ["gmail.com", "googlemail.com"] {
            rules[domain] = MailboxAlias.Rule(
                separator: UInt8(ascii: "+"),
                ignoresDots: true,
                domain: "gmail.com"
            )
        }
        let plus = [
            "outlook.com", "hotmail.com", "live.com", "msn.com", "fastmail.com", "icloud.com",
            "me.com", "proton.me", "protonmail.com", "pm.me",
        ]
        let marks = plus.map { ($0, UInt8(ascii: "+")) }
        for (domain, mark) in marks + ["yahoo.com", "ymail.com"].map({ ($0, UInt8(ascii: "-")) }) {
            rules[domain] = MailboxAlias.Rule(separator: mark, ignoresDots: false, domain: domain)
        }
        return rules
    }()

    /// The first bytes of each of these domains, to tell most others apart at a glance.
    private static let beginnings = ContiguousArray(all.keys.map { beginning($0.utf8.span) })

    /// The rule for a domain in lower case.
    static func of(_ domain: Span<UInt8>) -> MailboxAlias.Rule? {
        guard beginnings.contains(beginning(domain)) else { return nil }
        var name: [UInt8] = []
        for index in domain.indices { name.append(domain[index]) }
        return all[String(decoding: name, as: UTF8.self)]
    }

    private static func beginning(_ domain: Span<UInt8>) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<min(8, domain.count) { word = word << 8 | UInt64(domain[index]) }
        return word
    }
}
