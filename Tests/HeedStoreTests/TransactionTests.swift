// What every body gets: one present, fresh ids, and all or nothing.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction")
struct TransactionTests {
    private struct Stop: Error {}

    @Test(arguments: Backend.allCases)
    func theResultOfABodyIsAnswered(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let written = try await installation.database.write { _ in 7 }
            let read = try await installation.database.read { _ in "x" }
            #expect(written == 7)
            #expect(read == "x")
        }
    }

    @Test(arguments: Backend.allCases)
    func aBodyThatThrowsChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect {
                try await installation.database.write { transaction in
                    let scope = Scope(
                        name: ScopeName(stored: "later"),
                        channel: .email,
                        kind: .campaign
                    )
                    let decision = Decision((), events: [.scopeAdded(scope)])
                    _ = try transaction.record(decision, by: Sample.actor)
                    throw StoreError(.unavailable, "test")
                }
            }
            #expect(effect == .refused("unavailable"))
        }
    }

    @Test(arguments: Backend.allCases)
    func theBodysOwnErrorReachesTheCaller(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            await #expect(throws: Stop.self) {
                try await installation.database.write { _ in throw Stop() }
            }
            await #expect(throws: Stop.self) {
                try await installation.database.read { _ in throw Stop() }
            }
            // And the next one works.
            let number = try await installation.number("SELECT 5")
            #expect(number == 5)
        }
    }

    /// PostgreSQL cannot keep it, so a value that a file took could not be moved to a server.
    @Test(arguments: Backend.allCases)
    func textWithAZeroByteIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for text in ["\u{0}", "a\u{0}b"] {
                let effect = try await installation.effect {
                    try await installation.database.write { transaction in
                        let scope = ScopeName(stored: text)
                        let added = Scope(name: scope, channel: .email, kind: .campaign)
                        let decision = Decision((), events: [.scopeAdded(added)])
                        return try transaction.record(decision, by: Sample.actor)
                    }
                }
                #expect(effect == .refused("refused-by-database"))
            }
            // In what is sealed or counted in bytes it is a byte like any other.
            let count = try await installation.database.read { transaction in
                try transaction.connection.run("SELECT length($1)", [.blob([0, 1, 0])])
                    .first?.integer(0)
            }
            #expect(count == 3)
        }
    }

    /// A reader that could write would be a second write path.
    @Test(arguments: Backend.allCases)
    func aReadCannotWrite(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect {
                try await installation.database.read { transaction in
                    try transaction.connection.run("DELETE FROM scopes", []).count
                }
            }
            #expect(effect == .refused("unavailable"))
        }
    }

    @Test(arguments: Backend.allCases)
    func thePresentStandsStillInsideABody(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let clock = installation.clock
            let start = clock.now
            let times = try await installation.database.write { transaction in
                let before = transaction.now
                clock.advance(seconds: 60)
                return [before, transaction.now]
            }
            #expect(times == [start, start])
            let later = try await installation.database.read { $0.now }
            #expect(later == start.adding(seconds: 60))
        }
    }

    @Test(arguments: Backend.allCases)
    func idsCarryThePresentAndDiffer(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let ids = try await installation.database.write { transaction in
                (0..<1000).map { _ in transaction.newID(of: Contact.self) }
            }
            #expect(Set(ids).count == 1000)
            let milliseconds = UInt64(installation.clock.now.microseconds / 1000)
            #expect(ids.allSatisfy { $0.high >> 16 == milliseconds })
        }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 31, 32])
    func randomBytesAreAsManyAsAsked(_ count: Int) {
        let surroundings = Surroundings.seeded(3, clock: TestClock())
        let bytes = surroundings.randomBytes(count)
        #expect(bytes.count == count)
        if count > 8 { #expect(Set(bytes).count > 3) }
    }

    /// The list that other tests compare contents by must not miss a table.
    @Test(arguments: Backend.allCases)
    func theContentsNameEveryTable(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let rows = try await installation.sql(
                backend == .sqlite
                    ? "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
                    : "SELECT tablename FROM pg_tables WHERE schemaname = 'heed' ORDER BY 1"
            )
            #expect(try rows.map { try $0.text(0) } == Contents.statements.map(\.table))
        }
    }
}
