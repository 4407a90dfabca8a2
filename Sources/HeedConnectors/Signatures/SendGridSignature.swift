// The signature of SendGrid's event webhook: ECDSA on P-256 over the time and the raw body.

import Crypto
import Foundation
import HeedConsent

/// The public key SendGrid shows in its settings.
struct SendGridPublicKey: Sendable {
    /// SendGrid tries for a day; an hour more for clocks.
    static let ageSecondsMaximum: Int64 = 25 * 3600
    /// How far SendGrid's clock may be ahead.
    static let aheadSecondsMaximum: Int64 = 300

    static let signatureField = "x-twilio-email-event-webhook-signature"
    static let timestampField = "x-twilio-email-event-webhook-timestamp"

    private let key: P256.Signing.PublicKey

    /// Reads base64 of a SubjectPublicKeyInfo; refuses anything else.
    init(_ text: String, field: String = "webhook-key") throws(Refusal) {
        guard let der = Data(base64Encoded: text),
            let key = try? P256.Signing.PublicKey(derRepresentation: der)
        else {
            throw Refusal(.invalid, field: field, "the public key is base64, as SendGrid shows it")
        }
        self.key = key
    }

    /// Refuses a message that SendGrid did not sign, or not lately.
    ///
    /// The bytes are taken as they came: the published example ends with a line break that counts.
    func verify(_ delivery: WebhookDelivery, at now: Timestamp) throws(Refusal) {
        let seconds = try delivery.field(Self.timestampField)
        let text = try delivery.field(Self.signatureField)
        guard seconds.utf8.count <= 12, let sent = Int64(seconds) else {
            throw Refusal(.invalid, field: Self.timestampField, "not a count of seconds")
        }
        let age = now.wholeSeconds - sent
        guard age <= Self.ageSecondsMaximum, age >= -Self.aheadSecondsMaximum else {
            throw Refusal(
                .invalid,
                field: Self.timestampField,
                "too \(age > 0 ? "old" : "far ahead")"
            )
        }
        guard let der = Data(base64Encoded: text),
            let signature = try? P256.Signing.ECDSASignature(derRepresentation: der),
            key.isValidSignature(signature, for: Array(seconds.utf8) + delivery.body)
        else {
            throw Refusal(.invalid, field: Self.signatureField, "the signature does not fit")
        }
    }
}
