// Scopes, policy versions, keys, connectors and consents made by hand, listed and taken back.

import Foundation
import Testing

@Suite("Registries at the command line")
struct RegistryTests {
    @Test func scopesAndPoliciesAreListed() async throws {
        try await Workplace.open { place in
            try await place.register()
            try await place.done(
                "policy",
                "publish",
                "2026-02",
                "--text-file",
                "policy.txt",
                "--effective",
                "2026-02-01",
                "--reconsent",
                "newsletter"
            )
            let table = try await place.done("scope", "list").output
            #expect(table.contains("receipts    email    transactional"))
            let policies = try await place.done("policy", "list", "--json").json.list
            let second = try #require(policies.first { $0["version"].string == "2026-02" })
            #expect(second["reconsent"].list.map(\.string) == ["newsletter"])
            #expect(second["effectiveAt"].string == "2026-02-01T00:00:00Z")
            #expect(second["textSha256"].string?.count == 64)
        }
    }

    @Test func aRevokedKeyOpensNothingAtOnce() async throws {
        try await Workplace.open { place in
            try await place.register()
            let server = try await place.serve("--role", "api")
            let token = try await place.done("key", "create", "--role", "sender", "--label", "mta")
                .output.trimmingCharacters(in: .newlines)
            let id = try #require(token.split(separator: "_").dropFirst().first.map(String.init))
            let keys = try await place.done("key", "list", "--json").json.list
            #expect(keys.contains { $0["id"].string == id && $0["label"].string == "mta" })
            #expect(try await !place.done("key", "list").output.contains(token))
            let body = #"{"scope":"newsletter","address":"ada@mail.example"}"#
            #expect(try await check(server, token, body) == 200)
            try await place.done("key", "revoke", id)
            #expect(try await !place.done("key", "list").output.contains(id))
            let all = try await place.done("key", "list", "--all", "--json").json.list
            let revoked = try #require(all.first { $0["id"].string == id })
            #expect(revoked["revokedAt"].string != nil && revoked["role"].string == "sender")
            #expect(try await place.done("key", "list", "--all").output.contains("REVOKED"))
            #expect(try await check(server, token, body) == 401)
        }
    }

    private func check(_ server: Server, _ token: String, _ body: String) async throws -> Int {
        try await server.post("/v1/sends/check", body, key: token).status
    }

    @Test func aConnectorIsListedWithoutItsSecret() async throws {
        try await Workplace.open { place in
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            try place.write(secret + "\n", to: "secret")
            let added = try await place.done(
                "connector",
                "add",
                "webhook",
                "crm",
                "--url",
                "https://crm.example/hook",
                "--secret-file",
                "secret"
            )
            #expect(!added.output.contains(secret))
            let listed = try await place.done("connector", "list")
            #expect(listed.output.contains("crm"))
            #expect(!listed.output.contains("crm.example"))
            #expect(try await place.done("connector", "list", "--json").json.list.count == 1)
        }
    }

    @Test func consentIsGrantedAndWithdrawnByHand() async throws {
        try await Workplace.open { place in
            try await place.register()
            let terms = ["ada@mail.example", "--scope", "newsletter", "--policy", "2026-01"]
            let granted = try await place.heed(["consent", "grant"] + terms + ["--json"])
            #expect(granted.exitCode == 0)
            #expect(try granted.json["id"].string?.count == 36)
            let check = ["check", "ada@mail.example", "--scope", "newsletter"]
            #expect(try await place.heed(check).exitCode == 0)
            #expect(try await place.heed(["consent", "withdraw"] + terms).exitCode == 0)
            let refused = try await place.heed(check + ["--json"])
            #expect(refused.exitCode == 1)
            #expect(try refused.json["reason"].string == "withdrawn")
        }
    }
}
