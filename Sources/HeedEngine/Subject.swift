// Whom a command or question is about: a person by id, or whoever has an address.

public import HeedConsent
package import HeedStore

/// A person, named by Heed's id or by one of their addresses.
public enum Subject: Hashable, Sendable {
    /// By id.
    case contact(ContactID)
    /// By address.
    case address(Address)

    /// What a write about this person will read.
    package var needs: Needs {
        switch self {
        case .contact: Needs()
        case .address(let address): Needs(about: [address])
        }
    }
}

/// A person as a command needs them: known already, or to be added by its decision.
package struct ResolvedSubject {
    /// The person's id, fresh for a new one.
    package let id: ContactID
    /// The person as stored, or as they will be.
    package let contact: Contact
    /// The event that adds them, when they are new.
    package let added: Event?
    /// The blocks on their addresses.
    package let blocks: [Suppression]

    /// Says who it is, and whether they are to be added.
    package init(id: ContactID, contact: Contact, added: Event?, blocks: [Suppression]) {
        self.id = id
        self.contact = contact
        self.added = added
        self.blocks = blocks
    }
}

extension Transaction {
    /// Finds the person, and in a command locks what is known about them.
    ///
    /// An unknown address becomes a new person, because neither a consent nor an opt-out may be
    /// turned away for coming first.
    package func resolve(_ subject: Subject) throws -> ResolvedSubject {
        switch subject {
        case .contact(let id):
            try lock(id)
            guard let contact = try contact(id) else {
                throw Refusal(.invalid, field: "contactId", "there is no contact with this id")
            }
            return try resolved(contact)
        case .address(let address):
            if let id = try contactID(at: address) {
                try lock(id)
                if let contact = try contact(id) { return try resolved(contact) }
            }
            let contact = try Contact(id: newID(), externalID: nil, locale: nil, region: nil)
            return ResolvedSubject(
                id: contact.id,
                contact: contact,
                added: .contactAdded(contact, [address]),
                blocks: try suppressions(at: vault.lookupKeys(for: address))
            )
        }
    }

    private func resolved(_ contact: Contact) throws -> ResolvedSubject {
        var blocks: [Suppression] = []
        for keys in try lookupKeys(of: contact.id) { blocks += try suppressions(at: keys) }
        return ResolvedSubject(id: contact.id, contact: contact, added: nil, blocks: blocks)
    }

    /// The scope, or a refusal that names the field.
    package func requireScope(_ name: ScopeName) throws -> Scope {
        guard let scope = try scope(name) else {
            throw Refusal(.invalid, field: "scope", "there is no scope '\(name)'; add it first")
        }
        return scope
    }

    /// The policy version, or a refusal that names the field.
    package func requirePolicy(_ version: String) throws -> Policy {
        guard !hasControls(version), let policy = try policy(version) else {
            throw Refusal(
                .invalid,
                field: "policyVersion",
                "policy version '\(version)' is not registered; publish it first"
            )
        }
        return policy
    }

    /// Refuses a version whose text is no longer enough for the scope: the guard would go on
    /// saying no to whoever agreed to it, and nobody would know.
    func requireCurrent(_ policy: Policy, for scope: ScopeName) throws {
        guard try !isCurrent(policy, for: scope) else { return }
        throw Refusal(
            .outdated,
            field: "policyVersion",
            "version '\(policy.version)' is no longer enough for '\(scope)': a newer one asks "
                + "people again; show that one"
        )
    }

    /// Whether a yes to the version's text is enough for the scope today.
    func isCurrent(_ policy: Policy, for scope: ScopeName) throws -> Bool {
        try reconsentSince(scope).map { policy.effectiveAt >= $0 } ?? true
    }

    /// The job of one message of Heed's own, as soon as there is a mail server to take it.
    package func job(mailing mail: OwnMail) -> JobChange {
        .add(Job(id: newID(), kind: .mail(mail), lane: .mail, priority: 0, runAt: now))
    }

    /// Refuses an instant in the future, with five minutes of grace for clocks that differ.
    package func requirePast(_ time: Timestamp, field: String) throws {
        guard time <= now.adding(seconds: 300) else {
            throw Refusal(.invalid, field: field, "this time is in the future")
        }
    }
}
