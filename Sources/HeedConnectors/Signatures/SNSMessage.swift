// A message from Amazon SNS: its envelope, what of it is signed, and the URLs it may name.

import Foundation
import HeedConsent

/// The envelope of an SNS message.
struct SNSMessage: Sendable {
    /// What a message is for.
    enum Kind: String, Sendable {
        case notification = "Notification"
        case subscription = "SubscriptionConfirmation"
        case end = "UnsubscribeConfirmation"

        /// The members that are signed, in the order they are (SNS, "Verifying the signatures").
        var signedMembers: [String] {
            switch self {
            case .notification:
                ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
            case .subscription, .end:
                ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
            }
        }
    }

    /// SNS tries for six hours or less; one more for clocks.
    static let ageSecondsMaximum: Int64 = 7 * 3600
    /// How far Amazon's clock may be ahead.
    static let aheadSecondsMaximum: Int64 = 300

    let kind: Kind
    let id: String
    /// What was published.
    let text: String
    let sentAt: Timestamp
    let certificateURL: String
    /// Where a subscription is confirmed.
    let subscribeURL: String?

    private let signature: [UInt8]
    private let hash: SNSHash
    private let signed: [UInt8]

    /// Reads an envelope; refuses one for another topic before anything is fetched for it.
    init(_ body: [UInt8], topic: String, hashes: [SNSHash]) throws(Refusal) {
        guard let json = JSON(body) else { throw Refusal(.malformed, "the body is not JSON") }
        guard let kind = json["Type"]?.text.flatMap(Kind.init) else {
            throw Refusal(.invalid, field: "Type", "not a message of Amazon SNS")
        }
        func member(_ name: String) throws(Refusal) -> String {
            guard let text = json[name]?.text, !text.isEmpty else {
                throw Refusal(.missing, field: name, "an SNS message has it")
            }
            return text
        }
        guard try member("TopicArn") == topic else {
            throw Refusal(.invalid, field: "TopicArn", "the message is of another topic")
        }
        guard let sentAt = Timestamp(text: try member("Timestamp")) else {
            throw Refusal(.invalid, field: "Timestamp", "not an instant")
        }
        guard let signature = Data(base64Encoded: try member("Signature")) else {
            throw Refusal(.invalid, field: "Signature", "not base64")
        }
        self.kind = kind
        self.sentAt = sentAt
        self.signature = Array(signature)
        id = try member("MessageId")
        text = try member("Message")
        hash = try SNSMessage.hash(version: try member("SignatureVersion"), allowed: hashes)
        certificateURL = try member("SigningCertURL")
        try SNSMessage.checkURL(certificateURL, field: "SigningCertURL", suffix: ".pem")
        subscribeURL = kind == .subscription ? try member("SubscribeURL") : nil
        if let subscribeURL {
            try SNSMessage.checkURL(subscribeURL, field: "SubscribeURL", suffix: "")
        }
        var lines = ""
        // The subject is left out when there is none.
        for name in kind.signedMembers where name != "Subject" || json[name] != nil {
            lines += "\(name)\n\(json[name]?.text ?? "")\n"
        }
        signed = Array(lines.utf8)
    }

    /// Refuses a message that is not signed by the certificate or is not from lately.
    func verify(_ certificate: SNSCertificate, at now: Timestamp) throws(Refusal) {
        let age = now.wholeSeconds - sentAt.wholeSeconds
        guard age <= Self.ageSecondsMaximum, age >= -Self.aheadSecondsMaximum else {
            throw Refusal(.invalid, field: "Timestamp", "too \(age > 0 ? "old" : "far ahead")")
        }
        guard certificate.isValid(signature, for: signed, hash: hash, at: now) else {
            throw Refusal(.invalid, field: "Signature", "the signature does not fit")
        }
    }

    /// By what a repetition is known.
    var replay: InboundBatch.Replay { InboundBatch.Replay(token: id) }

    private static func hash(version: String, allowed: [SNSHash]) throws(Refusal) -> SNSHash {
        let hash: SNSHash? = ["1": .sha1, "2": .sha256][version]
        guard let hash, allowed.contains(where: { $0 == hash }) else {
            throw Refusal(
                .invalid,
                field: "SignatureVersion",
                "set SignatureVersion=2 on the topic, or allow version 1 with sns-signatures"
            )
        }
        return hash
    }

    /// Refuses a URL that does not lead to Amazon SNS, since it would be fetched.
    static func checkURL(_ text: String, field: String, suffix: String) throws(Refusal) {
        guard let url = URLComponents(string: text, encodingInvalidCharacters: false),
            url.scheme == "https", url.user == nil, url.password == nil, url.port == nil,
            url.rangeOfPort?.isEmpty ?? true, url.fragment == nil, SNSHost.isSNS(url.host ?? ""),
            url.path.hasSuffix(suffix), suffix.isEmpty || url.query == nil
        else { throw Refusal(.invalid, field: field, "the URL does not lead to Amazon SNS") }
    }
}

extension SNSMessage: CustomStringConvertible, CustomReflectable {
    /// The kind only.
    var description: String { "<SNS \(kind.rawValue)>" }

    /// Shows nothing, so that `dump` cannot leak what was published.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
