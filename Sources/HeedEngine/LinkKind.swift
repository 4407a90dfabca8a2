// How the tokens of public links are signed and read back, whatever they open.

package import HeedConsent
package import HeedStore

/// One kind of link: a prefix, and base64url of some bytes with a 128-bit tag.
package struct LinkKind: Sendable {
    /// The form and the key, so that later ones can be told apart.
    let prefix: String
    /// Signed with the bytes, so that no other link of ours can pass as this one.
    let purpose: String
    /// How many bytes it holds before the tag.
    let payloadBytes: ClosedRange<Int>

    private static let tagBytes = 16

    /// Links that name a person and end.
    package static func person(prefix: String, purpose: String) -> LinkKind {
        LinkKind(prefix: prefix, purpose: purpose, payloadBytes: 24...24)
    }

    /// No longer text is read.
    var characterMaximum: Int {
        prefix.utf8.count + (4 * (payloadBytes.upperBound + LinkKind.tagBytes) + 2) / 3
    }

    /// The signed text.
    func token(for payload: [UInt8], with vault: Vault) -> String {
        prefix + base64URL(payload + vault.linkTag(over: signed(payload)))
    }

    /// The bytes of a token; nil when it is not one of ours, down to the last bit.
    func payload(of token: String, vault: Vault) -> [UInt8]? {
        guard token.utf8.count <= characterMaximum, token.hasPrefix(prefix),
            let bytes = bytes(base64URL: token.dropFirst(prefix.count)),
            payloadBytes.contains(bytes.count - LinkKind.tagBytes),
            // One spelling a token, so that no second text opens the same door.
            base64URL(bytes) == token.dropFirst(prefix.count)
        else { return nil }
        let payload = Array(bytes.dropLast(LinkKind.tagBytes))
        let tag = Array(bytes.suffix(LinkKind.tagBytes))
        return vault.isLinkTag(tag, over: signed(payload)) ? payload : nil
    }

    /// A link for a person; the contact's 16 bytes and the last second in 8 bytes are in it.
    package func token(
        for contact: ContactID,
        until end: Timestamp,
        with vault: Vault
    ) -> String {
        let seconds = UInt64(bitPattern: end.microseconds / 1_000_000)
        let last = (0..<8).map { UInt8(truncatingIfNeeded: seconds >> (56 - 8 * UInt64($0))) }
        return token(for: contact.bytes + last, with: vault)
    }

    /// Whose link it is and until when; nil when it is not one of ours or its time is over.
    package func person(
        of token: String,
        vault: Vault,
        now: Timestamp
    ) -> (contact: ContactID, expiresAt: Timestamp)? {
        guard let payload = payload(of: token, vault: vault),
            let contact = ContactID(bytes: payload.prefix(16))
        else { return nil }
        let seconds = payload.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // Signed by us, so it is one of the times we wrote.
        let end = Timestamp(seconds: Int64(bitPattern: seconds))
        return now <= end ? (contact, end) : nil
    }

    private func signed(_ payload: [UInt8]) -> [UInt8] { Array("\(purpose)|".utf8) + payload }
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
