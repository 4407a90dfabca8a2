// API keys by hash and connectors by sealed settings.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Keys")
struct TransactionKeysTests {
    private func key(_ id: String, _ role: APIKey.Role = .admin, label: String = "") -> APIKey {
        APIKey(id: id, role: role, label: label, secretHash: Array(repeating: 5, count: 32))
    }

    @Test(arguments: Backend.allCases)
    func keysReadBackByAge(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            var keys: [APIKey] = []
            for (index, role) in APIKey.Role.allCases.enumerated() {
                keys.append(key("k\(9 - index)", role, label: "Ünï \(index)"))
                try await installation.record([.keyCreated(keys[index])])
                installation.clock.advance(seconds: 1)
            }
            let expected = keys
            try await installation.database.read { transaction throws in
                #expect(try transaction.apiKeys() == expected)
                #expect(try transaction.apiKey("k9") == expected[0])
                #expect(try transaction.apiKey("K9") == nil)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aRevokedKeyIsGoneButItsRowStays(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let (one, two) = (key("one"), key("two"))
            try await installation.record([.keyCreated(one), .keyCreated(two), .keyRevoked(one)])
            try await installation.database.read { transaction throws in
                #expect(try transaction.apiKey("one") == nil)
                #expect(try transaction.apiKeys() == [two])
            }
            #expect(try await installation.number("SELECT count(*) FROM api_keys") == 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func connectorsReadBackByName(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let settings = try ["zeta", "alpha"].map(Sample.connector)
            let odd = try ConnectorSettings(name: "odd", kind: "", url: "", secret: "ß\u{0}\n")
            try await installation.record((settings + [odd]).map(Event.connectorAdded))
            try await installation.database.read { transaction throws in
                #expect(try transaction.connectors() == [settings[1], odd, settings[0]])
                #expect(try transaction.connectorNames() == ["alpha", "odd", "zeta"])
            }
        }
    }

    /// The name is bound to the seal, so nobody redirects one connector by another's settings.
    @Test(arguments: Backend.allCases)
    func settingsUnderAnotherNameDoNotOpen(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.record([.connectorAdded(try Sample.connector("alpha"))])
            try await installation.sql("UPDATE connectors SET name = 'beta'")
            let failure = await failureCode {
                try await installation.database.read { try $0.connectors() }
            }
            #expect(failure == "corrupt")
        }
    }
}
