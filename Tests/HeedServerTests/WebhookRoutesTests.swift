// What other systems report over HTTP: proven or refused, once, and stored or asked for again.

import Foundation
import HTTPTypes
import HeedConnectors
import HeedConsent
import HeedEngine
import HeedStore
import Synchronization
import TestSupport
import Testing

@testable import HeedServer

@Suite("Webhooks that come in")
struct WebhookRoutesTests {
    /// A server with a Postmark connector, whose messages carry a password, and one by signature.
    private func withConnectors(
        inbox: Inbox? = nil,
        _ body: @escaping @Sendable (Server, WebhookSecret) async throws -> Void
    ) async throws {
        try await withServer(inbox: inbox) { server in
            let secret = try WebhookSecret(bytes: Array(repeating: 7, count: 32))
            let crm = try ConnectorSettings(
                name: "crm",
                kind: "webhook",
                url: "https://crm.example/hook",
                secret: secret.text
            )
            for settings in [try Postmark.settings(), crm] {
                let add = AddConnector(settings)
                _ = try await server.installation.engine.perform(add, as: Sample.actor)
            }
            try await body(server, secret)
        }
    }

    private func change(_ address: String, _ stream: String = "letters") -> String {
        #"{"RecordType":"SubscriptionChange","MessageStream":"\#(stream)","#
            + #""Recipient":"\#(address)","SuppressSending":true,"#
            + #""SuppressionReason":"ManualSuppression","Origin":"Recipient","#
            + #""ChangedAt":"2026-01-31T09:30:30Z"}"#
    }

    private func signed(_ body: String, _ server: Server, _ secret: WebhookSecret) -> Call {
        let now = server.installation.clock.now
        let code = secret.sign(id: "msg_1", timestamp: now, body: Array(body.utf8))
        return Call.post("/v1/webhooks/crm", body)
            .with(HTTPField.Name("webhook-id") ?? .via, "msg_1")
            .with(HTTPField.Name("webhook-timestamp") ?? .via, "\(now.wholeSeconds)")
            .with(HTTPField.Name("webhook-signature") ?? .via, code)
    }

    @Test func anUnsubscriptionIsRefusedByTheNextCheck() async throws {
        try await withConnectors { server, _ in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            #expect(try await server.check().allowed == true)
            server.installation.clock.advance(seconds: 60)
            let reply = try await server.send(Postmark.call(change("Ada@mail.example")))
            #expect(reply.status == 204 && reply.body.isEmpty)
            #expect(try await server.check().allowed == false)
            let told = try await server.installation.sql(
                "SELECT connector, state FROM opt_out_targets ORDER BY connector"
            ).map { "\(try $0.text(0)) \(try $0.text(1))" }
            #expect(told == ["crm pending", "post confirmed"])
            try await server.sendWithoutEffect(Postmark.call(change("ada@mail.example")))
        }
    }

    /// After a lost answer the provider sends the same again, and others may overhear it.
    @Test func theSameMessageTwiceIsOnce() async throws {
        try await withConnectors { server, secret in
            let body =
                #"{"type":"recipient.unsubscribed","timestamp":"2026-01-30T10:00:00Z","#
                + #""data":{"address":"ada@mail.example","scope":"newsletter"}}"#
            let call = signed(body, server, secret)
            #expect(try await server.send(call).status == 204)
            #expect(try await server.check().reason == "optOut")
            // By their own newer act they come back; the old message must not undo that.
            server.installation.clock.advance(seconds: 60)
            try await server.installation.decide(
                Address(email: "ada@mail.example"),
                terms: Terms(source: .doubleOptIn)
            )
            #expect(try await server.sendWithoutEffect(call).status == 204)
            #expect(try await server.check().allowed == true)
        }
    }

