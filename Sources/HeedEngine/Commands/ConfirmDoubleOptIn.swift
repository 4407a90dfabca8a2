// Records the yes of a person who confirmed, with what showed the request and the confirmation.

public import HeedConsent
public import HeedStore

/// Confirms a double opt-in.
public struct ConfirmDoubleOptIn: Command {
    let token: String
    let ip: String?

    /// Takes the text after `/c/`, and from where the person pressed the button.
    public init(token: String, ip: String?) {
        self.token = token
        self.ip = ip
    }

    /// Whether a yes of the person stands now.
    ///
    /// A repeat finds what the first one did, and changes nothing. A token that is not ours, one
    /// that was never sent and one that has lapsed are all the same.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        guard let link = ConfirmationLink(token: token, vault: transaction.vault) else {
            return Decision(false)
        }
        let requests = try link.requests.compactMap { try transaction.doubleOptIn($0) }
        // One message is about one person.
        guard let contact = requests.first?.contact else { return Decision(false) }
        // One button is one answer: with a part whose text has been replaced by one that asks anew
        // the person is to be asked again, rather than thanked for what does not count.
        for request in requests {
            let policy = try transaction.requirePolicy(request.policyVersion)
            guard try transaction.isCurrent(policy, for: request.scope) else {
                return Decision(false)
            }
        }
        let person = try transaction.resolve(.contact(contact))
        var group = GrantGroup()
        var isConfirmed = false
        for request in requests {
            let permission = try transaction.permission(of: person.id, in: request.scope)
            switch request.standing(permission, at: transaction.now) {
            case .confirmed: isConfirmed = true
            case .lapsed: continue
            case .open:
                guard let draft = try draft(request, person, in: transaction) else { continue }
                try group.add(draft, in: transaction)
            }
        }
        return Decision(isConfirmed || !group.granted.isEmpty, events: group.events)
    }

    /// The yes; nil for whoever was erased since, who has taken the request with them.
    private func draft(
        _ request: DoubleOptIn,
        _ person: ResolvedSubject,
        in transaction: Transaction
    ) throws -> ConsentDraft? {
        guard
            var evidence = try transaction.evidence(of: request.request, contact: person.id)
        else { return nil }
        evidence.confirmedAt = transaction.now.text
        evidence.confirmedIP = ip
        try evidence.check()
        return ConsentDraft(
            person: person,
            scope: try transaction.requireScope(request.scope),
            decision: .granted,
            basis: .consent,
            source: .doubleOptIn,
            policy: try transaction.requirePolicy(request.policyVersion),
            locale: request.locale,
            givenAt: transaction.now,
            expiresAt: nil,
            evidence: evidence,
            batch: nil
        )
    }
}
