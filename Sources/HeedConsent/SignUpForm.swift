// A public sign-up form: what it asks, in which words, under which policy version.

/// The definition of a form; it is never changed, so that a record's wording can always be shown.
public struct SignUpForm: Hashable, Sendable {
    /// One box to tick.
    public struct Box: Hashable, Sendable {
        /// What a tick says yes to.
        public let scope: ScopeName
        /// The exact words beside it.
        public let wording: String

        /// Takes a scope and words; refuses empty and endless ones.
        public init(scope: ScopeName, wording: String) throws(Refusal) {
            guard !wording.isEmpty else {
                throw Refusal(.missing, field: "wording", "the words beside the box are needed")
            }
            guard wording.utf8.count <= 2000, !hasControls(wording) else {
                throw Refusal(
                    .invalid,
                    field: "wording",
                    "the words beside a box have at most 2000 bytes and no line breaks"
                )
            }
            self.scope = scope
            self.wording = wording
        }

        /// Takes values that were checked when they were stored.
        package init(stored scope: ScopeName, wording: String) {
            self.scope = scope
            self.wording = wording
        }
    }

    /// What of the circumstances of a submission is kept.
    public enum Circumstances: String, CaseIterable, Sendable {
        /// Nothing but the page and the wording.
        case none
        /// Also the client's address and the browser's name for itself.
        case client
    }

    /// What a submission is worth before the address has answered.
    public enum Confirmation: String, CaseIterable, Sendable {
        /// A yes at once; the address may be somebody else's.
        case none
        /// Nothing until a button behind a link in a message was pressed.
        case mail
    }

    /// At most so many boxes, and so many places to go on to.
    public static let boxesMaximum = 20

    /// Its name in the URL.
    public let name: String
    /// The boxes, in the order they are shown.
    public let boxes: [Box]
    /// The policy version it is shown with.
    public let policyVersion: String
    /// Where a browser may be sent after it, and nowhere else.
    public let redirects: [String]
    /// What is kept beside the decision.
    public let circumstances: Circumstances
    /// Whether a submission is confirmed by mail.
    public let confirmation: Confirmation

    /// Makes a form; refuses an unusable name, no box, a scope twice, and places that are no URLs.
    public init(
        name: String,
        boxes: [Box],
        policyVersion: String,
        redirects: [String],
        circumstances: Circumstances,
        confirmation: Confirmation = .none
    ) throws(Refusal) {
        guard isSlug(name), name.utf8.count <= 64 else {
            throw Refusal(
                .invalid,
                field: "name",
                "a form's name has 1 to 64 of a-z, 0-9, '-', '_' and '.'"
            )
        }
        guard !boxes.isEmpty else {
            throw Refusal(.missing, field: "scope", "a form asks for one scope at least")
        }
        guard boxes.count <= SignUpForm.boxesMaximum,
            Set(boxes.map(\.scope)).count == boxes.count
        else {
            throw Refusal(
                .invalid,
                field: "scope",
                "a form has at most \(SignUpForm.boxesMaximum) scopes, each once"
            )
        }
        for redirect in redirects {
            guard redirect.hasPrefix("https://") || redirect.hasPrefix("http://"),
                redirect.utf8.count <= 2048, !hasControls(redirect), !redirect.contains(" "),
                redirects.count <= SignUpForm.boxesMaximum
            else {
                throw Refusal(
                    .invalid,
                    field: "redirect",
                    "a place to go on to is a URL that starts with https://; a form has at most "
                        + "\(SignUpForm.boxesMaximum)"
                )
            }
        }
        self.name = name
        self.boxes = boxes
        self.policyVersion = policyVersion
        self.redirects = redirects
        self.circumstances = circumstances
        self.confirmation = confirmation
    }

    /// Takes values that were checked when they were stored.
    package init(
        stored name: String,
        boxes: [Box],
        policyVersion: String,
        redirects: [String],
        circumstances: Circumstances,
        confirmation: Confirmation
    ) {
        self.name = name
        self.boxes = boxes
        self.policyVersion = policyVersion
        self.redirects = redirects
        self.circumstances = circumstances
        self.confirmation = confirmation
    }

    /// What the audit log says of it.
    var facts: [String: String] {
        var facts = [
            "form": name, "policyVersion": policyVersion,
            "scopes": boxes.map(\.scope.text).joined(separator: ","),
            "circumstances": circumstances.rawValue,
        ]
        if confirmation != .none { facts["confirmation"] = confirmation.rawValue }
        return facts
    }
}
