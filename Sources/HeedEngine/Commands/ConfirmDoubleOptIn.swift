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

    /// Whether the person's yes stands now.
    ///
    /// A repeat finds what the first one did, and changes nothing. A token that is not ours, one
    /// that was never sent and one that has lapsed are all the same.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        guard let link = ConfirmationLink(token: token, vault: transaction.vault),
            let request = try transaction.doubleOptIn(link.request)
        else { return Decision(false) }
        let person = try transaction.resolve(.contact(request.contact))
        let permission = try transaction.permission(of: person.id, in: request.scope)
        switch request.standing(permission, at: transaction.now) {
        case .confirmed: return Decision(true)
        case .lapsed: return Decision(false)
        case .open: break
        }
        // Whoever was erased since has taken the request with them.
        guard
            var evidence = try transaction.evidence(of: request.request, contact: person.id)
        else { return Decision(false) }
        evidence.confirmedAt = transaction.now.text
        evidence.confirmedIP = ip
        try evidence.check()
        let draft = ConsentDraft(
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
        return Decision(true, events: try draft.events(in: transaction).1)
    }
}
