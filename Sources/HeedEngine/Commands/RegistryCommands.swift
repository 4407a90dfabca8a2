// Commands of the operator: scopes, policy versions and API keys.

import Crypto
public import HeedConsent
public import HeedStore

/// Adds a scope.
///
/// Adding the same scope again is no change but for its words.
public struct AddScope: Command {
    let scope: Scope
    let text: ScopeText?

    /// Names the scope to add, and its words for people.
    public init(_ scope: Scope, as text: ScopeText? = nil) {
        self.scope = scope
        self.text = text
    }

    /// Refuses a scope that exists with another channel or kind.
    public func decide(in transaction: Transaction) throws -> Decision<Scope> {
        if let existing = try transaction.scope(scope.name) {
            guard existing == scope else {
                throw Refusal(
                    .conflict,
                    field: "name",
                    "scope '\(scope.name)' exists as \(existing.kind.rawValue) on "
                        + "\(existing.channel.rawValue)"
                )
            }
            guard let text, try transaction.scopeTexts()[scope.name]?.contains(text) != true else {
                return Decision(existing)
            }
            return Decision(existing, events: [.scopeDescribed(scope.name, text)])
        }
        let words = text.map { [Event.scopeDescribed(scope.name, $0)] } ?? []
        return Decision(scope, events: [.scopeAdded(scope)] + words)
    }
}

/// Registers a policy version, once and for good.
///
/// The same version with the same text is no change.
public struct PublishPolicy: Command {
    let policy: Policy

    /// Names the version to register.
    public init(_ policy: Policy) { self.policy = policy }

    /// Refuses a version that exists with another text, a text that is not the one that was hashed,
    /// and re-consent for a scope nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<Policy> {
        if let text = policy.text, Array(SHA256.hash(data: Array(text.utf8))) != policy.textHash {
            throw Refusal(.invalid, field: "textSha256", "this is the hash of another text")
        }
        if let existing = try transaction.policy(policy.version) {
            guard existing.textHash == policy.textHash else {
                throw Refusal(
                    .conflict,
                    field: "version",
                    "version '\(policy.version)' is registered with another text and cannot change"
                )
            }
            return Decision(existing)
        }
        for name in policy.reconsent where try transaction.scope(name) == nil {
            throw Refusal(.invalid, field: "reconsent", "there is no scope '\(name)'")
        }
        return Decision(policy, events: [.policyPublished(policy)])
    }
}

/// Makes an API key.
///
/// The secret is in the receipt and nowhere else, ever again.
public struct CreateKey: Command {
    let role: APIKey.Role
    let label: String

    /// Says what the key may do and what the operator calls it.
    public init(role: APIKey.Role, label: String) throws(Refusal) {
        guard label.utf8.count <= 100, !label.contains("@"), !hasControls(label) else {
            throw Refusal(
                .invalid,
                field: "label",
                "a label has at most 100 bytes, no control characters, and is no address"
            )
        }
        self.role = role
        self.label = label
    }

    /// The new key and its full text, `heed_ID_SECRET`.
    public struct Receipt: Sendable {
        /// The key as stored.
        public let key: APIKey
        /// What a caller sends in `Authorization: Bearer`.
        public let token: String
    }

    /// Makes 256 random bits and stores their hash.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let id = hexadecimal(transaction.randomBytes(6))
        let secret = hexadecimal(transaction.randomBytes(32))
        let hash = Array(SHA256.hash(data: Array(secret.utf8)))
        let key = APIKey(id: id, role: role, label: label, secretHash: hash)
        return Decision(
            Receipt(key: key, token: "heed_\(id)_\(secret)"),
            events: [.keyCreated(key)]
        )
    }
}

/// Revokes an API key: from the next request on it opens nothing.
public struct RevokeKey: Command {
    let id: String

    /// Names the key.
    public init(id: String) { self.id = id }

    /// Refuses an id nobody knows, and the last admin key, which would lock the operator out of
    /// HTTP.
    public func decide(in transaction: Transaction) throws -> Decision<APIKey> {
        // Two admins who revoke each other's keys at once must not both succeed.
        try transaction.lockKeys()
        guard let key = try transaction.apiKey(id) else {
            throw Refusal(.notFound, field: "id", "there is no active key with this id")
        }
        let admins = try transaction.apiKeys().filter { $0.role == .admin }
        guard key.role != .admin || admins.count > 1 else {
            throw Refusal(
                .conflict,
                field: "id",
                "this is the last admin key; create another first"
            )
        }
        return Decision(key, events: [.keyRevoked(key)])
    }
}
