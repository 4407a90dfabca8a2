// What a person says yes or no to: a named purpose on one channel, either campaign or
// transactional.

/// A way of reaching a person.
public enum Channel: String, CaseIterable, Sendable {
    /// Electronic mail.
    case email
}

/// The name of a scope: lower-case letters, digits, `-`, `_` and `.`, at most 64 characters.
public struct ScopeName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it is stored.
    public let text: String

    /// Reads a name; refuses others, and `global`, which means every campaign scope.
    public init(_ text: String, field: String = "scope") throws(Refusal) {
        guard !text.isEmpty else { throw Refusal(.missing, field: field, "a scope name is needed") }
        guard isSlug(text), text.utf8.count <= 64 else {
            throw Refusal(
                .invalid,
                field: field,
                "a scope name has 1 to 64 of a-z, 0-9, '-', '_' and '.', and starts with a "
                    + "letter or digit"
            )
        }
        guard text != OptOut.Extent.globalName else {
            throw Refusal(.invalid, field: field, "'global' is not a scope; it means all of them")
        }
        guard text != PrivacySignal.recordName else {
            throw Refusal(
                .invalid,
                field: field,
                "'\(text)' is not a scope; it is what browsers object to by a signal"
            )
        }
        self.text = text
    }

    /// Takes a name that was checked when it was stored.
    package init(stored text: String) { self.text = text }

    /// The name.
    public var description: String { text }

    /// Orders by name.
    public static func < (left: ScopeName, right: ScopeName) -> Bool { left.text < right.text }
}

/// A purpose a person can agree to or refuse, on one channel.
public struct Scope: Hashable, Sendable {
    /// Whether a global opt-out covers the scope.
    public enum Kind: String, CaseIterable, Sendable {
        /// Marketing of any sort; a global opt-out stops it.
        case campaign
        /// What a person needs to receive, such as an order confirmation; a global opt-out leaves
        /// it.
        case transactional
    }

    /// Its name.
    public let name: ScopeName
    /// The one channel it is about.
    public let channel: Channel
    /// Campaign or transactional.
    public let kind: Kind

    /// Makes a scope.
    public init(name: ScopeName, channel: Channel, kind: Kind) {
        self.name = name
        self.channel = channel
        self.kind = kind
    }
}

/// True for text with a line break, a zero byte or another character that only steers; a zero byte
/// is more than PostgreSQL's text can hold.
package func hasControls(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.generalCategory == .control }
}

/// Refuses a text that would read otherwise than it is stored.
func refuseTurnedLetters(_ text: String, _ field: String) throws(Refusal) {
    guard text.unicodeScalars.contains(where: turnsLetters) else { return }
    throw Refusal(
        .invalid,
        field: field,
        "it has a character that turns the letters around it, so it would read otherwise"
    )
}

/// True for a character without a form of its own that turns the letters around it (Unicode's
/// `Bidi_Control`): what is read would not be what is stored.
package func turnsLetters(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
}

/// True for a lower-case name that starts with a letter or digit and has no spaces.
func isSlug(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func plain(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
    guard let first = bytes.first, plain(first) else { return false }
    return bytes.allSatisfy { plain($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
}