    /// What means nothing for consent is counted, once; a "no" is obeyed and counted.
    @Test func whatBecameOfMessagesIsCounted() async throws {
        try await withConnectors { server, secret in
            let installation = server.installation
            try await installation.decide(Address(email: "ada@mail.example"))
            func told(_ type: String) -> String {
                #"{"type":"recipient.\#(type)","timestamp":"2026-01-31T09:00:00Z","#
                    + #""data":{"address":"ada@mail.example","campaign":"spring","#
                    + #""scope":"newsletter","ip":"203.0.113.7","message":"m"}}"#
            }
            let opened = signed(told("opened"), server, secret)
            #expect(try await server.send(opened).status == 204)
            // After a lost answer it comes again.
            #expect(try await server.sendWithoutEffect(opened).status == 204)
            #expect(try await server.check().allowed)
            let delivery =
                #"{"RecordType":"Delivery","Recipient":"ada@mail.example","MessageID":"m","#
                + #""MessageStream":"letters","DeliveredAt":"2026-01-31T09:00:00Z"}"#
            #expect(try await server.send(Postmark.call(delivery)).status == 204)
            #expect(try await server.send(Postmark.call(change("ada@mail.example"))).status == 204)
            #expect(try await server.check().reason == "optOut")
            let total = try await installation.statistics().total
            let counts = ActivityKind.allCases.map { total[$0].total }
            #expect(counts == [0, 1, 1, 0, 0, 0, 0, 1])
            let linked = try await installation.number("SELECT count(contact_id) FROM events")
            #expect(linked == 3)
            #expect(!server.log.all.contains { $0.contains("203.0.113.7") })
        }
    }

    @Test func whatIsNotProvenChangesNothing() async throws {
        try await withConnectors { server, secret in
            let body = change("ada@mail.example")
            let flipped = signed(body, server, secret).with(
                HTTPField.Name("webhook-signature") ?? .via,
                secret.sign(
                    id: "msg_1",
                    timestamp: server.installation.clock.now,
                    body: Array((body + " ").utf8)
                )
            )
            for call in [
                Postmark.call(body, "another-long-password"), Postmark.call(body, ""), flipped,
                Call.post("/v1/webhooks/post", body), Call.post("/v1/webhooks/crm", body),
                Call.post("/v1/webhooks/post", body, as: .admin),
            ] {
                let reply = try await server.sendWithoutEffect(call)
                #expect(reply.status == 401)
                #expect(try reply.problem().type == "https://heed.example/problems/not-proven")
            }
            #expect(server.log.all.count { $0.contains("a webhook was refused") } == 6)
            #expect(!server.log.all.contains { $0.contains("ada@") })
        }
    }

    @Test func whatCannotBeReadChangesNothing() async throws {
        try await withConnectors { server, _ in
            let large = String(repeating: " ", count: (4 << 20) + 1)
            let deep = String(repeating: "[", count: 100_000)
            for (call, status) in [
                (Postmark.call(""), 400), (Postmark.call("{"), 400), (Postmark.call("\u{0}"), 400),
                (Postmark.call(deep), 400), (Postmark.call(large), 413),
                (.post("/v1/webhooks/nobody", "{}"), 404), (Postmark.call("{}"), 204),
                (Postmark.call(change("not an address")), 204),
            ] {
                let reply = try await server.sendWithoutEffect(call)
                #expect(reply.status == status)
            }
        }
    }

    /// Nobody is served by getting it again, but whoever runs Heed has to see it.
    @Test func whatIsProvenAndCannotBeReadIsCountedAndLogged() async throws {
        try await withConnectors { server, _ in
            for body in ["{}", change("not an address"), #"{"RecordType":"SpamComplaint"}"#] {
                #expect(try await server.sendWithoutEffect(Postmark.call(body)).status == 204)
            }
            let metrics = try await server.send(Call.get("/metrics")).body
            let line = #"heed_webhook_rejects_total{connector="post",reason="unreadable"} 3"#
            #expect(metrics.contains(line))
            #expect(server.log.all.count { $0.contains("cannot be read") } == 3)
            #expect(!server.log.all.contains { $0.contains("not an address") })
            // An open is read, and counted once.
            #expect(try await server.send(Postmark.call(open)).status == 204)
            #expect(try await server.sendWithoutEffect(Postmark.call(open)).status == 204)
            #expect(try await server.send(Call.get("/metrics")).body.contains(line))
        }
    }

