// Connections that break, and transactions that meet: what the caller is told, and what is true
// afterwards.

import Foundation
import HeedConsent
import HeedEngine
import HeedPostgres
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("Session", .timeLimit(.minutes(10)))
struct SessionTests {
    private func addSamples(_ database: PostgresDatabase) async throws {
        try await database.write { transaction in
            let events =
                try Sample.scopes.map(Event.scopeAdded) + [.policyPublished(Sample.policy())]
            _ = try transaction.record(Decision((), events: events), by: Sample.actor)
        }
    }

    private func optOut() throws -> RequestOptOut {
        try RequestOptOut(subject: .address(Sample.address()), extent: .global, source: .oneClick)
    }

    private func pid(_ transaction: Transaction) throws -> Int64 {
        try transaction.number("SELECT pg_backend_pid()")
    }

    /// Done or not, nobody knows; so the caller is told that, and may simply ask again.
    @Test(arguments: Proxy.Cut.allCases)
    func aConnectionLostDuringCommitIsUnknown(_ cut: Proxy.Cut) async throws {
        try await withHarness { harness in
            let proxy = try Proxy(to: harness.cluster.socket)
            defer { proxy.close() }
            let direct = try harness.open()
            try await addSamples(direct)
            let database = try harness.open {
                $0.connection = "host=\(proxy.folder) dbname=\(harness.name) user=heed_node"
            }
            defer {
                direct.close()
                database.close()
            }
            let engine = Engine(database: database)
            proxy.cutNext(cut)
            let code = await failureCode {
                try await engine.perform(try optOut(), as: .person)
            }
            #expect(code == "outcome-unknown" && proxy.cutCount == 1)
            let count = { @Sendable (transaction: Transaction) in
                try transaction.number("SELECT count(*) FROM opt_outs")
            }
            #expect(try await direct.read(count) == (cut == .beforeTheClient ? 1 : 0))
            let again = try await engine.perform(try optOut(), as: .person).receipt
            #expect(again.repeated == (cut == .beforeTheClient))
            #expect(try await direct.read(count) == 1)
            let jobs = try await direct.read { try $0.number("SELECT count(*) FROM jobs") }
            #expect(jobs == 1)
        }
    }

    @Test func aConnectionLostBeforeCommitChangedNothing() async throws {
        try await withHarness { harness in
            let database = try harness.open()
            defer { database.close() }
            let code = await failureCode {
                try await database.write { transaction in
                    let events = [Event.scopeAdded(Sample.scopes[0])]
                    _ = try transaction.record(Decision((), events: events), by: Sample.actor)
                    let pid = try pid(transaction)
                    try harness.cluster.run("SELECT pg_terminate_backend(\(pid), 5000)")
                    _ = try transaction.number("SELECT 1")
                }
            }
            #expect(code == "unavailable")
            // And the next caller gets a new connection.
            try await addSamples(database)
            #expect(try await database.read { try $0.scopes().count } == 3)
        }
    }

    /// A session that was cut while it was idle is no reason to turn anybody away.
    @Test func aCutIdleSessionIsReplaced() async throws {
        try await withHarness { harness in
            let database = try harness.open { $0.sessionsMaximum = 1 }
            defer { database.close() }
            for _ in 1...5 {
                let before = try await database.read { try pid($0) }
                try harness.cluster.run("SELECT pg_terminate_backend(\(before), 5000)")
                let after = try await database.write { try pid($0) }
                #expect(before != after)
            }
        }
    }

    @Test func callersWaitForAServerThatComesBack() async throws {
        let cluster = try await PostgresCluster.own(["fsync=on"])
        let harness = Harness(cluster: cluster, name: try cluster.takeDatabase())
        let database = try harness.open()
        defer { database.close() }
        try await addSamples(database)
        let engine = Engine(database: database)
        for number in 1...5 {
            // What was answered is there after the crash; a caller meanwhile waits or is told.
            let command = try RequestOptOut(
                subject: .address(Sample.address(number)),
                extent: .global,
                source: .oneClick
            )
            _ = try await engine.perform(command, as: .person)
            try await cluster.crash()
            let question = MaySend(
                subject: .address(try Sample.address(number)),
                scope: Sample.newsletter
            )
            #expect(try await engine.ask(question).decision.reason == .globalOptOut)
            #expect(try await engine.perform(command, as: .person).receipt.repeated)
        }
        let optOuts = try await database.read { try $0.number("SELECT count(*) FROM opt_outs") }
        #expect(optOuts == 5)
        try await cluster.stop()
    }

