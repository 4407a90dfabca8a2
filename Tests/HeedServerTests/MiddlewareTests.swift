// Tests the door with its roles, repeatable requests, and what every answer and log line has.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

/// A route behind the door with the roles that open it; an admin opens every one.
private struct Door: Sendable, CustomTestStringConvertible {
    let call: Call
    let roles: Set<APIKey.Role>

    var testDescription: String { call.testDescription }

    static let all = [
        Door(call: .post("/v1/contacts", "{}"), roles: [.collector]),
        Door(call: .post("/v1/consents", "{}"), roles: [.collector]),
        Door(call: .post("/v1/double-opt-ins", "{}"), roles: [.collector]),
        Door(call: .get("/v1/consents/none/receipt"), roles: [.auditor]),
        Door(call: .post("/v1/opt-outs", "{}"), roles: [.collector]),
        Door(call: .get("/v1/opt-outs/none"), roles: [.collector, .auditor]),
        Door(call: .post("/v1/erasures", "{}"), roles: [.collector]),
        Door(call: .get("/v1/erasures/none"), roles: [.auditor]),
        Door(call: .get("/v1/contacts/none/export"), roles: [.auditor]),
        Door(call: .get("/v1/contacts/none/evidence"), roles: [.auditor]),
        Door(call: .get("/v1/evidence"), roles: [.auditor]),
        Door(call: .post("/v1/evidence", "{}"), roles: [.auditor]),
        Door(call: .post("/v1/requests", "{}"), roles: [.collector]),
        Door(call: .get("/v1/requests?unknown=1"), roles: [.auditor]),
        Door(call: .get("/v1/requests/none"), roles: [.auditor]),
        Door(call: .post("/v1/requests/none/verify", "{}"), roles: []),
        Door(call: .post("/v1/requests/none/extend", "{}"), roles: []),
        Door(call: .post("/v1/requests/none/refuse", "{}"), roles: []),
        Door(call: .post("/v1/requests/none/complete", "{}"), roles: []),
        Door(call: .post("/v1/requests/none/retry", "{}"), roles: []),
        Door(call: .post("/v1/requests/none/give-up", #"{"reason":"gone"}"#), roles: []),
        Door(
            call: .post("/v1/requests/none/rectify", #"{"address":"ada@mail.example"}"#),
            roles: []
        ),
        Door(call: .post("/v1/sends/check", "{}"), roles: [.sender]),
        Door(call: .post("/v1/sends/filter?unknown=1", ""), roles: [.sender]),
        Door(call: .post("/v1/events", "{}"), roles: [.sender]),
        Door(call: .get("/v1/stats?unknown=1"), roles: [.sender, .auditor]),
        Door(call: .get("/v1/queue?unknown=1"), roles: [.auditor]),
        Door(call: .get("/v1/windows?unknown=1"), roles: [.auditor]),
        Door(call: .post("/v1/imports", "email\n"), roles: [.collector]),
        Door(call: .get("/v1/imports?unknown=1"), roles: [.collector, .auditor]),
        Door(call: .get("/v1/imports/none"), roles: [.collector, .auditor]),
        Door(call: .get("/v1/imports/none/rejected"), roles: [.collector, .auditor]),
        Door(call: .post("/v1/imports/none/undo", nil), roles: []),
        Door(call: .get("/v1/exports"), roles: []),
        Door(call: .get("/v1/audience"), roles: []),
        Door(call: .get("/log/tile/entries/000"), roles: [.auditor]),
    ]
}

@Suite("Middleware: the door")
struct DoorTests {
    @Test func everyRouteOfTheAPIHasADoor() {
        let operations = OpenAPIFile.published.statuses.filter { $0.key.method != "HEAD" }
        // The pages' 403 is for other sites, not for keys.
        let behind = operations.filter { $0.value.contains(401) && $0.value.contains(403) }.keys
        #expect(behind.count == Door.all.count)
        let open = operations.keys.filter { $0.path.hasPrefix("/v1/") && !behind.contains($0) }
        // What providers send proves itself; a form is for everybody.
        #expect(
            Set(open.map(\.path)) == [
                "/v1/forms/{form}", "/v1/log/proof", "/v1/receipts/{token}",
                "/v1/webhooks/{connector}",
            ]
        )
        for door in Door.all {
            let statuses = OpenAPIFile.published.statuses(of: door.call.method, at: door.call.path)
            #expect(statuses?.isSuperset(of: [401, 403, 503]) == true)
        }
    }

    @Test(arguments: Door.all, APIKey.Role.allCases)
    private func aRoleOpensItsRoutesOnly(_ door: Door, _ role: APIKey.Role) async throws {
        try await withServer { server in
            var call = door.call
            call.role = role
            let reply = try await server.sendWithoutEffect(call)
            let problem = try reply.problem()
            if role == .admin || door.roles.contains(role) {
                #expect([404, 422].contains(reply.status))
            } else {
                #expect(reply.status == 403)
                #expect(problem.type.hasSuffix("/wrong-role"))
                #expect(problem.detail.contains("this key has the role \(role.rawValue)"))
            }
        }
    }

    @Test(arguments: Door.all)
    private func withoutAKeyNothingOpens(_ door: Door) async throws {
        try await withServer { server in
            let good = try #require(server.keys[.admin])
            let changed = good.dropLast() + (good.hasSuffix("0") ? "1" : "0")
            let other = try #require(server.keys[.sender])
            let mixed = good.prefix(18) + other.dropFirst(18)
            let wrong = [
                "", "Bearer", "Bearer ", "Basic \(good)", good, "Bearer \(changed)",
                "Bearer \(mixed)", "Bearer \(good)0", "Bearer \(good), Bearer \(good)",
                "Bearer heed_a_b", "Bearer heed_\(String(repeating: "0", count: 12))_x",
            ]
            for header in [nil] + wrong.map(Optional.some) {
                var call = door.call
                call.headers[.authorization] = header
                let reply = try await server.sendWithoutEffect(call)
                #expect(reply.status == 401, "\(header ?? "no header")")
                #expect(reply.headers[.wwwAuthenticate] == "Bearer")
                let name = header == nil ? "/no-key" : "/wrong-key"
                #expect(try reply.problem().type.hasSuffix(name))
            }
        }
    }

    @Test func aRevokedKeyOpensNothingFromTheNextRequestOn() async throws {
        try await withServer { server in
            let call = Call.get("/v1/opt-outs/none", as: .auditor)
            #expect(try await server.send(call).status == 404)
            let key = try #require(server.keys[.auditor]?.split(separator: "_")[1])
            let engine = server.installation.engine
            _ = try await engine.perform(RevokeKey(id: String(key)), as: Sample.actor)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == 401)
            #expect(try reply.problem().type.hasSuffix("/wrong-key"))
        }
    }

    @Test func theSchemeIsReadInAnyCase() async throws {
        try await withServer { server in
            let key = try #require(server.keys[.auditor])
            let call = Call.get("/v1/opt-outs/none").with(.authorization, "bEARER \(key)")
            #expect(try await server.send(call).status == 404)
        }
    }

    /// The key's look-up needs the database, so without one nothing opens.
    @Test(arguments: Door.all)
    private func withoutADatabaseNothingOpens(_ door: Door) async throws {
        try await withServer { server in
            var call = door.call
            call.role = .admin
            for (code, status) in [(StoreError.Code.unavailable, 503), (.statement, 500)] {
                server.faults.set(.reads(code))
                let reply = try await server.send(call)
                #expect(reply.status == status)
                #expect((reply.headers[.retryAfter] != nil) == (status == 503))
                _ = try reply.problem()
            }
        }
    }
}

@Suite("Middleware: methods")
struct MethodTests {
    /// Each path of the description, with an id in it where it has one.
    private static let paths = Dictionary(grouping: OpenAPIFile.published.statuses.keys, by: \.path)

