// Tests that the small receiver takes what is signed, counts repeats, and turns the rest away.

import HTTPTypes
import HeedConnectors
import HeedConsent
import HeedServer
import Hummingbird
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing

@Suite("Webhook receiver")
struct WebhookReceiverTests {
    private static let clock = TestClock()
    private static let body = #"{"type":"optout.requested"}"#

    private func headers(id: String, signedBy secret: WebhookSecret) throws -> HTTPFields {
        let now = WebhookReceiverTests.clock.now
        let body = Array(WebhookReceiverTests.body.utf8)
        let fields = [
            ("webhook-id", id), ("webhook-timestamp", String(now.wholeSeconds)),
            ("webhook-signature", secret.sign(id: id, timestamp: now, body: body)),
        ]
        var headers = HTTPFields()
        for (name, value) in fields { headers[try #require(HTTPField.Name(name))] = value }
        return headers
    }

    /// Posts with each of `headers` in turn; answers the statuses and what was counted.
    private func post(
        _ headers: [HTTPFields],
        to secret: WebhookSecret,
        body: String = body
    ) async throws -> (statuses: [Int], counts: [String: Int]) {
        let receiver = WebhookReceiver(secret: secret, now: { WebhookReceiverTests.clock.now })
        let service = receiver.service(port: 0, logger: LogLines().logger) { _ in }
        let application = try #require(service as? any ApplicationProtocol)
        let statuses = try await application.test(.router) { client in
            var statuses: [Int] = []
            for headers in headers {
                let reply = try await client.executeRequest(
                    uri: "/hook",
                    method: .post,
                    headers: headers,
                    body: ByteBuffer(string: body)
                )
                statuses.append(reply.status.code)
            }
            return statuses
        }
        return (statuses, receiver.counts)
    }

    private func secret(_ byte: UInt8) throws -> WebhookSecret {
        try WebhookSecret(bytes: Array(repeating: byte, count: 32))
    }

    @Test func whatIsSignedIsTakenAndCounted() async throws {
        let secret = try secret(1)
        let one = try headers(id: "msg_1", signedBy: secret)
        let two = try headers(id: "msg_2", signedBy: secret)
        let result = try await post([one, two, one], to: secret)
        #expect(result.statuses == [204, 204, 204])
        #expect(result.counts == ["msg_1": 2, "msg_2": 1])
    }

    @Test func theRestIsTurnedAway() async throws {
        let secret = try secret(1)
        let good = try headers(id: "msg_1", signedBy: secret)
        let foreign = try headers(id: "msg_1", signedBy: self.secret(2))
        var renamed = good
        renamed[try #require(HTTPField.Name("webhook-id"))] = "msg_2"
        let result = try await post([foreign, renamed, HTTPFields()], to: secret)
        #expect(result.statuses == [401, 401, 401])
        #expect(result.counts.isEmpty)
        let changed = try await post([good], to: secret, body: "{}")
        #expect(changed.statuses == [401])
        #expect(changed.counts.isEmpty)
    }
}