    @Test func aServerThatIsGoneIsUnavailable() async throws {
        let cluster = try await PostgresCluster.own(["fsync=off"])
        let harness = Harness(cluster: cluster, name: try cluster.takeDatabase())
        let database = try harness.open { $0.waitMilliseconds = 300 }
        defer { database.close() }
        try await addSamples(database)
        try await cluster.stop()
        let engine = Engine(database: database)
        let code = await failureCode { try await engine.perform(try optOut(), as: .person) }
        #expect(code == "unavailable")
        #expect(await failureCode { try await engine.ask(LogPosition()) } == "unavailable")
        #expect(await failureCode { try harness.open() } == "unavailable")
    }

    // MARK: - Conflicts

    /// Two people locked in opposite order: the server ends one transaction, and it runs again.
    @Test func aDeadlockDoesNotReachTheCaller() async throws {
        try await withHarness { harness in
            let database = try harness.open()
            defer { database.close() }
            let people = [Sample.contact(1), Sample.contact(2)]
            try await database.write { transaction in
                let events = people.map { Event.contactAdded($0, []) }
                _ = try transaction.record(Decision((), events: events), by: Sample.actor)
            }
            let runs = Mutex(0)
            let locked = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
            try await withThrowingTaskGroup { group in
                for me in 0...1 {
                    let isFirst = Mutex(true)
                    group.addTask { @Sendable in
                        try await database.write { transaction in
                            runs.withLock { $0 += 1 }
                            try transaction.lock(people[me].id)
                            if isFirst.withLock({ first in
                                defer { first = false }
                                return first
                            }) {
                                locked[me].signal()
                                locked[1 - me].wait()
                            }
                            try transaction.lock(people[1 - me].id)
                        }
                    }
                }
                try await group.waitForAll()
            }
            // Each once, and whichever the server ended again, more often on a slow machine.
            #expect(runs.withLock { $0 } >= 3)
        }
    }

    /// A conflict that never ends is reported in the end, and nothing was changed.
    @Test(arguments: [("40001", "busy", 12), ("23505", "refused-by-database", 3)])
    func aConflictIsRetriedSoManyTimes(_ state: String, _ name: String, _ times: Int) async throws {
        try await withHarness { harness in
            try harness.cluster.run(
                """
                CREATE FUNCTION heed.conflict() RETURNS int LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '\(state)'; END $$
                """,
                in: harness.name
            )
            let database = try harness.open()
            defer { database.close() }
            let runs = Mutex(0)
            let code = await failureCode {
                try await database.write { transaction in
                    runs.withLock { $0 += 1 }
                    _ = try transaction.number("SELECT conflict()")
                }
            }
            #expect(code == name && runs.withLock { $0 } == times)
        }
    }

    /// Writers of two nodes on one person: the newest decision stands, whoever came last.
    @Test func noUpdateIsLost() async throws {
        try await withHarness { harness in
            let nodes = [try harness.open(), try harness.open()]
            defer { for node in nodes { node.close() } }
            try await addSamples(nodes[0])
            let times = (0..<60).map { harness.clock.now.adding(seconds: Int64(-$0 * 7)) }
                .shuffled()
            try await withThrowingTaskGroup { group in
                for (number, time) in times.enumerated() {
                    let command = try RecordConsent(
                        subject: .address(Sample.address()),
                        scope: Sample.newsletter,
                        decision: .granted,
                        basis: .consent,
                        source: .form,
                        policyVersion: Sample.version,
                        givenAt: time
                    )
                    group.addTask { @Sendable in
                        let engine = Engine(database: nodes[number % 2])
                        do {
                            _ = try await engine.perform(command, as: Sample.actor)
                        } catch let refusal as Refusal where refusal.code == .optedOut {
                            // A yes that is older than a no which came first.
                        }
                    }
                }
                try await group.waitForAll()
            }
            let newest = try await nodes[0].read { transaction in
                try transaction.number("SELECT decided_at FROM permissions")
            }
            #expect(newest == harness.clock.now.microseconds)
            let counts = try await nodes[0].read { transaction in
                [
                    try transaction.number("SELECT count(*) FROM consent_records"),
                    try transaction.number("SELECT count(*) FROM contacts"),
                ]
            }
            #expect(counts[0] > 30 && counts[0] <= 60 && counts[1] == 1)
        }
    }
}
