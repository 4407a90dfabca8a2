// The shared secret of webhooks without a signature, in each of its places.

import Foundation
import HeedConnectors
import HeedConsent
import Testing

@Suite("Shared secrets")
struct SharedSecretTests {
    private static let secret = "correct-horse-battery"

    private func connector() throws -> any Connector {
        try made(.brevo, ["secret": "key", "webhook-secret": Self.secret])
    }

    private func basic(_ text: String) -> String {
        "Basic " + Data(text.utf8).base64EncodedString()
    }

    @Test func thePasswordTheTokenAndTheQueryAreKnown() throws {
        for header in [
            basic("heed:\(Self.secret)"), basic(":\(Self.secret)"), "Bearer \(Self.secret)",
            "bearer \(Self.secret)",
        ] {
            let arrival = Arrival(headers: [("Authorization", header)], body: "{}")
            #expect(try arrival.problem(connector()) == nil)
        }
        for query in ["secret=\(Self.secret)", "a=b&secret=correct%2Dhorse%2Dbattery"] {
            #expect(try Arrival(query: query, body: "{}").problem(connector()) == nil)
        }
    }

    @Test func anythingElseIsRefused() throws {
        for header in [
            basic("heed:\(Self.secret)x"), basic(Self.secret), basic("\(Self.secret):"),
            "Bearer correct-horse-batterz", "Bearer", "Bearer ", Self.secret, "Basic !!!!",
            "Digest \(Self.secret)", "",
        ] {
            let arrival = Arrival(headers: [("Authorization", header)], body: "{}")
            #expect(try arrival.problem(connector()) == "authorization")
        }
        for query in ["", "secret=", "secret=correct", "Secret=\(Self.secret)", "secret=%FF"] {
            let arrival = Arrival(query: query, body: "{}")
            #expect(try arrival.problem(connector()) == "authorization")
        }
    }

    @Test func anyFlippedByteIsRefused() throws {
        for index in 0..<Self.secret.utf8.count {
            var bytes = Array(Self.secret.utf8)
            bytes[index] ^= 1
            let text = String(decoding: bytes, as: UTF8.self)
            let arrival = Arrival(headers: [("authorization", "Bearer \(text)")], body: "{}")
            #expect(try arrival.problem(connector()) == "authorization")
        }
    }
}
