// A position promises that nothing can appear below it, however commits overtake each other.

import HeedConsent
import HeedPostgres
import HeedStore
import TestSupport
import Testing

@Suite("Settled positions", .timeLimit(.minutes(10)))
struct SettledTests {
    /// A server of its own, with the function as it is migrated and nobody else's transactions.
    @Test func anOvertakenTransactionIsNeverMissed() async throws {
        let cluster = try await PostgresCluster.own(["fsync=off"])
        let name = "heed_settled"
        try cluster.run("CREATE DATABASE \(name) OWNER heed_owner")
        _ = try PostgresDatabase.migrate(cluster.options(name, .owner), at: TestClock().now)
        let harness = Harness(cluster: cluster, name: name)
        let nodes = [try harness.open(), try harness.open()]
        let add = { @Sendable (transaction: Transaction, number: UInt64) throws in
            let event = Event.contactAdded(Sample.contact(number), [])
            return try transaction.record(Decision((), events: [event]), by: Sample.actor)
        }
        // One transaction has written and waits; a second one overtakes it and commits.
        let (early, late, before) = try await nodes[0].write { transaction in
            let early = try add(transaction, 1)
            let overtaking = try PostgresDatabase.overtake(nodes[1]) { try add($0, 2) }
            return (early, overtaking.value, overtaking.seen)
        }
        #expect(early < late)
        // A reader in between saw the late one, and did not claim to know all up to it.
        #expect(before.events == 1 && before.position < early && before.settled == 0)
        let after = try await nodes[1].read { transaction in
            (
                try transaction.position(),
                try transaction.eventsToSequence(after: nil, limit: 9).map(\.position)
            )
        }
        #expect(after.0 >= late)
        #expect(after.1.count == 2 && after.1 == after.1.sorted())
        for node in nodes { node.close() }
        try await cluster.stop()
    }

    /// The count within a transaction never reaches into the range of the next one.
    @Test func aTransactionsRangeHasAnEnd() async throws {
        try await withHarness { harness in
            let database = try harness.open()
            defer { database.close() }
            let add = { @Sendable (written: String, contact: UInt64) in
                try await database.write { transaction in
                    _ = try transaction.connection.run(
                        "SELECT set_config('heed.events', $1, true)",
                        [.text(written)]
                    )
                    let event = Event.contactAdded(Sample.contact(contact), [])
                    _ = try transaction.record(Decision((), events: [event]), by: Sample.actor)
                }
            }
            try await add("65534", 1)
            #expect(await failureCode { try await add("65535", 2) } == "refused-by-database")
            let positions = try await database.read { transaction in
                try transaction.events(after: 0, limit: 9).map(\.position)
            }
            #expect(positions.map { $0 & 0xffff } == [65_534])
        }
    }
}

extension PostgresDatabase {
    /// What a reader knew while one transaction ran and another one had committed.
    struct Seen: Sendable {
        let events: Int
        let position: Int64
        let settled: Int
    }

    /// Commits on another node from inside a body, then reads there.
    static func overtake(
        _ node: PostgresDatabase,
        _ body: @escaping @Sendable (Transaction) throws -> Int64
    ) throws -> (value: Int64, seen: Seen) {
        try waiting {
            let value = try await node.write(body)
            let seen = try await node.read { transaction in
                Seen(
                    events: try transaction.events(after: 0, limit: 9).count,
                    position: try transaction.position(),
                    settled: try transaction.eventsToSequence(after: nil, limit: 9).count
                )
            }
            return (value, seen)
        }
    }
}
