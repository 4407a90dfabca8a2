// Links by which a person confirms a double opt-in: signed, without an address, naming what was
// asked for in one message.

import HeedConsent
import HeedStore

/// The token in `/c/{token}`: `v1.k1.` and then base64url of each request's 16 bytes and a 128-bit
/// tag.
///
/// A request is a consent record, which nothing can change; it says for whom, for which scope,
/// under which policy version and until when (decision 23).
struct ConfirmationLink: Hashable, Sendable {
    let requests: [ConsentID]

    private static let kind = LinkKind(
        prefix: "v1.k1.",
        purpose: "confirm",
        payloadBytes: 16...16 * SignUpForm.boxesMaximum
    )

    init(_ requests: [ConsentID]) { self.requests = requests }

    /// The signed text.
    func token(with vault: Vault) -> String {
        ConfirmationLink.kind.token(for: requests.flatMap(\.bytes), with: vault)
    }

    /// Reads a token; nil when it is not one of ours, down to the last bit.
    init?(token: String, vault: Vault) {
        guard let payload = ConfirmationLink.kind.payload(of: token, vault: vault),
            let requests = [ConsentID](joined: payload)
        else { return nil }
        self.requests = requests
    }
}
