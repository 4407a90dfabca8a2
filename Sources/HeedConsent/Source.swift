// Where a decision came from, and which of these ways are the person's own act.

/// The way a decision reached Heed: a short name such as `form`, `one-click` or `import`.
///
/// The set is open, because a team names its own sign-up points, but only the names listed in
/// `ownActs` count as the person's own act. An unknown name never does.
public struct Source: Hashable, Sendable, CustomStringConvertible {
    /// The name as it is stored.
    public let text: String

    /// Reads a name: lower-case letters, digits, `-`, `_` and `.`, at most 64 characters.
    public init(_ text: String, field: String = "source") throws(Refusal) {
        guard !text.isEmpty else { throw Refusal(.missing, field: field, "a short name is needed") }
        guard isSlug(text), text.utf8.count <= 64 else {
            throw Refusal(
                .invalid,
                field: field,
                "a short name has 1 to 64 of a-z, 0-9, '-', '_' and '.', such as 'form' or 'api'"
            )
        }
        self.text = text
    }

    /// Takes a name that was checked when it was stored.
    package init(stored text: String) { self.text = text }

    /// The name.
    public var description: String { text }

    /// A sign-up form filled in by the person.
    public static let form = Source(stored: "form")
    /// The person's choice in the preference centre.
    public static let preferenceCentre = Source(stored: "preference-centre")
    /// A confirmed double opt-in.
    public static let doubleOptIn = Source(stored: "double-opt-in")
    /// The one-click endpoint of RFC 8058.
    public static let oneClick = Source(stored: "one-click")
    /// The button on the unsubscribe page.
    public static let unsubscribePage = Source(stored: "unsubscribe-page")
    /// A browser's Global Privacy Control.
    public static let privacySignal = Source(stored: "gpc")
    /// An API call that named no other source.
    public static let api = Source(stored: "api")
    /// An import of a list.
    public static let batchImport = Source(stored: "import")
    /// Another system's report, for example an unsubscribe link of its own.
    public static let provider = Source(stored: "provider")
    /// An operator at the command line.
    public static let commandLine = Source(stored: "command-line")
    /// The journal, after a backup was put back.
    public static let restore = Source(stored: "restore")
    /// A link in a message that only the person gets.
    public static let mailLink = Source(stored: "mail-link")
    /// Nobody has to show who they are, as for a stop to selling (11 CCR 7026(d)).
    public static let notNeeded = Source(stored: "not-needed")

    /// Sources that are the person's own act: enough to come back after an opt-out.
    public static let ownActs: Set<Source> = [.form, .preferenceCentre, .doubleOptIn]

    /// True when the person did this, rather than a system that speaks for them.
    public var isOwnAct: Bool { Source.ownActs.contains(self) }
}

/// Who asked for a change.
public struct Actor: Hashable, Sendable {
    /// What sort of actor it is.
    public enum Kind: String, CaseIterable, Sendable {
        /// The person the data is about.
        case person
        /// A program with an API key.
        case apiKey = "api-key"
        /// Somebody at the command line.
        case cli = "operator"
        /// Heed itself.
        case system
    }

    /// The sort of actor.
    public let kind: Kind
    /// Which one: a key id, a login name, a component.
    ///
    /// Never an address.
    public let id: String

    /// Names an actor.
    public init(_ kind: Kind, id: String) {
        self.kind = kind
        self.id = id
    }

    /// The person, known only by the link or page they used.
    public static let person = Actor(.person, id: "self")
    /// A part of Heed that acts without being asked.
    public static func system(_ component: String) -> Actor { Actor(.system, id: component) }
}
