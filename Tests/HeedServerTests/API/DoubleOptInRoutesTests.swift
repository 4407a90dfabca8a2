// Tests that asking for a double opt-in tells nothing about anybody, and names what is wrong.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Double opt-in routes")
struct DoubleOptInRoutesTests {
    private let body = JSONBody([
        "address": "\"ada@mail.example\"", "scope": "\"newsletter\"",
        "policyVersion": "\"2026-01\"",
    ])

    private func ask(_ body: JSONBody, as role: APIKey.Role? = .collector) -> Call {
        .post("/v1/double-opt-ins", body.text, as: role)
    }

    @Test func theAnswerIsTheSameForEverybody() async throws {
        try await withServer(options: .withMail) { server in
            let known = body.with("address", "\"bob@mail.example\"")
            try await server.installation.decide(Address(email: "bob@mail.example"))
            let stopped = body.with("address", "\"eve@mail.example\"")
            try await server.installation.optOut(Address(email: "eve@mail.example"))
            var seen: Set<String> = []
            for body in [body, known, stopped, body, body, body, body] {
                seen.insert(try await server.send(ask(body)).visible)
            }
            #expect(seen.count == 1)
            #expect(seen.first?.contains(#"{"status":"accepted"}"#) == true)
            // Of five for one address three went.
            let depth = try await server.installation.queueDepth()
            #expect(depth.first { $0.lane == "mail" }?.count == 5)
            #expect(try await server.check().reason == "unconfirmed")
        }
    }

    @Test func aRepeatByItsKeySendsOnce() async throws {
        try await withServer(options: .withMail) { server in
            let call = ask(body).with(.idempotencyKey, "form-7")
            let first = try await server.send(call)
            let again = try await server.sendWithoutEffect(call)
            #expect(first.visible == again.visible)
        }
    }

    @Test(arguments: [APIKey.Role.sender, .auditor, nil])
    func needsACollector(_ role: APIKey.Role?) async throws {
        try await withServer(options: .withMail) { server in
            let reply = try await server.sendWithoutEffect(ask(body, as: role))
            #expect(reply.status == (role == nil ? 401 : 403))
        }
    }

    @Test(arguments: [
        ("address", "missing-field"), ("scope", "missing-field"),
        ("policyVersion", "missing-field"),
    ])
    func whatIsMissingIsNamed(_ field: String, _ name: String) async throws {
        try await withServer(options: .withMail) { server in
            let wrong = WrongInput(body.without(field).text, 422, name, field)
            try await server.expectRefusal(of: ask(body.without(field)), as: wrong)
        }
    }

    @Test(arguments: [
        ("address", "\"ada\""), ("scope", "\"global\""), ("scope", "\"nothing\""),
        ("policyVersion", "\"1999\""), ("source", "\"My Form\""), ("locale", "\"a b\""),
    ])
    func whatIsWrongIsNamed(_ field: String, _ json: String) async throws {
        try await withServer(options: .withMail) { server in
            let wrong = WrongInput("", 422, "invalid-field", field)
            try await server.expectRefusal(of: ask(body.with(field, json)), as: wrong)
        }
    }

    @Test func unknownFieldsAreNamed() async throws {
        try await withServer(options: .withMail) { server in
            let wrong = WrongInput("", 422, "unknown-field", "contactId")
            try await server.expectRefusal(of: ask(body.with("contactId", "\"x\"")), as: wrong)
        }
    }

    @Test func withoutAMailServerNothingIsTaken() async throws {
        try await withServer { server in
            try await server.expectRefusal(of: ask(body), as: WrongInput("", 422, "no-mail"))
        }
    }
}
