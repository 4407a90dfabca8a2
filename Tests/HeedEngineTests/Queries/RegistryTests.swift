// Lists for operators, and the look-up behind every API request.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Registry queries")
struct RegistryTests {
    @Test(arguments: Backend.allCases)
    func anEmptyInstallationHasEmptyLists(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let engine = installation.engine
            #expect(try await engine.ask(ListScopes()).isEmpty)
            #expect(try await engine.ask(ListPolicies()).isEmpty)
            #expect(try await engine.ask(ListKeys()).isEmpty)
            #expect(try await engine.ask(ListConnectors()).isEmpty)
            #expect(try await installation.queueDepth().isEmpty)
            let position = try await engine.ask(LogPosition())
            #expect(backend == .sqlite ? position == 0 : position >= 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func aConnectorIsFoundByItsName(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for name in ["alpha", "beta"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            let found = try await installation.engine.ask(FindConnector(name: "beta"))
            #expect(try found == Sample.connector("beta"))
            #expect(try await installation.engine.ask(FindConnector(name: "Beta")) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func depthIsByLaneAndState(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 0..<3 { try await installation.optOut(Sample.address(number)) }
            let claim = ClaimJobs(lane: .optOut, limit: 1, leaseSeconds: 10)
            _ = try await installation.engine.perform(claim, as: .system("worker"))
            let depth = try await installation.queueDepth().map {
                "\($0.lane) \($0.state) \($0.count)"
            }
            #expect(depth == ["opt-out leased 1", "opt-out ready 2"])
        }
    }

    private func key(_ installation: Installation, _ token: String) async throws -> APIKey? {
        guard let question = Authenticate(token: token) else { return nil }
        return try await installation.engine.ask(question)
    }

    private func create(_ installation: Installation) async throws -> CreateKey.Receipt {
        let command = try CreateKey(role: .admin, label: "")
        return try await installation.engine.perform(command, as: Sample.actor).receipt
    }

    @Test(arguments: Backend.allCases)
    func aTokenOpensUntilItIsRevoked(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (one, two) = (try await create(installation), try await create(installation))
            #expect(try await key(installation, one.token) == one.key)
            #expect(try await key(installation, two.token) == two.key)
            _ = try await installation.engine.perform(RevokeKey(id: one.key.id), as: Sample.actor)
            #expect(try await key(installation, one.token) == nil)
            #expect(try await key(installation, two.token) == two.key)
        }
    }

    @Test(arguments: Backend.allCases)
    func nearMissesOpenNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (one, two) = (try await create(installation), try await create(installation))
            let token = one.token
            let secrets = [token, two.token].map { String($0.suffix(64)) }
            let misses = [
                "", "heed", "heed__", "heed_\(one.key.id)_", String(token.dropLast()), token + "0",
                " " + token, token + " ", token + "_", "_" + token, "HEED" + token.dropFirst(4),
                "heed_\(one.key.id)_\(secrets[1])", "heed_\(two.key.id)_\(secrets[0])",
                "heed_\(one.key.id)_\(secrets[0].uppercased())", "heed_000000000000_\(secrets[0])",
                "heed_\(one.key.id)_\(hexadecimal(one.key.secretHash))",
                token.replacing("_", with: "-"), "heed_%' OR 1=1--_\(secrets[0])",
            ]
            for miss in misses { #expect(try await key(installation, miss) == nil) }
            // Every single digit of the secret counts.
            for index in 0..<64 {
                var digits = Array(secrets[0].utf8)
                digits[index] = digits[index] == 0x30 ? 0x31 : 0x30
                let miss = "heed_\(one.key.id)_" + String(decoding: digits, as: UTF8.self)
                #expect(try await key(installation, miss) == nil)
            }
        }
    }
}
