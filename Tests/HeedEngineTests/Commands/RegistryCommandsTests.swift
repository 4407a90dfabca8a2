// The operator's commands: scopes, policy versions, API keys and connectors.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Registry commands")
struct RegistryCommandsTests {
    private func effect<Work: Command>(
        _ installation: Installation,
        _ command: Work
    ) async throws -> Effect {
        try await installation.effect {
            try await installation.engine.perform(command, as: Sample.actor)
        }
    }

    @Test(arguments: Backend.allCases)
    func aScopeIsAddedOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let scope = Scope(name: ScopeName(stored: "partner"), channel: .email, kind: .campaign)
            let other = Scope(name: scope.name, channel: .email, kind: .transactional)
            let added = try await effect(installation, AddScope(scope))
            #expect(added == Effect(failure: nil, changed: ["audit_events", "scopes"]))
            #expect(try await effect(installation, AddScope(scope)) == .unchanged)
            #expect(try await effect(installation, AddScope(other)) == .refused("conflict name"))
            let scopes = try await installation.engine.ask(ListScopes())
            #expect(scopes.contains(scope) && scopes.count == 4)
        }
    }

    @Test(arguments: Backend.allCases)
    func aPolicyVersionIsRegisteredOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let policy = try Sample.policy("2026-05", reconsent: [Sample.newsletter])
            let changed = ["audit_events", "policies", "policy_reconsents"]
            let added = try await effect(installation, PublishPolicy(policy))
            #expect(added == Effect(failure: nil, changed: changed))
            #expect(try await effect(installation, PublishPolicy(policy)) == .unchanged)
            let otherText = try Policy(
                version: policy.version,
                url: policy.url,
                textHash: Array(repeating: 99, count: 32),
                effectiveAt: policy.effectiveAt,
                reconsent: policy.reconsent
            )
            let refused = try await effect(installation, PublishPolicy(otherText))
            #expect(refused == .refused("conflict version"))
            let unknown = try Sample.policy("2026-06", reconsent: [ScopeName(stored: "nowhere")])
            let unknownScope = try await effect(installation, PublishPolicy(unknown))
            #expect(unknownScope == .refused("invalid-field reconsent"))
            #expect(try await installation.engine.ask(ListPolicies()).count == 2)
        }
    }

    private func create(
        _ installation: Installation,
        _ role: APIKey.Role
    ) async throws -> CreateKey.Receipt {
        let command = try CreateKey(role: role, label: "for \(role.rawValue)")
        return try await installation.engine.perform(command, as: Sample.actor).receipt
    }

    private func revoke(_ installation: Installation, _ id: String) async throws -> Effect {
        try await effect(installation, RevokeKey(id: id))
    }

    @Test(arguments: Backend.allCases)
    func aSecretIsToldOnceAndNeverStored(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let receipt = try await create(installation, .sender)
            let secret = try #require(receipt.token.split(separator: "_").last)
            #expect(secret.utf8.count == 64)
            let rows = try await installation.number(
                "SELECT count(*) FROM api_keys WHERE id || label LIKE '%' || $1 || '%' "
                    + "OR secret_sha256 = $2",
                .text(String(secret)),
                .blob(Array(secret.utf8))
            )
            #expect(rows == 0)
            let log = try await installation.database.read { try $0.events(after: 0, limit: 99) }
            #expect(!log.contains { String(decoding: $0.body, as: UTF8.self).contains(secret) })
            #expect(!log.isEmpty)
            #expect(try await installation.engine.ask(ListKeys()) == [receipt.key])
            let second = try await create(installation, .sender)
            #expect(second.token != receipt.token && second.key.id != receipt.key.id)
        }
    }

    @Test(arguments: [String(repeating: "x", count: 101), "ann@mail.example", "a\u{0}b", "a\nb"])
    func anUnfitLabelIsRefused(_ label: String) {
        let refusal = #expect(throws: Refusal.self) { try CreateKey(role: .admin, label: label) }
        #expect(refusal?.field == "label")
    }

    @Test(arguments: Backend.allCases)
    func theLastAdminKeyStays(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let first = try await create(installation, .admin).key.id
            let sender = try await create(installation, .sender).key.id
            #expect(try await revoke(installation, first) == .refused("conflict id"))
            let second = try await create(installation, .admin).key.id
            #expect(try await revoke(installation, first).failure == nil)
            #expect(try await revoke(installation, first) == .refused("not-found id"))
            #expect(try await revoke(installation, second) == .refused("conflict id"))
            #expect(try await revoke(installation, sender).failure == nil)
            #expect(try await revoke(installation, "nobody") == .refused("not-found id"))
            #expect(try await revoke(installation, "") == .refused("not-found id"))
        }
    }

    /// The log goes on naming a key that opens nothing any more.
    @Test(arguments: Backend.allCases)
    func aRevokedKeyIsStillListedAmongAll(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let old = try await create(installation, .sender).key
            installation.clock.advance(seconds: 60)
            let engine = installation.engine
            _ = try await engine.perform(RevokeKey(id: old.id), as: Sample.actor)
            let new = try await create(installation, .auditor).key
            let all = try await engine.ask(ListAllKeys())
            #expect(all.map(\.key) == [old, new])
            #expect(all.map { $0.revokedAt == nil } == [false, true])
            #expect(all[0].revokedAt == all[0].createdAt.adding(seconds: 60))
            #expect(try await engine.ask(ListKeys()) == [new])
        }
    }

    /// Two operators revoke each other's key at the same moment: one of the keys is left.
    @Test(arguments: Backend.allCases)
    func aRaceLeavesAnAdminKey(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for _ in 0..<10 {
                let keys = [
                    try await create(installation, .admin).key.id,
                    try await create(installation, .admin).key.id,
                ]
                await withTaskGroup { group in
                    for id in keys {
                        group.addTask {
                            await failureCode {
                                try await installation.engine.perform(
                                    RevokeKey(id: id),
                                    as: Sample.actor
                                )
                            }
                        }
                    }
                }
                let left = try await installation.engine.ask(ListKeys())
                #expect(left.filter { $0.role == .admin }.count == 1)
            }
        }
    }
}
