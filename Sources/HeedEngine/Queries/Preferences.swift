// What a person sees in their preference centre: every scope, their choices so far, and the text.

public import HeedConsent
public import HeedStore

/// Reads what a preference link shows.
public struct ReadPreferences: Query {
    /// At most so many of the newest choices are shown.
    public static let historyMaximum: Int64 = 50

    let token: String

    /// Takes the text after `/p/`.
    public init(token: String) { self.token = token }

    /// One scope as its reader sees it.
    public struct Choice: Sendable {
        /// The scope.
        public let scope: Scope
        /// Its words, in every language there is.
        public let texts: [ScopeText]
        /// Whether the person has said yes and the yes still counts.
        public let isOn: Bool
        /// Whether it is theirs to choose: a message they need is only told about, unless they
        /// stopped it before.
        public let isOpen: Bool
    }

    /// What is shown.
    public struct Seen: Sendable {
        /// The person.
        public let contact: Contact
        /// All scopes, by name.
        public let choices: [Choice]
        /// The newest version of the text that is in force; without one nobody can join.
        public let policy: Policy?
        /// That text; nil where only its hash is known.
        public let policyText: String?
        /// Their newest decisions, newest first.
        public let history: [ConsentEntry]
        /// True when they reported a message as spam, after which only a confirmed address counts.
        public let hasComplained: Bool
    }

    /// The person's page, or nil for a token that opens nothing.
    public func answer(in transaction: Transaction) throws -> Seen? {
        let link = PreferenceLink(
            token: token,
            vault: transaction.vault,
            now: transaction.now
        )
        guard let link, let contact = try transaction.contact(link.contact),
            try !transaction.isErased(contact.id)
        else { return nil }
        let person = try transaction.resolve(.contact(contact.id))
        let keys = try transaction.lookupKeys(of: contact.id)
        let texts = try transaction.scopeTexts()
        var choices: [Choice] = []
        for scope in try transaction.scopes() {
            let permission = try transaction.permission(of: contact.id, in: scope.name)
            let decisions = try keys.map { try transaction.decide($0, scope.name) }
            let isOn = permission.state == .granted && decisions.allSatisfy(\.leavesConsent)
            choices.append(
                Choice(
                    scope: scope,
                    texts: texts[scope.name] ?? [],
                    isOn: isOn,
                    isOpen: scope.kind == .campaign || permission.saysNo
                )
            )
        }
        let history = try transaction.newestConsents(
            of: contact.id,
            limit: ReadPreferences.historyMaximum
        )
        let policy = try transaction.policies().first { $0.effectiveAt <= transaction.now }
        return Seen(
            contact: contact,
            choices: choices,
            policy: policy,
            policyText: try policy.flatMap { try transaction.text(ofPolicy: $0.version) },
            history: history.map(ConsentEntry.init),
            hasComplained: person.blocks.contains { $0.reason == .complaint }
        )
    }
}

extension SendDecision {
    /// Whether a yes still counts as one: an address that bounces, or that an operator has blocked,
    /// takes nothing away from what the person said.
    fileprivate var leavesConsent: Bool {
        switch reason {
        case .allowed, .legalBlock, .hardBounce, .manualBlock, .restricted: true
        case .unknownContact, .erased, .complaint, .globalOptOut, .optOut, .noConsent, .unconfirmed,
            .denied, .withdrawn, .expired, .policyOutdated:
            false
        }
    }
}