    /// With a key or without: which methods there are is published.
    @Test(arguments: paths.keys.sorted())
    func anotherMethodIsToldWhichThereAre(_ path: String) async throws {
        let methods = try #require(MethodTests.paths[path]).map(\.method).sorted()
        let place = path.replacing(/\{[a-z]+\}/, with: "000")
        try await withServer { server in
            for name in ["DELETE", "OPTIONS", "QUERY"] {
                let method = try #require(HTTPRequest.Method(name))
                for role in [nil, APIKey.Role.admin] {
                    let call = Call(method: method, path: place + "?secret=1", role: role)
                    let reply = try await server.sendWithoutEffect(call)
                    #expect(reply.status == 405)
                    #expect(reply.headers[.allow] == methods.joined(separator: ", "))
                    let problem = try reply.problem()
                    #expect(problem.type.hasSuffix("/method-not-allowed"))
                    #expect(!problem.detail.contains("secret"))
                }
            }
        }
    }

    @Test func anUnknownPathIsNotFoundByAnyMethod() async throws {
        try await withServer { server in
            for path in ["/", "/v1", "/v1/opt-outs/1/2", "/u/a/b", "/log/tile", "/v2/opt-outs"] {
                for method in [HTTPRequest.Method.get, .post, .delete, .options] {
                    let reply = try await server.send(Call(method: method, path: path))
                    #expect(reply.status == 404, "\(method) \(path)")
                    #expect(reply.headers[.allow] == nil)
                }
            }
        }
    }

