// Messages of Amazon SNS: signatures of both versions, every change of them, and hostile URLs.

import HeedConnectors
import HeedConsent
import Testing

/// An SNS envelope that tests change.
struct SNSEnvelope: Sendable {
    var members: [String: String]

    static let note = SNSEnvelope(members: [
        "Type": "Notification", "MessageId": "m-1", "TopicArn": SNSSample.topic,
        "Subject": "Event", "Timestamp": "2026-01-31T09:30:00.000Z", "SignatureVersion": "2",
        "Message": #"{"eventType":"Complaint","complaint":{"feedbackId":"f-1","#
            + #""complainedRecipients":[{"emailAddress":"ana@mail.example"}],"#
            + #""timestamp":"2026-01-31T09:29:00.000Z"}}"#,
        "SigningCertURL": SNSSample.certificateURL, "Signature": SNSSample.noteSHA256,
    ])

    static let subscription = SNSEnvelope(members: [
        "Type": "SubscriptionConfirmation", "MessageId": "m-2", "Token": "abc",
        "TopicArn": SNSSample.topic, "Message": "You have chosen to subscribe",
        "SubscribeURL":
            "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc",
        "Timestamp": "2026-01-31T09:30:00.000Z", "SignatureVersion": "2",
        "SigningCertURL": SNSSample.certificateURL, "Signature": SNSSample.subscriptionSHA256,
    ])

    func with(_ name: String, _ value: String?) -> SNSEnvelope {
        var changed = self
        changed.members[name] = value
        return changed
    }

    var delivery: WebhookDelivery {
        let json = JSON.object(members.mapValues(JSON.text))
        return WebhookDelivery(headers: [("content-type", "text/plain")], body: json.bytes)
    }

    /// The URLs that were fetched, and the batch or the field of the refusal.
    func read(
        by connector: any Connector,
        certificate: String = SNSSample.certificate,
        status: Int = 200,
        at now: Timestamp = Scene.now
    ) -> (fetched: [String], batch: InboundBatch?, problem: String?) {
        var fetched: [String] = []
        do {
            var step = try connector.receive(delivery, at: now)
            while case .fetch(let request, let read) = step {
                fetched.append("\(request.method) \(request.url)")
                let body = fetched.count == 1 ? certificate : "<ok/>"
                step = try read(Reply(status, body).response, now)
            }
            guard case .accepted(let batch) = step else { return (fetched, nil, "unfinished") }
            return (fetched, batch, nil)
        } catch {
            return (fetched, nil, error.field ?? "malformed")
        }
    }
}

@Suite("SNS messages")
struct SNSMessageTests {
    private func connector(_ signatures: String = "2") throws -> any Connector {
        try made(
            .ses,
            [
                "region": "eu-central-1", "access-key-id": "AKID", "secret": "key",
                "topic-arn": SNSSample.topic, "sns-signatures": signatures,
            ]
        )
    }

    @Test func aNotificationIsReadOnceItsCertificateIsThere() throws {
        let read = SNSEnvelope.note.read(by: try connector())
        #expect(read.fetched == ["GET \(SNSSample.certificateURL)"])
        #expect(read.batch?.events.map(\.line) == ["complained ana@mail.example - global f-1"])
        #expect(read.batch?.replay?.token == "m-1")
        let bare = SNSEnvelope.note.with("Subject", nil)
            .with("Signature", SNSSample.bareSHA256).read(by: try connector())
        #expect(bare.problem == nil)
    }

    @Test func aSubscriptionIsConfirmed() throws {
        let envelope = SNSEnvelope.subscription
        let read = envelope.read(by: try connector())
        let confirm = try #require(envelope.members["SubscribeURL"])
        #expect(read.fetched == ["GET \(SNSSample.certificateURL)", "GET \(confirm)"])
        #expect(read.batch?.events.isEmpty == true)
        let changed = envelope.with("SubscribeURL", confirm + "d").read(by: try connector())
        #expect(changed.fetched.count == 1)
        #expect(changed.problem == "Signature")
    }

