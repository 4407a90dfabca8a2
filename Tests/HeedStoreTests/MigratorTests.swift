// The schema moves forward only, whole steps at a time, and refuses what it does not know.

import Foundation
import HeedConsent
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("Migrator")
struct MigratorTests {
    /// All steps there are and another one.
    private func steps(_ backend: Backend, and name: String, _ script: String) -> [Migration] {
        let steps = backend.dialect.migrations
        return steps + [Migration(number: Int64(steps.count) + 1, name: name, script: script)]
    }

    private let script =
        "CREATE TABLE later (id INTEGER); CREATE INDEX later_by_id ON later (id);"

    private func migrate(_ steps: [Migration], _ database: any Database) async throws -> [String] {
        try await database.write { transaction in
            try Migrator(steps).migrate(transaction.connection, at: transaction.now)
        }
    }

    private func hasLater(_ database: any Database) async throws -> Bool {
        try await database.read { transaction in
            try !transaction.connection.run(
                transaction.connection.dialect.engine == .sqlite
                    ? "SELECT 1 FROM sqlite_master WHERE name = 'later'"
                    : "SELECT 1 FROM pg_tables WHERE tablename = 'later'",
                []
            ).isEmpty
        }
    }

    @Test(arguments: Backend.allCases)
    func stepsAreNumberedWithoutGaps(_ backend: Backend) {
        let steps = backend.dialect.migrations
        #expect(steps.map(\.number) == Array(1...Int64(steps.count)))
        #expect(steps.map(\.name) == Migration.sqlite.map(\.name))
        #expect(Migrator(steps).newest == Int64(steps.count))
        #expect(Migrator([]).newest == 0)
    }

