// Tests the way in: a button confirms, nothing else does, and no answer tells who is known.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing

@testable import HeedServer

extension ServerOptions {
    /// The sample with mail.
    static var withMail: ServerOptions {
        var options = ServerOptions.sample
        options.doubleOptIn = DoubleOptInTerms()
        return options
    }
}

extension Server {
    /// Asks for a double opt-in; answers the token that goes out by mail.
    func confirmationToken(_ address: String = "ada@mail.example") async throws -> String {
        let body =
            #"{"address":"\#(address)","scope":"newsletter","policyVersion":"2026-01"}"#
        let reply = try await send(.post("/v1/double-opt-ins", body, as: .collector))
        try #require(reply.status == 202)
        let claim = ClaimJobs(lane: .mail, limit: 9, leaseSeconds: 30)
        let jobs = try await installation.engine.perform(claim, as: .system("worker")).receipt
        guard case .mail(.confirmation(let requests)) = try #require(jobs.last).kind else {
            throw StoreError(.corrupt, "not a confirmation")
        }
        return try #require(try await installation.engine.ask(ConfirmationDetails(requests))).token
    }
}

extension Call {
    fileprivate static func press(_ token: String, _ body: String? = "confirm=yes") -> Call {
        .post("/c/\(token)", body).with(.contentType, "application/x-www-form-urlencoded")
    }
}

@Suite("Confirmation routes")
struct ConfirmationRoutesTests {
    @Test func theButtonConfirms() async throws {
        try await withServer(options: .withMail) { server in
            let token = try await server.confirmationToken()
            #expect(try await server.check().reason == "unconfirmed")
            let page = try await server.sendWithoutEffect(.get("/c/\(token)"))
            #expect(page.status == 200 && page.body.contains("name=\"confirm\" value=\"yes\""))
            server.installation.clock.advance(seconds: 1)
            let reply = try await server.send(.press(token))
            #expect(reply.status == 200 && reply.body.contains("<h1>Thank you</h1>"))
            #expect(try await server.check().allowed)
            let again = try await server.sendWithoutEffect(.press(token))
            #expect(again.visible == reply.visible)
        }
    }

    /// Scanners and mail programs open, prefetch and post; only the button counts.
    @Test func robotsConfirmNothing() async throws {
        try await withServer(options: .withMail) { server in
            let token = try await server.confirmationToken()
            let page = try await server.send(.get("/c/\(token)"))
            for call in [
                Call.get("/c/\(token)"), Call.get("/c/\(token)").by(.head),
                .get("/c/\(token)").by(.options), .press(token, nil), .press(token, ""),
                .press(token, "List-Unsubscribe=One-Click"), .press(token, "confirm=no"),
                .press(token, "leave=this"),
            ] {
                let reply = try await server.sendWithoutEffect(call)
                if call.method == .post { #expect(reply.visible == page.visible) }
                #expect(try await server.check().reason == "unconfirmed")
            }
        }
    }

    @Test func everyOtherTokenLooksLikeALapsedOne() async throws {
        try await withServer(options: .withMail) { server in
            let token = try await server.confirmationToken()
            let other = try await server.link(for: "bob@mail.example")
            server.installation.clock.advance(seconds: 48 * 3600)
            let lapsed = try await server.sendWithoutEffect(.press(token))
            #expect(lapsed.body.contains("does not work any more"))
            for text in ["x", "v1.k1.AAAA", other, String(token.dropLast())] {
                let reply = try await server.sendWithoutEffect(.press(text))
                #expect(reply.visible == lapsed.visible)
                let page = try await server.sendWithoutEffect(.get("/c/\(text)"))
                #expect(page.visible == (try await server.send(.get("/c/\(token)"))).visible)
            }
        }
    }

    @Test func whatCannotBeStoredIsSaid() async throws {
        try await withServer(options: .withMail) { server in
            let token = try await server.confirmationToken()
            server.installation.clock.advance(seconds: 1)
            server.faults.set(.writes(.full))
            let failed = try await server.send(.press(token))
            #expect(failed.status == 503 && failed.headers[.retryAfter] == "30")
            // It worked, but the reply was lost; pressed again it is one yes.
            server.faults.set(.replies(.unknown))
            #expect(try await server.send(.press(token)).status == 503)
            server.faults.set(nil)
            let again = try await server.sendWithoutEffect(.press(token))
            #expect(again.body.contains("<h1>Thank you</h1>"))
            let grants = try await server.installation.number(
                "SELECT count(*) FROM consent_records WHERE decision = 'granted'"
            )
            #expect(grants == 1)
        }
    }

    /// The last proxy's own entry counts; what a visitor writes there does not.
    @Test(arguments: [
        (0, "198.51.100.9", nil), (1, "198.51.100.9", "198.51.100.9"),
        (1, "10.9.9.9, 198.51.100.9", "198.51.100.9"),
        (2, "10.9.9.9, 198.51.100.9,10.0.0.1", "198.51.100.9"), (2, "198.51.100.9", nil),
        (1, "2001:db8::7", "2001:db8::7"), (1, "<script>", nil), (1, "", nil),
    ])
    func fromWhere(_ proxies: Int, _ header: String, _ expected: String?) async throws {
        var options = ServerOptions.withMail
        options.trustedProxies = proxies
        try await withServer(options: options) { server in
            let token = try await server.confirmationToken()
            server.installation.clock.advance(seconds: 1)
            try await server.send(.press(token).with(.xForwardedFor, header))
            let check = try await server.check()
            let (contact, record) = try (
                #require(check.evidence.contactId.flatMap { ContactID(text: $0) }),
                #require(check.evidence.recordId.flatMap { ConsentID(text: $0) })
            )
            let evidence = try await server.installation.database.read { transaction in
                try transaction.evidence(of: record, contact: contact)
            }
            #expect(evidence?.confirmedAt != nil && evidence?.confirmedIP == expected)
        }
    }
}
