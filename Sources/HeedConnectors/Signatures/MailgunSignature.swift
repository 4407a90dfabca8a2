// The proof in a Mailgun webhook: a code over time and token, which leaves the rest uncovered.

import Crypto
import HeedConsent

/// Mailgun's key for webhooks.
///
/// The code does not cover the event, so whoever saw one message could send another with the same
/// proof: hence `https`, a limit of age, and a cache of tokens kept by the caller.
struct MailgunSigningKey: Sendable {
    /// Mailgun tries for eight hours (10 m, 10 m, 15 m, 30 m, 1 h, 2 h, 4 h); one more for clocks.
    static let ageSecondsMaximum: Int64 = 9 * 3600
    /// How far Mailgun's clock may be ahead.
    static let aheadSecondsMaximum: Int64 = 300

    private let key: SymmetricKey

    init(_ text: String) { key = SymmetricKey(data: Array(text.utf8)) }

    /// Refuses a message without proof and says by what a repetition is known.
    func verify(_ message: JSON, at now: Timestamp) throws(Refusal) -> InboundBatch.Replay {
        let signature = message["signature"]
        guard let seconds = signature?["timestamp"]?.name, let token = signature?["token"]?.text,
            let digits = signature?["signature"]?.text, isPlainName(token, symbols: ""),
            let code = bytes(hexadecimal: digits), let sent = Int64(seconds),
            seconds.utf8.count <= 12
        else {
            throw Refusal(.missing, field: "signature", "timestamp, token and signature are needed")
        }
        let age = now.wholeSeconds - sent
        guard age <= Self.ageSecondsMaximum, age >= -Self.aheadSecondsMaximum else {
            throw Refusal(.invalid, field: "timestamp", "too \(age > 0 ? "old" : "far ahead")")
        }
        let signed = Array((seconds + token).utf8)
        guard HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key)
        else { throw Refusal(.invalid, field: "signature", "the signature does not fit") }
        return InboundBatch.Replay(token: token)
    }
}

extension MailgunSigningKey: CustomStringConvertible, CustomReflectable {
    /// Says only that there is a key.
    var description: String { "<signing key>" }

    /// Shows nothing.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