    @Test(arguments: Backend.allCases)
    func aFreshDatabaseHasEveryStep(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let rows = try await installation.sql(
                "SELECT number, name, applied_at FROM schema_migrations ORDER BY number"
            )
            #expect(try rows.map { try $0.integer(0) } == Migration.sqlite.map(\.number))
            #expect(try rows.map { try $0.text(1) } == Migration.sqlite.map(\.name))
            #expect(try rows.allSatisfy { try $0.time(2) == installation.clock.now })
        }
    }

    @Test(arguments: Backend.allCases)
    func aSecondRunDoesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let before = try await installation.contents()
            let applied = try await migrate(backend.dialect.migrations, installation.prompt)
            #expect(applied == [])
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func onlyMissingStepsAreApplied(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let steps = steps(backend, and: "next", script)
            let first = try await migrate(steps, installation.prompt)
            let second = try await migrate(steps, installation.prompt)
            #expect(first == ["next"])
            #expect(second == [])
            #expect(try await hasLater(installation.database))
        }
    }

    @Test(arguments: Backend.allCases)
    func aNewerDatabaseIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await migrate(steps(backend, and: "next", script), installation.prompt)
            let effect = try await installation.effect { try installation.reopened() }
            #expect(effect == .refused("newer-database"))
        }
    }

    @Test(arguments: Backend.allCases)
    func aChangedStepIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.sql("UPDATE schema_migrations SET checksum = zeroblob(32)")
            let effect = try await installation.effect { try installation.reopened() }
            #expect(effect == .refused("corrupt"))
        }
    }

    /// A database of the first release has neither the log's tables nor its key.
    @Test(arguments: Backend.embedded)
    func anOlderDatabaseIsBroughtForward(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            for statement in MigratorTests.backToTheFirstStep {
                try await installation.sql(statement)
            }
            let database = try installation.reopened()
            #expect(try await Contents.of(database).count(of: "vault_keys") == 5)
            #expect(try await Contents.of(database).count(of: "retention") == 1)
            #expect(try await Contents.of(database).count(of: "consent_records") == 1)
        }
    }

    private static let backToTheFirstStep: [SQL] = [
        "DROP TABLE send_decisions", "DROP TABLE events",
        "DROP TABLE restores",
        "DROP TABLE receipts",
        "DROP TABLE erasure_targets",
        "DROP TABLE requests", "ALTER TABLE forms DROP COLUMN confirmation",
        "DROP INDEX jobs_buried",
        "ALTER TABLE connectors DROP COLUMN disabled_at",
        "DROP TABLE alert_notices", "DROP TABLE alerts", "DROP INDEX jobs_waiting",
        "ALTER TABLE jobs DROP COLUMN due_at", "DROP INDEX opt_outs_open",
        "DROP INDEX opt_outs_by_request", "DROP INDEX opt_out_targets_open",
        "DROP TABLE checkpoint_cosignatures", "DROP TABLE checkpoints",
        "DROP TABLE ledger_tiles", "DROP TABLE ledger_identity", "DROP TABLE verifications",
        "DROP TABLE leases", "DROP TRIGGER audit_events_no_delete",
        "DROP TRIGGER consent_records_no_delete", "DROP TABLE ledger_leaves",
        "DROP TABLE legal_holds", "DROP TABLE retention",
        "CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events "
            + "BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER consent_records_no_delete BEFORE DELETE ON consent_records "
            + "BEGIN SELECT RAISE(ABORT, 'no'); END",
        "DELETE FROM vault_keys WHERE purpose = 'log'",
        "ALTER TABLE vault_keys DROP COLUMN master_id",
        "DELETE FROM schema_migrations WHERE number > 1",
    ]

    /// What connectors were told before they could be removed is there afterwards.
    @Test(arguments: Backend.embedded)
    func targetsOfAnOlderDatabaseAreKept(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.optOut(Sample.address())
            let before = try await Contents.of(installation.database)
            for statement: SQL in [
                "DROP TABLE send_decisions", "DROP TABLE events", "DROP TABLE restores",
                "DROP TABLE receipts",
                "DROP TABLE erasure_targets",
                "DROP TABLE requests", "ALTER TABLE vault_keys DROP COLUMN master_id",
                "ALTER TABLE forms DROP COLUMN confirmation",
                "DROP INDEX jobs_buried",
                "ALTER TABLE connectors DROP COLUMN disabled_at",
                "DELETE FROM schema_migrations WHERE number > 3",
            ] { try await installation.sql(statement) }
            let database = try installation.reopened()
            let after = try await Contents.of(database)
            let changed = after.changed(since: before)
            #expect(changed.allSatisfy { ["schema_migrations", "vault_keys"].contains($0) })
            #expect(after.count(of: "opt_out_targets") == 1)
            try await installation.sql("UPDATE opt_out_targets SET state = 'cancelled'")
            let failure = await failureCode {
                try await installation.sql("UPDATE opt_out_targets SET state = 'lost'")
            }
            #expect(failure != nil)
        }
    }

    /// The first half of a step does not stay when the second half fails.
    @Test(arguments: Backend.allCases)
    func aStepThatFailsLeavesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let broken = steps(backend, and: "broken", script + script)
            let effect = try await installation.effect {
                try await migrate(broken, installation.prompt)
            }
            #expect(effect == .refused("bad-statement"))
            #expect(try await !hasLater(installation.database))
        }
    }

    /// The files as they are in the middle of a step are what a crash leaves behind.
    @Test(arguments: Backend.embedded)
    func aCrashInTheMiddleLeavesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await withTemporaryFolder { folder in
                let left = folder.appending(path: "left")
                let steps = steps(backend, and: "next", script)
                try await installation.database.write { transaction in
                    _ = try Migrator(steps).migrate(transaction.connection, at: transaction.now)
                    try FileManager.default.copyItem(at: installation.folder, to: left)
                }
                #expect(try await hasLater(installation.database))
                let recovered = try backend.open(
                    in: left,
                    masterKey: installation.masterKey,
                    surroundings: installation.surroundings
                )
                #expect(try await !hasLater(recovered))
            }
        }
    }

    /// A crash while the very first start makes tables and keys: the next start begins again.
    @Test(arguments: Backend.embedded)
    func aCrashOfTheFirstStartLeavesNothing(_ backend: Backend) async throws {
        try await withTemporaryFolder { folder in
            let first = folder.appending(path: "first")
            let left = folder.appending(path: "left")
            try FileManager.default.createDirectory(at: first, withIntermediateDirectories: true)
            let copied = Mutex(false)
            // Keys are drawn after the tables were made, in the same transaction.
            let seeded = Surroundings.seeded(5, clock: TestClock())
            let crashing = Surroundings(now: seeded.now) {
                copied.withLock { copied in
                    guard !copied else { return }
                    copied = true
                    try? FileManager.default.copyItem(at: first, to: left)
                }
                return seeded.random()
            }
            _ = try backend.open(
                in: first,
                masterKey: Sample.masterKey(5),
                surroundings: crashing
            )
            let second = try backend.open(
                in: left,
                masterKey: Sample.masterKey(6),
                surroundings: .seeded(6, clock: TestClock())
            )
            let contents = try await Contents.of(second)
            #expect(contents.count(of: "schema_migrations") == Migration.sqlite.count)
            #expect(contents.count(of: "vault_keys") == 5)
        }
    }
}