    private var open: String { #"{"RecordType":"Open","Recipient":"ada@mail.example"}"# }

    @Test func whatIsHistoryIsLoggedAsThat() async throws {
        try await withConnectors { server, _ in
            server.installation.clock.advance(seconds: 3600)
            try await server.installation.decide(
                Address(email: "ada@mail.example"),
                terms: Terms(source: .doubleOptIn)
            )
            let call = Postmark.call(change("ada@mail.example"))
            #expect(try await server.send(call).status == 204)
            #expect(try await server.check().allowed == true)
            #expect(server.log.all.contains { $0.contains("history=1") })
        }
    }

    /// Too much is stopped rather than too little, and the timeline says why.
    @Test func aPlaceNobodyMappedStopsEverythingAndIsNamed() async throws {
        try await withConnectors { server, _ in
            let call = Postmark.call(change("ada@mail.example", "outlet"))
            #expect(try await server.send(call).status == 204)
            #expect(try await server.check().reason == "globalOptOut")
            let bodies = try await server.installation.sql(
                "SELECT body FROM audit_events WHERE kind = 'optout.widened'"
            ).map { String(decoding: try $0.blob(0), as: UTF8.self) }
            #expect(bodies.count == 1)
            #expect(bodies[0].contains(#""facts":{"connector":"post","unmappedPlace":"outlet"}"#))
        }
    }

    @Test func aProbeIsAnsweredAndChangesNothing() async throws {
        try await withConnectors { server, _ in
            for path in ["/v1/webhooks/post", "/v1/webhooks/nobody"] {
                for method in [HTTPRequest.Method.get, .head] {
                    let reply = try await server.sendWithoutEffect(Call.get(path).by(method))
                    #expect(reply.status == 200)
                }
            }
        }
    }

    /// What is not stored must be sent again, and then is taken as if it came for the first time.
    @Test func aDatabaseThatFailsIsSaidAndTheNextTimeCounts() async throws {
        try await withConnectors { server, _ in
            let call = Postmark.call(change("ada@mail.example"))
            for fault in [FaultyDatabase.Fault.writes(.full), .replies(.unknown)] {
                server.faults.set(fault)
                let reply = try await server.send(call)
                #expect(reply.status == 503)
            }
            server.faults.set(nil)
            // It holds already; what is missing is in the counts.
            #expect(try await server.check().reason == "optOut")
            #expect(try await server.send(call).status == 204)
            #expect(try await server.sendWithoutEffect(call).status == 204)
            let events = try await server.installation.number("SELECT count(*) FROM events")
            #expect(events == 1)
        }
    }

    /// A certificate is fetched once, and one that cannot be fetched is no proof.
    @Test func certificatesAreKept() async throws {
        let asked = Mutex(0)
        let inbox = Inbox(
            now: { Timestamp(seconds: 1_770_000_000) },
            fetch: { _ in
                let count = asked.withLock {
                    $0 += 1
                    return $0
                }
                return OutboundResponse(status: count == 1 ? 500 : 200)
            }
        )
        let request = OutboundRequest(
            method: "GET",
            url: "https://sns.eu-west-1.amazonaws.com/a.pem",
            headers: [],
            body: []
        )
        for status in [500, 200, 200, 200] {
            #expect(try await inbox.carry(request).status == status)
        }
        #expect(asked.withLock { $0 } == 2)
        let confirm = OutboundRequest(
            method: "GET",
            url: "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
            headers: [],
            body: []
        )
        for _ in 0..<3 { _ = try await inbox.carry(confirm) }
        #expect(asked.withLock { $0 } == 5)
    }
}
