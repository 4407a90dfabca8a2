// Mailgun's code: right, wrong, stale, and by what a repetition is known.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Mailgun signatures")
struct MailgunSignatureTests {
    private static let token = "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    /// Computed with another implementation of HMAC for the key `signing-key`.
    private static let code = "54ec0283f1d29ea831289669e19f8d0f1dead7aab25a0134f3296ef8055bdf7d"
    private static let sent: Int64 = 1_769_851_800

    private func arrival(
        time: String = "\"\(sent)\"",
        token: String = token,
        code: String = code
    ) -> Arrival {
        let signature = #"{"timestamp":\#(time),"token":"\#(token)","signature":"\#(code)"}"#
        return Arrival(
            body: #"{"signature":\#(signature),"event-data":{"event":"unsubscribed","#
                + #""id":"ev-1","recipient":"a@b.example","timestamp":1769851799.5}}"#
        )
    }

    private func connector(_ key: String = "signing-key") throws -> any Connector {
        let options = ["secret": "key", "webhook-secret": key, "global": "mg.mail.example/*"]
        return try made(.mailgun, options)
    }

    @Test(arguments: ["\"1769851800\"", "1769851800"])
    func theRightCodeIsAccepted(_ time: String) throws {
        let batch = try arrival(time: time).batch(connector())
        #expect(batch.events.map(\.line) == ["unsubscribed a@b.example - global ev-1"])
        #expect(batch.events[0].at == Timestamp(microseconds: 1_769_851_799_500_000))
        #expect(batch.replay?.token == Self.token)
    }

    @Test func anyFlippedDigitIsRefused() throws {
        for index in Self.code.indices {
            var code = Self.code
            code.replaceSubrange(index...index, with: code[index] == "0" ? "1" : "0")
            #expect(try arrival(code: code).problem(connector()) == "signature")
        }
        for index in Self.token.indices {
            var token = Self.token
            token.replaceSubrange(index...index, with: token[index] == "0" ? "1" : "0")
            #expect(try arrival(token: token).problem(connector()) == "signature")
        }
        #expect(try arrival(time: "1769851801").problem(connector()) == "signature")
        #expect(try arrival().problem(connector("signing-kez")) == "signature")
    }

    @Test(arguments: [
        "{}", #"{"signature":{}}"#, #"{"signature":"x"}"#,
        #"{"signature":{"timestamp":"soon","token":"a","signature":"00"}}"#,
        #"{"signature":{"timestamp":1e300,"token":"a","signature":"00"}}"#,
        #"{"signature":{"timestamp":1769851800,"token":"a b","signature":"00"}}"#,
        #"{"signature":{"timestamp":1769851800,"token":"a","signature":"xyz"}}"#,
    ])
    func aMessageWithoutProofIsRefused(_ body: String) throws {
        #expect(try Arrival(body: body).problem(connector()) == "signature")
    }

    @Test(
        arguments: [(-301, "timestamp"), (-300, nil), (32_400, nil), (32_401, "timestamp")]
            as [(Int64, String?)]
    )
    func aMessageIsFreshForNineHours(_ age: Int64, _ expected: String?) throws {
        let now = Timestamp(seconds: Self.sent + age)
        #expect(try arrival().problem(connector(), at: now) == expected)
    }
}