    @Test func sha1CountsOnlyWhenItIsAllowed() throws {
        let old = SNSEnvelope.note.with("SignatureVersion", "1")
            .with("Signature", SNSSample.noteSHA1)
        #expect(old.read(by: try connector()).problem == "SignatureVersion")
        #expect(old.read(by: try connector("1-and-2")).problem == nil)
        #expect(SNSEnvelope.note.read(by: try connector("1-and-2")).problem == nil)
        let mixed = SNSEnvelope.note.with("SignatureVersion", "1")
        #expect(mixed.read(by: try connector("1-and-2")).problem == "Signature")
        let unknown = SNSEnvelope.note.with("SignatureVersion", "3")
        #expect(unknown.read(by: try connector("1-and-2")).problem == "SignatureVersion")
    }

    @Test(arguments: ["Message", "MessageId", "Subject", "Signature"])
    func anyFlippedByteIsRefused(_ member: String) throws {
        let connector = try connector()
        let value = try #require(SNSEnvelope.note.members[member])
        for index in 0..<value.utf8.count {
            var bytes = Array(value.utf8)
            bytes[index] ^= 1
            let text = String(decoding: bytes, as: UTF8.self)
            let read = SNSEnvelope.note.with(member, text).read(by: connector)
            #expect(read.problem == "Signature")
        }
    }

    @Test func anotherTopicIsRefusedBeforeAnythingIsFetched() throws {
        let read = SNSEnvelope.note.with("TopicArn", SNSSample.topic + "2")
            .read(by: try connector())
        #expect(read.problem == "TopicArn")
        #expect(read.fetched.isEmpty)
    }

    @Test(arguments: [
        "http://sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.evil.example/a.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/a.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/a.pem",
        "https://sns.eu-central-1.amazonaws.com/a.txt", "https://sns.amazonaws.com/a.pem",
        "https://s3.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com/a.pem?x=y.pem",
        "https://sns.eu-central-1.amazonaws.com/a?x=y.pem",
        "https://sns.eu-central-1.amazonaws.com/a#.pem", "file:///etc/a.pem", "a.pem", "",
        "https://sns.eu.central.amazonaws.com/a.pem", "https://SNS/a.pem",
        "https://127.0.0.1/a.pem",
    ])
    func noOtherURLIsFetched(_ url: String) throws {
        let read = SNSEnvelope.note.with("SigningCertURL", url).read(by: try connector())
        #expect(read.problem == "SigningCertURL")
        #expect(read.fetched.isEmpty)
        let confirm = SNSEnvelope.subscription.with("SubscribeURL", url)
        guard !url.hasPrefix("https://sns.eu-central-1.amazonaws.com/") else { return }
        #expect(confirm.read(by: try connector()).problem == "SubscribeURL")
    }

    @Test(
        arguments: [
            (-301, "Timestamp"), (-300, nil), (25_200, nil), (25_201, "Timestamp"),
        ] as [(Int64, String?)]
    )
    func aMessageIsFreshForSevenHours(_ age: Int64, _ expected: String?) throws {
        let now = Scene.now.adding(seconds: age)
        #expect(SNSEnvelope.note.read(by: try connector(), at: now).problem == expected)
    }

    @Test(arguments: [
        "Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SignatureVersion",
        "SigningCertURL",
    ])
    func everyMemberIsNeeded(_ name: String) throws {
        let read = SNSEnvelope.note.with(name, nil).read(by: try connector())
        #expect(read.problem == name)
        #expect(read.fetched.isEmpty)
    }

    @Test func aCertificateThatCannotBeFetchedIsNoProof() throws {
        let read = SNSEnvelope.note.read(by: try connector(), status: 503)
        #expect(read.problem == "SigningCertURL")
    }
}
