// Signatures against the published vectors of Standard Webhooks, and against every change of them.

import Foundation
import HeedConnectors
import HeedConsent
import Testing

/// A message whose signature others published.
struct WebhookVector: Sendable {
    let secret: String
    let id: String
    let seconds: Int64
    let body: String
    let signature: String

    var headers: [(name: String, value: String)] {
        [
            ("webhook-id", id), ("webhook-timestamp", String(seconds)),
            ("webhook-signature", signature),
        ]
    }

    static let published = [
        WebhookVector(
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            seconds: 1_614_265_330,
            body: #"{"test": 2432232314}"#,
            signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        ),
        WebhookVector(
            secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            seconds: 1_649_367_553,
            body: #"{"email":"test@example.com","username":"test_user"}"#,
            signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        ),
    ]
}

@Suite("Standard Webhooks")
struct StandardWebhooksTests {
    @Test(arguments: WebhookVector.published)
    func publishedVectors(_ vector: WebhookVector) throws {
        let secret = try WebhookSecret(vector.secret)
        let now = Timestamp(seconds: vector.seconds)
        let body = Array(vector.body.utf8)
        #expect(secret.sign(id: vector.id, timestamp: now, body: body) == vector.signature)
        try secret.verify(headers: vector.headers, body: body, at: now)
    }

    @Test(arguments: WebhookVector.published)
    func anyFlippedByteOfTheBodyIsRefused(_ vector: WebhookVector) throws {
        let secret = try WebhookSecret(vector.secret)
        for index in 0..<vector.body.utf8.count {
            var body = Array(vector.body.utf8)
            body[index] ^= 1
            #expect(
                problem(secret, vector.headers, body, at: vector.seconds) == "webhook-signature"
            )
        }
    }

    @Test(arguments: [0, 1, 2])
    func anyFlippedCharacterOfAHeaderIsRefused(_ field: Int) throws {
        let vector = WebhookVector.published[0]
        let secret = try WebhookSecret(vector.secret)
        for index in 0..<vector.headers[field].value.utf8.count {
            var headers = vector.headers
            var value = Array(headers[field].value.utf8)
            value[index] ^= 1
            headers[field].value = String(decoding: value, as: UTF8.self)
            let found = problem(secret, headers, Array(vector.body.utf8), at: vector.seconds)
            #expect(found == "webhook-signature" || found == "webhook-timestamp")
        }
    }

    @Test func anotherSecretIsRefused() throws {
        let vector = WebhookVector.published[0]
        let other = try WebhookSecret(WebhookVector.published[1].secret)
        let found = problem(other, vector.headers, Array(vector.body.utf8), at: vector.seconds)
        #expect(found == "webhook-signature")
    }

    @Test(
        arguments: [
            (-301, "webhook-timestamp"), (-300, nil), (0, nil), (300, nil),
            (301, "webhook-timestamp"),
        ] as [(Int64, String?)]
    )
    func theTimestampMayBeFiveMinutesOff(_ shift: Int64, _ expected: String?) throws {
        let vector = WebhookVector.published[0]
        let secret = try WebhookSecret(vector.secret)
        let body = Array(vector.body.utf8)
        let found = problem(secret, vector.headers, body, at: vector.seconds + shift)
        #expect(found == expected)
    }

    @Test(arguments: [
        ("v1,AAAA SIGNATURE", true), ("SIGNATURE v1,AAAA", true), ("v1a,AAAA SIGNATURE v1,x", true),
        ("v1,AAAA v1,BBBB", false), ("v1,", false), ("v2,SIGNATURE", false), (" ", false),
        ("v1,!!!!", false), ("SIGNATURE,SIGNATURE", false),
    ])
    func anyOneOfSeveralSignaturesSuffices(_ pattern: String, _ accepted: Bool) throws {
        let vector = WebhookVector.published[0]
        let secret = try WebhookSecret(vector.secret)
        var headers = vector.headers
        headers[2].value = pattern.replacing("SIGNATURE", with: vector.signature)
        let found = problem(secret, headers, Array(vector.body.utf8), at: vector.seconds)
        #expect(found == (accepted ? nil : "webhook-signature"))
    }

    @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
    func eachHeaderIsNeededOnce(_ name: String) throws {
        let vector = WebhookVector.published[0]
        let secret = try WebhookSecret(vector.secret)
        let body = Array(vector.body.utf8)
        let without = vector.headers.filter { $0.name != name }
        #expect(problem(secret, without, body, at: vector.seconds) == name)
        let twice = vector.headers + vector.headers.filter { $0.name == name }
        #expect(problem(secret, twice, body, at: vector.seconds) == name)
        let empty = vector.headers.map { ($0.name, $0.name == name ? "" : $0.value) }
        #expect(problem(secret, empty, body, at: vector.seconds) == name)
        let upper = vector.headers.map { ($0.name.uppercased(), $0.value) }
        #expect(problem(secret, upper, body, at: vector.seconds) == nil)
    }

    @Test(arguments: [
        "", "soon", "1614265330.0", "0x10", "99999999999999999999", "9999999999999999",
    ])
    func aTimestampIsACountOfSeconds(_ text: String) throws {
        let vector = WebhookVector.published[0]
        let secret = try WebhookSecret(vector.secret)
        var headers = vector.headers
        headers[1].value = text
        let found = problem(secret, headers, Array(vector.body.utf8), at: vector.seconds)
        #expect(found == "webhook-timestamp")
    }

    /// The field of the refusal, or nil when the message is accepted.
    private func problem(
        _ secret: WebhookSecret,
        _ headers: [(name: String, value: String)],
        _ body: [UInt8],
        at seconds: Int64
    ) -> String? {
        do throws(Refusal) {
            try secret.verify(headers: headers, body: body, at: Timestamp(seconds: seconds))
            return nil
        } catch {
            return error.field
        }
    }
}

