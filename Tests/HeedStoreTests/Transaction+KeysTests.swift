// API keys by hash.

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
}
