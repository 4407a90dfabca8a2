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

    static let prefix = "v1.k1."
    /// 16 bytes of id, 64 of name, 16 of tag, in base64url, after the prefix.
    static let characterMaximum = 140

    /// Names the person and the scope.
    public init(contact: ContactID, extent: OptOut.Extent) {
        self.contact = contact
        self.extent = extent
    }

    private var payload: [UInt8] { contact.bytes + Array(extent.name.utf8) }

    /// The signed text.
    func token(with vault: Vault) -> String {
        UnsubscribeLink.prefix + base64URL(payload + vault.linkTag(over: signed(payload)))
    }

    /// Reads a token; nil when it is not one of ours, down to the last bit.
    init?(token: String, vault: Vault) {
        guard token.utf8.count <= UnsubscribeLink.characterMaximum,
            token.hasPrefix(UnsubscribeLink.prefix),
            let bytes = bytes(base64URL: token.dropFirst(UnsubscribeLink.prefix.count)),
            bytes.count > 32,
            // One spelling a token, so that no second text opens the same door.
            base64URL(bytes) == token.dropFirst(UnsubscribeLink.prefix.count)
        else { return nil }
        let payload = Array(bytes.dropLast(16))
        guard vault.isLinkTag(Array(bytes.suffix(16)), over: signed(payload)),
            let contact = ContactID(bytes: payload.prefix(16))
        else { return nil }
        self.contact = contact
        extent = OptOut.Extent(stored: String(decoding: payload.dropFirst(16), as: UTF8.self))
    }
}

/// What is signed says what it is for, so that no other link of ours can pass as this one.
private func signed(_ payload: [UInt8]) -> [UInt8] { Array("unsubscribe|".utf8) + payload }

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

private let base64Digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
)

/// Base64url without padding (RFC 4648 §5).
func base64URL(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for byte in bytes {
        buffer = buffer << 8 | UInt32(byte)
        bits += 8
        while bits >= 6 {
            bits -= 6
            text.append(base64Digits[Int(buffer >> UInt32(bits) & 63)])
        }
    }
    if bits > 0 { text.append(base64Digits[Int(buffer << UInt32(6 - bits) & 63)]) }
    return String(decoding: text, as: UTF8.self)
}

/// Reads base64url without padding; nil for any other character.
func bytes(base64URL text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for character in text.utf8 {
        guard let digit = base64Digits.firstIndex(of: character) else { return nil }
        buffer = (buffer << 6 | UInt32(digit)) & 0xFFFF
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
        }
    }
    return bytes
}