    /// A thing that is not there is not a wrong method.
    @Test func whatIsNotFoundByItsRouteStaysNotFound() async throws {
        try await withServer { server in
            for call in [
                Call.get("/v1/opt-outs/none", as: .admin), .post("/v1/webhooks/nobody", "{}"),
            ] {
                let reply = try await server.send(call)
                #expect(reply.status == 404)
                #expect(reply.headers[.allow] == nil)
            }
        }
    }
}

@Suite("Middleware: repeatable requests")
struct RepeatTests {
    private static let bodies = [
        ("/v1/contacts", #"{"addresses":[{"value":"ada@mail.example"}]}"#),
        (
            "/v1/consents",
            JSONBody.consent.text
        ),
        ("/v1/opt-outs", #"{"address":"ada@mail.example","scope":"newsletter"}"#),
    ]

    @Test(arguments: bodies)
    func aRepeatGetsTheFirstAnswerAndChangesNothing(_ path: String, _ body: String) async throws {
        try await withServer { server in
            let call = Call.post(path, body, as: .collector)
            let first = try await server.send(call.with(.idempotencyKey, "\"k-1\""))
            #expect([201, 202].contains(first.status))
            server.installation.clock.advance(seconds: 60)
            for key in ["\"k-1\"", "k-1"] {
                let again = try await server.sendWithoutEffect(call.with(.idempotencyKey, key))
                #expect(again.visible == first.visible)
            }
        }
    }

    @Test(arguments: bodies)
    func aKeyWithAnotherBodyIsRefused(_ path: String, _ body: String) async throws {
        try await withServer { server in
            let call = Call.post(path, body, as: .collector).with(.idempotencyKey, "k-1")
            try await server.send(call)
            var other = call
            other.body = body.replacing("ada", with: "bob")
            let wrong = WrongInput("", 422, "idempotency-key-reused", "Idempotency-Key")
            try await server.expectRefusal(of: other, as: wrong)
        }
    }

    @Test(arguments: bodies)
    func anUnusableKeyIsRefused(_ path: String, _ body: String) async throws {
        try await withServer { server in
            let call = Call.post(path, body, as: .collector)
            let wrong = WrongInput("", 422, "invalid-field", "Idempotency-Key")
            let long = String(repeating: "k", count: 256)
            for key in ["", "\"\"", "a b", "\"a b\"", "schlüssel", long, "\"\(long)\""] {
                try await server.expectRefusal(of: call.with(.idempotencyKey, key), as: wrong)
            }
            let longest = call.with(.idempotencyKey, "\"\(long.dropLast())\"")
            #expect(try await server.send(longest).status < 300)
        }
    }

    /// One key may stand for one thing a caller and route, or one program could spoil another's.
    @Test func aKeyBelongsToItsCallerAndRoute() async throws {
        try await withServer { server in
            let body = #"{"address":"ada@mail.example","scope":"newsletter"}"#
            let mine = Call.post("/v1/opt-outs", body, as: .collector).with(.idempotencyKey, "k")
            let theirs = Call.post(
                "/v1/opt-outs",
                body.replacing("ada", with: "bob"),
                as: .admin
            ).with(.idempotencyKey, "k")
            let elsewhere = Call.post("/v1/contacts", RepeatTests.bodies[0].1, as: .collector)
            var statuses: [Int] = []
            for call in [mine, theirs, elsewhere.with(.idempotencyKey, "k")] {
                statuses.append(try await server.send(call).status)
            }
            #expect(statuses == [202, 202, 200])
        }
    }

    /// A refused request leaves its key free: nothing was done that could be repeated.
    @Test func aRefusalIsNotRemembered() async throws {
        try await withServer { server in
            let wrong = Call.post("/v1/opt-outs", #"{"scope":"newsletter"}"#, as: .collector)
            let refused = try await server.send(wrong.with(.idempotencyKey, "k"))
            #expect(refused.status == 422)
            let right = Call.post("/v1/opt-outs", RepeatTests.bodies[2].1, as: .collector)
            let stored = try await server.send(right.with(.idempotencyKey, "k"))
            #expect(stored.status == 202)
        }
    }

    /// It worked but the reply was lost: the repeat finds what was stored.
    @Test func aLostReplyCanBeRepeated() async throws {
        try await withServer { server in
            let body = RepeatTests.bodies[2].1
            let call = Call.post("/v1/opt-outs", body, as: .collector).with(.idempotencyKey, "k")
            server.faults.set(.replies(.unknown))
            #expect(try await server.send(call).status == 503)
            server.faults.set(nil)
            let stored = try #require(try await server.check().evidence.optOutId)
            let reply = try await server.sendWithoutEffect(call)
            #expect(try reply.decode(AcknowledgementReply.self).id == stored)
        }
    }
}
