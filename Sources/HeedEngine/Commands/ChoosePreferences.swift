// Takes what a person changed in their preference centre: all of it in one commit.

public import HeedConsent
public import HeedStore

/// Leaves and joins scopes by the person's own act.
///
/// A "stop" is never turned away for the sake of a "yes" beside it: what cannot be joined is told,
/// and the rest is done.
public struct ChoosePreferences: Command {
    /// What is asked for.
    public enum Choice: Sendable {
        /// Stop everything that is a campaign.
        case leaveAll
        /// Stop these, and say yes to those, with the hash of the words that stood beside each.
        case change(leave: Set<ScopeName>, join: [ScopeName: String])
    }

    let contact: ContactID
    let choice: Choice
    let policyVersion: String?
    let locale: String?

    /// Describes the change; the policy version and language are those the page was shown with.
    public init(
        contact: ContactID,
        choice: Choice,
        policyVersion: String?,
        locale: String?
    ) throws(Refusal) {
        try Contact.check(locale: locale)
        self.contact = contact
        self.choice = choice
        self.policyVersion = policyVersion
        self.locale = locale
    }

    /// What was done.
    public struct Receipt: Sendable {
        /// Opt-outs that are new.
        public var optOuts = 0
        /// Scopes that were joined.
        public var joined: [ScopeName] = []
        /// Scopes that could not be joined.
        public var refused: [ScopeName] = []
    }

    /// Refuses only a person nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let person = try transaction.resolve(.contact(contact))
        var decision = Decision(Receipt())
        switch choice {
        case .leaveAll: try leave(.global, person, &decision, in: transaction)
        case .change(let leave, let join):
            for scope in leave.sorted() where try transaction.scope(scope) != nil {
                try self.leave(.scope(scope), person, &decision, in: transaction)
            }
            // Whoever asks for both has asked to stop.
            let wanted = join.filter { !leave.contains($0.key) }
            try self.join(wanted, person, &decision, in: transaction)
        }
        return decision
    }

    private func leave(
        _ extent: OptOut.Extent,
        _ person: ResolvedSubject,
        _ decision: inout Decision<Receipt>,
        in transaction: Transaction
    ) throws {
        let draft = OptOutDraft(
            person: person,
            extent: extent,
            source: .preferenceCentre,
            requestedAt: transaction.now,
            evidence: Evidence(),
            batch: nil
        )
        guard try draft.standing(in: transaction) == nil else { return }
        let (_, events, jobs) = try draft.outcome(in: transaction)
        decision.events += events
        decision.jobs += jobs
        decision.receipt.optOuts += 1
    }

    private func join(
        _ wanted: [ScopeName: String],
        _ person: ResolvedSubject,
        _ decision: inout Decision<Receipt>,
        in transaction: Transaction
    ) throws {
        guard !wanted.isEmpty else { return }
        guard let version = policyVersion, let policy = try transaction.policy(version) else {
            decision.receipt.refused = wanted.keys.sorted()
            return
        }
        var group = GrantGroup()
        for (name, wording) in wanted.sorted(by: { $0.key < $1.key }) {
            var evidence = Evidence()
            evidence.wordingSHA256 = wording
            guard let scope = try transaction.scope(name), (try? evidence.check()) != nil,
                // The page may be older than the terms that hold now; none shows those of tomorrow.
                policy.effectiveAt <= transaction.now, try transaction.isCurrent(policy, for: name)
            else {
                group.refused.append(name)
                continue
            }
            let draft = ConsentDraft(
                person: person,
                scope: scope,
                decision: .granted,
                basis: .consent,
                source: .preferenceCentre,
                policy: policy,
                locale: locale ?? person.contact.locale,
                givenAt: transaction.now,
                expiresAt: nil,
                evidence: evidence,
                batch: nil
            )
            try group.add(draft, in: transaction)
        }
        decision.events += group.events
        decision.receipt.joined = group.granted
        decision.receipt.refused = group.refused
    }
}

/// Several yeses of one person in one commit.
struct GrantGroup {
    /// What records them; what two of them need, such as a lifted block, is there once.
    private(set) var events: [Event] = []
    /// Scopes that were granted.
    private(set) var granted: [ScopeName] = []
    /// Scopes that a rule refused.
    var refused: [ScopeName] = []

    /// Adds one, or notes that a rule refused it.
    mutating func add(_ draft: ConsentDraft, in transaction: Transaction) throws {
        do {
            let (_, added) = try draft.events(in: transaction)
            for event in added {
                switch event {
                case .contactAdded, .suppressionLifted:
                    if !events.contains(event) { events.append(event) }
                default: events.append(event)
                }
            }
            granted.append(draft.scope.name)
        } catch is Refusal {
            refused.append(draft.scope.name)
        }
    }
}
