// What shows that a decision was really made: where, from which page, and when it was confirmed.

/// The circumstances of a decision.
///
/// All of it is personal data, so it is stored sealed and prints as nothing.
public struct Evidence: Hashable, Sendable, Codable {
    /// The address the request came from.
    public var ip: String?
    /// The browser's name for itself.
    public var userAgent: String?
    /// The page the form was on.
    public var formURL: String?
    /// SHA-256 of the exact words beside the box, in hexadecimal.
    public var wordingSHA256: String?
    /// When a double opt-in was asked for, RFC 3339.
    public var requestedAt: String?
    /// From where a double opt-in was asked for.
    public var requestedIP: String?
    /// When a double opt-in was confirmed, RFC 3339.
    public var confirmedAt: String?
    /// From where a double opt-in was confirmed.
    public var confirmedIP: String?
    /// The address that was asked to confirm.
    public var confirmationAddress: String?
    /// The dealing that a law presumes consent from: `purchase`, `inquiry`, ….
    public var relationship: String?
    /// When that dealing was, or ended, RFC 3339.
    public var relationshipAt: String?
    /// Where a basis other than consent is written down: an assessment, a contract, a provision.
    public var reference: String?
    /// What the person wrote as their reason.
    public var statement: String?

    /// Starts with nothing known.
    public init() {}

    /// True when there is nothing to seal.
    public var isEmpty: Bool { self == Evidence() }

    /// Refuses values longer than any real one, and a hash that is not one.
    public func check() throws(Refusal) {
        let limits: [(String, String?, Int)] = [
            ("evidence.ip", ip, 64), ("evidence.userAgent", userAgent, 1024),
            ("evidence.formUrl", formURL, 2048), ("reason", statement, 2000),
            ("evidence.requestedIp", requestedIP, 64), ("evidence.confirmedIp", confirmedIP, 64),
            ("evidence.requestedAt", requestedAt, 64), ("evidence.confirmedAt", confirmedAt, 64),
            ("evidence.relationshipAt", relationshipAt, 64), ("evidence.reference", reference, 256),
        ]
        for (field, value, limit) in limits {
            if let value, value.utf8.count > limit {
                throw Refusal(.tooLarge, field: field, "at most \(limit) bytes are kept")
            }
        }
        if let relationship, Relationship(rawValue: relationship) == nil {
            throw Relationship.refusal
        }
        if let wordingSHA256, bytes(hexadecimal: wordingSHA256)?.count != 32 {
            throw Refusal(
                .invalid,
                field: "evidence.wordingSha256",
                "a SHA-256 is written as 64 hexadecimal digits"
            )
        }
    }
}

extension Evidence: CustomStringConvertible, CustomReflectable {
    /// Says only that there is evidence.
    public var description: String { isEmpty ? "<no evidence>" : "<evidence>" }

    /// Shows nothing, so that `dump` cannot leak it either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
