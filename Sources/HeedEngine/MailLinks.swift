// The links that go into one message to one person.

package import HeedConsent
package import HeedStore

/// Tokens of the links a message should carry.
public struct MailLinks: Hashable, Sendable {
    /// Opts out of the scope with one press, for ever (RFC 8058 §3.1).
    public let unsubscribe: String
    /// Opens the preference centre for 60 days.
    public let preferences: String
}

extension Transaction {
    /// The links for a person who may be written to; nil for anybody else.
    package func links(for decision: SendDecision, in scope: ScopeName) -> MailLinks? {
        guard decision.allowed, let contact = decision.contact else { return nil }
        let end = now.adding(seconds: PreferenceLink.mailingSeconds)
        let leave = UnsubscribeLink(contact: contact, extent: .scope(scope))
        return MailLinks(
            unsubscribe: leave.token(with: vault),
            preferences: PreferenceLink(contact: contact, expiresAt: end).token(with: vault)
        )
    }
}
