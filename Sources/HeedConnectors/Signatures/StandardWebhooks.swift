// Signatures by which the two ends of a webhook know each other (Standard Webhooks 1.0.0, v1).

import Crypto
import Foundation
package import HeedConsent

/// The secret two systems share, and what can be done with it.
///
/// Prints redacted; `text` is the only way to see it.
package struct WebhookSecret: Sendable {
    /// How many bytes a secret may have.
    package static let bytesAllowed: ClosedRange<Int> = 24...64
    /// How far the clocks of the two ends may differ, in seconds, either way.
    package static let toleranceSeconds: Int64 = 300

    private static let prefix = "whsec_"
    private static let version = "v1,"

    private let bytes: [UInt8]
    private var key: SymmetricKey { SymmetricKey(data: bytes) }

    /// Reads `whsec_` and base64; refuses other forms and never repeats what it was given.
    ///
    /// Padding may be missing, as other implementations allow.
    package init(_ text: String, field: String = "secret") throws(Refusal) {
        guard !text.isEmpty else {
            throw Refusal(.missing, field: field, "a webhook secret is needed")
        }
        let encoded = text.dropFirst(WebhookSecret.prefix.count)
        let padding = String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
        guard text.hasPrefix(WebhookSecret.prefix),
            let bytes = Data(base64Encoded: encoded + padding)
        else {
            throw Refusal(
                .invalid,
                field: field,
                "a webhook secret is 'whsec_' followed by base64"
            )
        }
        try self.init(bytes: Array(bytes), field: field)
    }

    /// Takes 24 to 64 random bytes.
    package init(bytes: [UInt8], field: String = "secret") throws(Refusal) {
        guard WebhookSecret.bytesAllowed.contains(bytes.count) else {
            throw Refusal(
                .invalid,
                field: field,
                "a webhook secret has 24 to 64 bytes, not \(bytes.count)"
            )
        }
        self.bytes = bytes
    }

    /// `whsec_` and base64, as the other system's settings want it.
    package var text: String { WebhookSecret.prefix + Data(bytes).base64EncodedString() }

    /// The value of `webhook-signature` for a message.
    ///
    /// The three parts are joined by full stops, so `id` must not contain one.
    package func sign(id: String, timestamp: Timestamp, body: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: WebhookSecret.signed(id: id, seconds: String(timestamp.wholeSeconds), body: body),
            using: key
        )
        return WebhookSecret.version + Data(code).base64EncodedString()
    }

    /// Refuses a message whose header fields do not prove that the other end sent it just now.
    ///
    /// Any one of the signatures suffices, so that a sender may sign with two secrets while it
    /// changes them. Dropping a message that came before is the caller's part; `webhook-id` says.
    ///
    /// - Parameters:
    ///   - headers: The header fields as they came.
    ///   - body: The raw bytes.
    ///   - now: The present.
    ///   - prefix: What the three fields' names begin with; Svix, the older dialect of the same
    ///     signature, says `svix`.
    /// - Throws: a `Refusal` that names the header field at fault.
    package func verify(
        headers: [(name: String, value: String)],
        body: [UInt8],
        at now: Timestamp,
        prefix: String = "webhook"
    ) throws(Refusal) {
        let id = try WebhookSecret.field("\(prefix)-id", of: headers)
        let seconds = try WebhookSecret.field("\(prefix)-timestamp", of: headers)
        let signatures = try WebhookSecret.field("\(prefix)-signature", of: headers)
        guard seconds.utf8.count <= 15, let sent = Int64(seconds) else {
            throw Refusal(.invalid, field: "\(prefix)-timestamp", "not a count of seconds")
        }
        let age = now.wholeSeconds - sent
        guard abs(age) <= WebhookSecret.toleranceSeconds else {
            throw Refusal(
                .invalid,
                field: "\(prefix)-timestamp",
                "more than 5 minutes \(age > 0 ? "old" : "ahead")"
            )
        }
        // The timestamp is signed as it was written, whatever number it is.
        let message = WebhookSecret.signed(id: id, seconds: seconds, body: body)
        let proven = signatures.split(separator: " ").contains { signature in
            guard signature.hasPrefix(WebhookSecret.version),
                let code = Data(
                    base64Encoded: String(signature.dropFirst(WebhookSecret.version.count))
                )
            else { return false }
            // Compares in constant time.
            return HMAC<SHA256>.isValidAuthenticationCode(
                code,
                authenticating: message,
                using: key
            )
        }
        guard proven else {
            throw Refusal(.invalid, field: "\(prefix)-signature", "no signature fits the message")
        }
    }

    /// By what a repetition of a verified message is known.
    func replay(
        of headers: [(name: String, value: String)],
        prefix: String = "webhook"
    ) throws(Refusal) -> InboundBatch.Replay {
        InboundBatch.Replay(token: try WebhookSecret.field("\(prefix)-id", of: headers))
    }

    private static func signed(id: String, seconds: String, body: [UInt8]) -> [UInt8] {
        Array("\(id).\(seconds).".utf8) + body
    }

    private static func field(
        _ name: String,
        of headers: [(name: String, value: String)]
    ) throws(Refusal) -> String {
        let values = headers.filter { $0.name.lowercased() == name }.map(\.value)
        guard values.count == 1, let value = values.first, !value.isEmpty else {
            throw Refusal(.missing, field: name, "the header field is needed, once")
        }
        return value
    }
}

extension WebhookSecret: CustomStringConvertible, CustomReflectable {
    /// Says only that there is a secret.
    package var description: String { "<webhook secret>" }

    /// Shows nothing, so that `dump` cannot leak it either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
