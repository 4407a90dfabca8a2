// What SES reports by SNS, event by event; the signatures are tested with the messages themselves.

import Crypto
import CryptoExtras
import Foundation
import HeedConnectors
import HeedConsent
import Testing

@Suite("SES webhooks")
struct SESWebhooksTests {
    private static let bounced = #""bouncedRecipients":[{"emailAddress":"a@b.example"}]"#
    private static let complained =
        #""complainedRecipients":[{"emailAddress":"a@b.example"},{"emailAddress":"c@d.example"}]"#
    private static let mail = #""mail":{"destination":["a@b.example"]}"#

    private static func preferences(_ all: Bool, _ status: String) -> String {
        #"{"unsubscribeAll":\#(all),"topicSubscriptionStatus":["#
            + #"{"topicName":"News","subscriptionStatus":"\#(status)"},"#
            + #"{"topicName":"Other","subscriptionStatus":"OptIn"}]}"#
    }

    private static func subscription(_ old: String, _ new: String) -> String {
        #"{"eventType":"Subscription",\#(mail),"subscription":{"contactList":"main","#
            + #""newTopicPreferences":\#(new),"oldTopicPreferences":\#(old)}}"#
    }

    private static let samples: [(String, [String])] = [
        (
            #"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","feedbackId":"f","#
                + bounced + "}}",
            ["bounced a@b.example - global f"]
        ),
        (#"{"eventType":"Bounce","bounce":{"bounceType":"Transient",\#(bounced)}}"#, []),
        (
            #"{"eventType":"Bounce","bounce":{"bounceType":"Permanent","#
                + #""bounceSubType":"OnAccountSuppressionList",\#(bounced)}}"#, []
        ),
        (
            #"{"eventType":"Complaint","complaint":{"feedbackId":"f",\#(complained)}}"#,
            ["complained a@b.example - global f", "complained c@d.example - global f/2"]
        ),
        (
            #"{"eventType":"Complaint","complaint":{"complaintFeedbackType":"not-spam","#
                + complained + "}}", []
        ),
        (
            subscription(preferences(false, "OptIn"), preferences(true, "OptOut")),
            ["unsubscribed a@b.example - global m-1"]
        ),
        (
            subscription(preferences(false, "OptIn"), preferences(false, "OptOut")),
            ["unsubscribed a@b.example News newsletter m-1/News"]
        ),
        (
            subscription(preferences(false, "OptOut"), preferences(false, "OptIn")),
            ["resubscribed a@b.example News newsletter m-1/News"]
        ),
        (
            subscription(preferences(true, "OptOut"), preferences(false, "OptOut")),
            ["resubscribed a@b.example - global m-1"]
        ),
        (#"{"eventType":"Delivery","delivery":{}}"#, []),
        ("Successfully validated SNS topic for Amazon SES event publishing.", []),
        ("Ada left", ["?"]), (#"{"bounce":{"bounceType":"Permanent",\#(bounced)}}"#, ["?"]),
        (#"{"eventType":"Bounce","bounce":{"bounceType":"Permanent"}}"#, ["?"]),
        (#"{"eventType":"Bounce","bounced":{}}"#, ["?"]),
        (#"{"eventType":"Complaint","complaint":{"complainedRecipients":[{}]}}"#, ["?"]),
        (#"{"eventType":"Subscription","subscription":{}}"#, ["?"]),
    ]

    @Test(arguments: samples.indices)
    func events(_ index: Int) throws {
        let (message, lines) = Self.samples[index]
        let connector = try made(
            .ses,
            [
                "region": "eu-central-1", "access-key-id": "AKID", "secret": "key",
                "topic-arn": SNSSample.topic, "contact-list": "main", "scope.newsletter": "News",
            ]
        )
        let read = try SNSEnvelope.signed(message).read(
            by: connector,
            certificate: SigningKey.certificate()
        )
        #expect(read.problem == nil)
        #expect(read.batch?.lines == lines)
        #expect(read.batch?.ignored == (lines.isEmpty ? 1 : 0))
    }
}

extension SNSEnvelope {
    /// A notification with this message, signed by the key of the tests.
    static func signed(_ message: String) throws -> SNSEnvelope {
        let envelope = note.with("Message", message).with("Subject", nil)
        let names = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]
        let text = names.map { "\($0)\n\(envelope.members[$0] ?? "")\n" }.joined()
        let digest = SHA256.hash(data: Data(text.utf8))
        let signature = try SigningKey.key.get()
            .signature(for: digest, padding: .insecurePKCS1v1_5)
        return envelope.with("Signature", signature.rawRepresentation.base64EncodedString())
    }
}

/// A key made for this run, and a certificate that names SNS as its owner.
///
/// What a certificate authority would sign is left empty, since the connector does not read it.
enum SigningKey {
    static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    static func certificate() throws -> String {
        let name = sequence(
            [wrapped(0x31, sequence([[0x06, 3, 0x55, 4, 3], text(0x0C, "sns.amazonaws.com")]))]
        )
        let signed = sequence([
            wrapped(0xA0, [0x02, 1, 2]), [0x02, 1, 1], sequence([]), sequence([]),
            sequence([text(0x17, "250101000000Z"), text(0x18, "20500101000000Z")]), name,
            Array(try key.get().publicKey.derRepresentation),
        ])
        let der = Data(sequence([signed, sequence([]), wrapped(0x03, [0])]))
        return """
            -----BEGIN CERTIFICATE-----
            \(der.base64EncodedString())
            -----END CERTIFICATE-----
            """
    }

    private static func sequence(_ values: [[UInt8]]) -> [UInt8] {
        wrapped(0x30, Array(values.joined()))
    }

    private static func text(_ tag: UInt8, _ text: String) -> [UInt8] {
        wrapped(tag, Array(text.utf8))
    }

    private static func wrapped(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        if count < 0x80 { return [tag, UInt8(count)] + content }
        return [tag, 0x82, UInt8(count >> 8), UInt8(count & 255)] + padded(content)
    }

    /// DER wants the shortest length, so content between 128 and 255 bytes is not written here.
    private static func padded(_ content: [UInt8]) -> [UInt8] {
        precondition(content.count >= 256, "this length would need one byte only")
        return content
    }
}
