// Links to a person's preference centre: signed for that purpose alone, and valid for a time.

public import HeedConsent
public import HeedStore

/// The token in `/p/{token}`: who, and until when.
///
/// `p1.k1.` and then base64url of the contact's 16 bytes, the last second in 8 bytes and a 128-bit
/// tag. It ends, because it shows what a person chose, and a mail may be forwarded.
public struct PreferenceLink: Hashable, Sendable {
    /// A link in a mailing: CASL wants 60 days.
    public static let mailingSeconds: Int64 = 60 * 86_400
    /// A link that was asked for on the page.
    public static let requestedSeconds: Int64 = 86_400

    /// The person.
    public let contact: ContactID
    /// The last moment it opens anything, in whole seconds.
    public let expiresAt: Timestamp

    private static let kind = LinkKind.person(prefix: "p1.k1.", purpose: "preferences")

    init(contact: ContactID, expiresAt: Timestamp) {
        self.contact = contact
        self.expiresAt = Timestamp(seconds: expiresAt.microseconds / 1_000_000)
    }

    /// The signed text.
    func token(with vault: Vault) -> String {
        PreferenceLink.kind.token(for: contact, until: expiresAt, with: vault)
    }

    /// Reads a token; nil when it is not one of ours, down to the last bit, or its time is over.
    init?(token: String, vault: Vault, now: Timestamp) {
        guard let link = PreferenceLink.kind.person(of: token, vault: vault, now: now) else {
            return nil
        }
        (contact, expiresAt) = link
    }
}

/// Makes the token of a person's preference centre.
public struct MakePreferenceLink: Query {
    let subject: Subject
    let seconds: Int64

    /// Names the person and for how long the link opens anything.
    public init(_ subject: Subject, validFor seconds: Int64) {
        self.subject = subject
        self.seconds = seconds
    }

    /// The token, or nil for an address nobody knows; refuses a contact id nobody knows.
    public func answer(in transaction: Transaction) throws -> String? {
        let person = try transaction.resolve(subject)
        guard person.added == nil else { return nil }
        let end = transaction.now.adding(seconds: seconds)
        return PreferenceLink(contact: person.id, expiresAt: end).token(with: transaction.vault)
    }
}
