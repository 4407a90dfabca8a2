// What is refused before any work begins: no tables, a wrong key, a restored dump, no server.

import HeedConsent
import HeedPostgres
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("PostgresConnection+Opening")
struct PostgresConnectionOpeningTests {
    private func open(_ harness: Harness, seed: UInt64) throws -> PostgresDatabase {
        try PostgresDatabase(
            harness.cluster.options(harness.name, .node),
            opening: .existing,
            masterKey: Sample.masterKey(seed),
            surroundings: .seeded(seed, clock: harness.clock)
        )
    }

    @Test func aDatabaseWithoutTablesIsNamed() async throws {
        let cluster = try PostgresCluster.shared()
        let harness = Harness(cluster: cluster, name: "postgres")
        let error = #expect(throws: StoreError.self) { try harness.open() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("heed migrate") == true)
    }

    @Test func anOlderSchemaIsNamed() async throws {
        try await withHarness { harness in
            try harness.cluster.run(
                "DELETE FROM heed.schema_migrations WHERE number > 1",
                in: harness.name
            )
            let error = #expect(throws: StoreError.self) { try harness.open() }
            #expect(error?.message.contains("ledger") == true)
        }
    }

    @Test func anotherMasterKeyIsRefused() async throws {
        try await withHarness { harness in
            try open(harness, seed: 1).close()
            try open(harness, seed: 1).close()
            #expect(await failureCode { try open(harness, seed: 2) } == "wrong-master-key")
        }
    }

    /// Only a database without keys may get a new one.
    @Test func theKeyIsAskedForWithWhetherItIsNew() async throws {
        try await withHarness { harness in
            let asked = Mutex<[Bool]>([])
            for _ in 1...2 {
                try PostgresDatabase(
                    harness.cluster.options(harness.name, .node),
                    opening: .existing,
                    surroundings: .seeded(1, clock: harness.clock)
                ) { isNew throws(StoreError) in
                    asked.withLock { $0.append(isNew) }
                    return try Sample.key(1)
                }.close()
            }
            #expect(asked.withLock { $0 } == [true, false])
        }
    }

    /// Nodes that start at the same time agree on one set of keys.
    @Test func concurrentFirstStartsShareTheirKeys() async throws {
        try await withHarness { harness in
            let keys = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let database = try harness.open()
                        defer { database.close() }
                        return try await database.read {
                            $0.vault.lookupKeys(for: try Sample.address()).match
                        }
                    }
                }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
            #expect(keys.count == 1)
        }
    }

    /// Transaction numbers begin again in a server that was filled from a dump.
    @Test func aRestoredDumpIsRefused() async throws {
        try await withHarness { harness in
            let insert =
                "INSERT INTO heed.audit_events (position, id, at, kind, body) "
                + "VALUES (1 << 60, decode(repeat('00', 16), 'hex'), 0, 'x', '')"
            try harness.cluster.run(
                insert.replacing("1 <<", with: "1::bigint <<"),
                in: harness.name
            )
            #expect(await failureCode { try harness.open() } == "corrupt")
        }
    }

    @Test func aWrongPasswordOrHostIsUnavailable() async throws {
        for connection in ["host=/nowhere dbname=x", "not a connection string", "postgres://["] {
            let options = PostgresOptions(
                connection: connection,
                roles: .applicationOnly,
                sessionsMaximum: 1,
                waitMilliseconds: 100
            )
            let code = await failureCode {
                try PostgresDatabase(
                    options,
                    opening: .existing,
                    masterKey: Sample.masterKey(1),
                    surroundings: .seeded(1, clock: TestClock())
                )
            }
            #expect(code == "unavailable", "\(connection)")
        }
    }
}
