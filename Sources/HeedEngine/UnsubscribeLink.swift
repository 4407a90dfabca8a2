// Links that let a person opt out without a login: signed, without an address, and valid for ever.

public import HeedConsent
public import HeedStore

/// The token in `/u/{token}`: who, and from what.
///
/// `v1.k1.` and then base64url of the contact's 16 bytes, the scope's name and a 128-bit tag. There
/// is no expiry, because CASL wants 60 days, CAN-SPAM 30, and a mail may be opened years later.
public struct UnsubscribeLink: Hashable, Sendable {
    /// The person.
    public let contact: ContactID
    /// What the link stops.
    public let extent: OptOut.Extent

    /// 16 bytes of id and a scope's name of at most 64, with room for longer ones.
    static let kind = LinkKind(prefix: "v1.k1.", purpose: "unsubscribe", payloadBytes: 17...84)

    /// Names the person and the scope.
    public init(contact: ContactID, extent: OptOut.Extent) {
        self.contact = contact
        self.extent = extent
    }

    /// The signed text.
    func token(with vault: Vault) -> String {
        UnsubscribeLink.kind.token(for: contact.bytes + Array(extent.name.utf8), with: vault)
    }

    /// Reads a token; nil when it is not one of ours, down to the last bit.
    init?(token: String, vault: Vault) {
        guard let payload = UnsubscribeLink.kind.payload(of: token, vault: vault),
            let contact = ContactID(bytes: payload.prefix(16))
        else { return nil }
        self.contact = contact
        extent = OptOut.Extent(stored: String(decoding: payload.dropFirst(16), as: UTF8.self))
    }
}

/// Reads a link's token.
public struct ReadUnsubscribeLink: Query {
    let token: String

    /// Takes the text after `/u/`.
    public init(token: String) { self.token = token }

    /// The link, or nil for a token that is not one of ours.
    public func answer(in transaction: Transaction) throws -> UnsubscribeLink? {
        UnsubscribeLink(token: token, vault: transaction.vault)
    }
}
