// Tests what every answer carries, and that no log line has an address, a token or a key.

import Foundation
import HTTPTypes
import HeedConsent
import HeedStore
import HummingbirdTesting
import TestSupport
import Testing

@testable import HeedServer

@Suite("Middleware: every answer")
struct AccessTests {
    private static let calls: [Call] = [
        .get("/healthz"), .get("/readyz"), .get("/openapi.yaml"), .get("/u/none"),
        .post("/u/none", "List-Unsubscribe=One-Click"), .get("/nowhere"), .get("/"),
        .get("/v1/opt-outs/none"), .get("/v1/opt-outs/none", as: .auditor),
        .post("/v1/opt-outs", "{", as: .collector),
        .post("/v1/sends/check", #"{"scope":"newsletter","recipients":[]}"#, as: .sender),
    ]

    @Test(arguments: calls)
    func itNamesItsRequestAndItsType(_ call: Call) async throws {
        try await withServer { server in
            var ids: Set<String> = []
            for _ in 1...3 {
                let reply = try await server.sendWithoutEffect(call)
                ids.insert(try #require(reply.headers[.requestID]))
                #expect(reply.headers[.xContentTypeOptions] == "nosniff")
                #expect(reply.headers[.contentType] != nil)
                #expect(reply.headers[.setCookie] == nil)
            }
            #expect(ids.count == 3)
        }
    }

    @Test(arguments: ["/nowhere", "/", "/v1", "/v1/keys", "/u/a/b", "/openapi.yml"])
    func thereIsNothingElse(_ path: String) async throws {
        try await withServer { server in
            let reply = try await server.sendWithoutEffect(.get(path))
            #expect(reply.status == 404)
            #expect(try reply.problem().type.hasSuffix("/not-found"))
        }
    }

    @Test func theLogHasTheRouteAndNotThePath() async throws {
        try await withServer { server in
            try await server.send(.get("/u/v1.k1.secret"))
            try await server.send(.get("/v1/opt-outs/secret", as: .auditor))
            let lines = server.log.all
            #expect(lines.contains { $0.contains("route=/u/{token}") && $0.contains("status=200") })
            #expect(
                lines.contains {
                    $0.contains("route=/v1/opt-outs/{id}") && $0.contains("status=404")
                }
            )
            #expect(!lines.contains { $0.contains("secret") })
        }
    }

    /// Goes through every route, well and badly, with the database there and not.
    @Test(arguments: [true, false])
    func noLineHasPersonalDataOrSecrets(isLive: Bool) async throws {
        try await withServer(isLive ? .live : .router) { server in
            let token = try await server.link(for: "lovelace@mail.example")
            let calls = AccessTests.personalCalls(token: token)
            for fault in [nil, .writes(.full), .writes(.corrupt), .reads(.unavailable)]
                as [FaultyDatabase.Fault?]
            {
                server.faults.set(fault)
                for call in calls { try await server.send(call) }
            }
            let secrets = try [
                "lovelace", "mail.example", "203.0.113.7", "Browser/9", "crm-77", "by phone",
                "shop.example",
                "key-to-repeat", token, #require(server.keys[.admin]), "heed_",
            ]
            let lines = server.log.all
            #expect(lines.count >= 4 * calls.count)
            for secret in secrets {
                let found = lines.filter { $0.localizedCaseInsensitiveContains(secret) }
                #expect(found.isEmpty, "\(secret) is in \(found)")
            }
        }
    }

    private static func personalCalls(token: String) -> [Call] {
        let address = "lovelace@mail.example"
        let evidence =
            #"{"ip":"203.0.113.7","userAgent":"Browser/9","formUrl":"https://shop.example/join"}"#
        let consent = JSONBody.consent.with("address", "\"\(address)\"")
            .with("evidence", evidence).text
        let contact = #"{"addresses":[{"value":"\#(address)"}],"externalId":"crm-77"}"#
        let optOut = #"{"address":"\#(address)","scope":"promotions","reason":"by phone"}"#
        let check = #"{"address":"\#(address)","scope":"newsletter","links":true}"#
        let batch = #"{"recipients":["\#(address)","lovelace"],"scope":"newsletter"}"#
        let calls: [Call] = [
            .post("/v1/contacts", contact, as: .admin), .post("/v1/consents", consent, as: .admin),
            .post("/v1/consents", consent.replacing("form", with: "import"), as: .admin),
            .post("/v1/opt-outs", optOut, as: .admin),
            .post("/v1/opt-outs", optOut + "x", as: .admin),
            .post("/v1/opt-outs", optOut.replacing("promotions", with: "none"), as: .admin),
            .post("/v1/opt-outs", optOut.replacing("scope", with: address), as: .admin),
            .post("/v1/sends/check", check, as: .admin),
            .post("/v1/sends/check", batch, as: .admin),
            .get("/v1/opt-outs/\(address)", as: .admin), .get("/nowhere/\(address)?a=\(address)"),
            .get("/u/\(token)"), .get("/u/\(token)?a=\(address)"), .get("/u/\(token)x"),
            .post("/u/\(token)", "List-Unsubscribe=One-Click"), .post("/u/\(token)", "leave=all"),
            .post("/u/\(token)", String(repeating: address, count: 1000)),
            .get("/healthz?a=\(address)"), .get("/readyz"),
        ]
        return calls.map { $0.with(.idempotencyKey, "key-to-repeat") }
    }
}

@Suite("Middleware: HEAD on the wire")
struct HeadTests {
    /// A body after a HEAD's answer would be read as the next answer on the connection.
    @Test(arguments: ["/u/none", "/healthz", "/nowhere", "/v1/opt-outs/none"])
    func aHeadHasNoBody(_ path: String) async throws {
        try await withServer(.live) { server in
            for _ in 1...3 {
                let head = try await server.send(Call(method: .head, path: path))
                #expect(head.body.isEmpty)
                #expect(try await server.send(.get("/healthz")).status == 200)
            }
        }
    }
}