@Suite("Webhook secrets")
struct WebhookSecretTests {
    @Test(arguments: [24, 32, 64])
    func bytesBecomeTextAndBack(_ count: Int) throws {
        let bytes = (0..<count).map(UInt8.init)
        let secret = try WebhookSecret(bytes: bytes)
        #expect(secret.text == "whsec_" + Data(bytes).base64EncodedString())
        #expect(try WebhookSecret(secret.text).text == secret.text)
        let unpadded = secret.text.prefix { $0 != "=" }
        #expect(try WebhookSecret(String(unpadded)).text == secret.text)
    }

    @Test(arguments: [0, 1, 23, 65, 1000])
    func otherLengthsAreRefused(_ count: Int) throws {
        let bytes = [UInt8](repeating: 7, count: count)
        let first = #expect(throws: Refusal.self) { try WebhookSecret(bytes: bytes) }
        #expect(first?.field == "secret")
        let text = "whsec_" + Data(bytes).base64EncodedString()
        let second = #expect(throws: Refusal.self) { try WebhookSecret(text) }
        #expect(second?.field == "secret")
        #expect(second?.message.contains("24 to 64 bytes, not \(count)") == true)
    }

    @Test(arguments: [
        ("", "missing-field"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid-field"),
        ("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid-field"),
        ("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid-field"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "invalid-field"),
        ("whsec_MfKQ9r8G-YqrTwjUPD8ILPZIo2LaLaSw", "invalid-field"),
        ("whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "invalid-field"),
    ])
    func otherTextIsRefusedWithoutRepeatingIt(_ text: String, _ code: String) {
        let refusal = #expect(throws: Refusal.self) { try WebhookSecret(text) }
        #expect(refusal?.field == "secret")
        #expect(refusal?.code.name == code)
        #expect(refusal?.message.contains("MfKQ") == false)
    }

    @Test func aSecretIsNotPrinted() throws {
        let secret = try WebhookSecret(WebhookVector.published[0].secret)
        #expect("\(secret)" == "<webhook secret>")
        #expect(String(reflecting: [secret]) == "[<webhook secret>]")
    }
}
