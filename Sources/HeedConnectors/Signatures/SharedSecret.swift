// The secret by which a webhook without a signature is known: in the URL or the authorization.

import Crypto
import Foundation
import HeedConsent

/// A secret that the other system repeats with each message.
///
/// It proves only that the sender knows it, not that nobody changed the message, so the URL must be
/// `https`. Prints redacted.
struct SharedSecret: Sendable {
    /// Shorter secrets could be found by trying.
    static let bytesMinimum = 16

    private let text: String

    /// Takes a secret; refuses a short one and never repeats it.
    init(_ text: String, field: String = "webhook-secret") throws(Refusal) {
        guard text.utf8.count >= SharedSecret.bytesMinimum,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Refusal(
                .invalid,
                field: field,
                "a webhook secret has at least \(SharedSecret.bytesMinimum) visible characters"
            )
        }
        self.text = text
    }

    /// Refuses a message that does not carry the secret.
    ///
    /// It may stand as the password of Basic authentication (RFC 7617), as a Bearer token
    /// (RFC 6750), or as `secret` in the URL's query, whichever the other system can send.
    func verify(_ delivery: WebhookDelivery) throws(Refusal) {
        let header = delivery.headers.first { $0.name.lowercased() == "authorization" }?.value
        let query = formDecoded(Array(delivery.query.utf8))?["secret"]
        let given = [header.flatMap(SharedSecret.credential), query].compactMap(\.self)
        guard given.contains(where: isEqual) else {
            throw Refusal(.invalid, field: "authorization", "the message does not prove its sender")
        }
    }

    /// Compares codes of both, so that the time taken says nothing about the secret.
    private func isEqual(_ given: String) -> Bool {
        let key = SymmetricKey(data: Array(text.utf8))
        let message = Array("heed".utf8)
        let code = HMAC<SHA256>.authenticationCode(
            for: message,
            using: SymmetricKey(data: Array(given.utf8))
        )
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key)
    }

    private static func credential(_ field: String) -> String? {
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": return String(parts[1])
        case "basic":
            guard let bytes = Data(base64Encoded: String(parts[1])) else { return nil }
            let pair = String(decoding: bytes, as: UTF8.self)
            return pair.firstIndex(of: ":").map { String(pair[pair.index(after: $0)...]) }
        default: return nil
        }
    }
}

extension SharedSecret: CustomStringConvertible, CustomReflectable {
    /// Says only that there is a secret.
    var description: String { "<webhook secret>" }

    /// Shows nothing.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension SharedSecret? {
    /// Refuses a message that does not carry the secret, and every message when there is none.
    func verify(_ delivery: WebhookDelivery) throws(Refusal) {
        guard let secret = self else { throw .noWebhooks("webhook-secret") }
        try secret.verify(delivery)
    }
}

extension ConnectorConfiguration {
    /// The secret of a provider that cannot sign, if webhooks are to be taken.
    func sharedSecret() throws(Refusal) -> SharedSecret? {
        guard let text = text("webhook-secret") else { return nil }
        return try SharedSecret(text)
    }
}

extension Refusal {
    /// Says that no webhook can be proven, because the operator gave nothing to prove it with.
    static func noWebhooks(_ field: String) -> Refusal {
        Refusal(.missing, field: field, "without it no webhook of this connector is believed")
    }
}
