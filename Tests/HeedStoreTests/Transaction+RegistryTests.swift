// Scopes and policy versions read back as they were registered.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Registry")
struct TransactionRegistryTests {
    @Test(arguments: Backend.allCases)
    func scopesReadBackByName(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.record(Sample.scopes.reversed().map(Event.scopeAdded))
            try await installation.database.read { transaction throws in
                #expect(try transaction.scopes() == Sample.scopes)
                for scope in Sample.scopes { #expect(try transaction.scope(scope.name) == scope) }
                #expect(try transaction.scope(ScopeName(stored: "Newsletter")) == nil)
                #expect(try transaction.scope(ScopeName(stored: "")) == nil)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aTakenScopeNameIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect {
                try await installation.record([.scopeAdded(Sample.scopes[0])])
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    @Test(arguments: Backend.allCases)
    func policiesReadBackNewestFirst(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let old = try Policy(
                version: "v~0",
                url: nil,
                textHash: Array(0..<32),
                effectiveAt: Timestamp(microseconds: -1),
                reconsent: []
            )
            let new = try Sample.policy(
                "2026-07",
                effectiveAt: Timestamp(seconds: 1_800_000_000),
                reconsent: [Sample.promotions, Sample.newsletter]
            )
            try await installation.record([.policyPublished(old), .policyPublished(new)])
            let first = try Sample.policy()
            try await installation.database.read { transaction throws in
                #expect(try transaction.policies() == [new, first, old])
                #expect(try transaction.policy("v~0") == old)
                #expect(try transaction.policy("2026-07") == new)
                #expect(try transaction.policy("V~0") == nil)
            }
        }
    }

    /// The text is kept as it was, and from when on a scope asks again is known.
    @Test(arguments: Backend.allCases)
    func aPolicyHasItsText(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let later = installation.clock.now.adding(seconds: 60)
            let policy = try Sample.policy("x", effectiveAt: later, reconsent: [Sample.newsletter])
            let text = "Größe\r\n'; --"
            try await installation.record([.policyPublished(try policy.showing(text))])
            try await installation.database.read { transaction throws in
                #expect(try transaction.text(ofPolicy: "x") == text)
                #expect(try transaction.text(ofPolicy: Sample.version) == nil)
                #expect(try transaction.reconsentSince(Sample.newsletter) == nil)
            }
            installation.clock.advance(seconds: 60)
            try await installation.database.read { transaction throws in
                #expect(try transaction.reconsentSince(Sample.newsletter) == later)
                #expect(try transaction.reconsentSince(Sample.promotions) == nil)
            }
        }
    }

    /// A version and its re-consents are one: an unknown scope takes the version with it.
    @Test(arguments: Backend.allCases)
    func aPolicyWithAnUnknownScopeLeavesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let policy = try Sample.policy("x", reconsent: [ScopeName(stored: "nowhere")])
            let effect = try await installation.effect {
                try await installation.record([.policyPublished(policy)])
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }
}
