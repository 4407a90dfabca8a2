// Links by which a person confirms a double opt-in: signed, without an address, naming one request.

import HeedConsent
import HeedStore

/// The token in `/c/{token}`: `v1.k1.` and then base64url of the request's 16 bytes and a 128-bit
/// tag.
///
/// The request is a consent record, which nothing can change; it says for whom, for which scope,
/// under which policy version and until when (decision 23).
struct ConfirmationLink: Hashable, Sendable {
    let request: ConsentID

    private static let prefix = "v1.k1."

    init(_ request: ConsentID) { self.request = request }

    /// The signed text.
    func token(with vault: Vault) -> String {
        let tag = vault.linkTag(over: ConfirmationLink.signed(request.bytes))
        return ConfirmationLink.prefix + base64URL(request.bytes + tag)
    }

    /// Reads a token; nil when it is not one of ours, down to the last bit.
    init?(token: String, vault: Vault) {
        guard token.utf8.count == 49, token.hasPrefix(ConfirmationLink.prefix),
            let bytes = bytes(base64URL: token.dropFirst(ConfirmationLink.prefix.count)),
            bytes.count == 32,
            // One spelling a token, so that no second text opens the same door.
            base64URL(bytes) == token.dropFirst(ConfirmationLink.prefix.count)
        else { return nil }
        let payload = Array(bytes.prefix(16))
        guard vault.isLinkTag(Array(bytes.suffix(16)), over: ConfirmationLink.signed(payload)),
            let request = ConsentID(bytes: payload)
        else { return nil }
        self.request = request
    }

    /// What is signed says what it is for, so that no other link of ours can pass as this one.
    private static func signed(_ payload: [UInt8]) -> [UInt8] {
        Array("confirm|".utf8) + payload
    }
}
