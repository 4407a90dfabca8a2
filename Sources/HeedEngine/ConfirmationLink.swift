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

    private static let kind = LinkKind(
        prefix: "v1.k1.",
        purpose: "confirm",
        payloadBytes: 16...16
    )

    init(_ request: ConsentID) { self.request = request }

    /// The signed text.
    func token(with vault: Vault) -> String {
        ConfirmationLink.kind.token(for: request.bytes, with: vault)
    }

    /// Reads a token; nil when it is not one of ours, down to the last bit.
    init?(token: String, vault: Vault) {
        guard let payload = ConfirmationLink.kind.payload(of: token, vault: vault),
            let request = ConsentID(bytes: payload)
        else { return nil }
        self.request = request
    }
}
