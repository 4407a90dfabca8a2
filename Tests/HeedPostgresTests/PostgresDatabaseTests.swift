// Placeholder.

import HeedConsent
import HeedPostgres
import HeedStore
import TestSupport
import Testing

@Suite("PostgresDatabase")
struct PostgresDatabaseTests {
    @Test func opens() async throws {
        try await Backend.postgres.withEngine { installation in
            try await installation.decide(Sample.address())
            #expect(try await installation.check(Sample.address()).allowed)
        }
    }
}
