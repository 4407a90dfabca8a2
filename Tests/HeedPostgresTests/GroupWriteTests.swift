// Writes that share a transaction: each has the answer it would have had alone.

import Dispatch
import Foundation
import HeedConsent
import HeedEngine
import HeedStore
import Synchronization
import TestSupport
import Testing

@testable import HeedPostgres

@Suite("GroupWrite", .timeLimit(.minutes(10)))
struct GroupWriteTests {
    private typealias Body = @Sendable (Transaction) throws -> Void

    private static let transactionNumber: SQL = "SELECT pg_current_xact_id()::text::bigint"

    private func withPeople(
        _ count: Int,
        _ body: (PostgresDatabase, Harness) async throws -> Void
    ) async throws {
        try await withHarness { harness in
            let database = try harness.open()
            defer { database.close() }
            try await database.write { transaction in
                let events =
                    try Sample.scopes.map(Event.scopeAdded) + [.policyPublished(Sample.policy())]
                    + (1...count).map {
                        .contactAdded(Sample.contact(UInt64($0)), [try Sample.address($0)])
                    }
                _ = try transaction.record(Decision((), events: events), by: Sample.actor)
            }
            try await body(database, harness)
        }
    }

    /// Has bodies run that all wait before the first of them begins.
    ///
    /// - Returns: the number of the transaction of each, or why there was none.
    private func together(
        _ database: PostgresDatabase,
        _ bodies: [(person: Int, body: Body)]
    ) async throws -> [Result<Int64, any Error>] {
        let release = DispatchSemaphore(value: 0)
        let started = Counter()
        var blockers: [Task<Void, any Error>] = []
        // As many as run at once, so that everybody else has to wait.
        for person in [8001, 8002] {
            blockers.append(
                Task {
                    let needs = Needs(about: [try Sample.address(person)])
                    try await database.write(needing: needs) { _ in
                        started.add()
                        release.wait()
                        // For the other one, and for a body that is run again.
                        release.signal()
                        // Without a commit, so that the first of a session is a group's.
                        throw Refusal(.invalid, "only in the way")
                    }
                }
            )
            let count = blockers.count
            try await wait { started.value == count }
        }
        let tasks = bodies.map { person, body in
            Task {
                let needs = Needs(about: [try Sample.address(person)])
                return try await database.write(needing: needs) { transaction in
                    try body(transaction)
                    return try transaction.number(GroupWriteTests.transactionNumber)
                }
            }
        }
        try await wait { database.pool.waitingCount == bodies.count }
        release.signal()
        for blocker in blockers { _ = await blocker.result }
        var results: [Result<Int64, any Error>] = []
        for task in tasks { results.append(await task.result) }
        return results
    }

    private func add(_ scope: String) -> Body {
        { transaction in
            let events = [Event.scopeAdded(try Sample.scope(scope))]
            _ = try transaction.record(Decision((), events: events), by: Sample.actor)
        }
    }

    @Test func thoseWhoWaitShareATransaction() async throws {
        try await withPeople(20) { database, _ in
            let bodies = (1...20).map { ($0, add("scope-\($0)")) }
            let numbers = try await together(database, bodies).map { try $0.get() }
            #expect(Set(numbers).count <= 2, "\(numbers)")
            #expect(try await database.read { try $0.scopes().count } == 3 + 20)
        }
    }

    /// Beside a group nobody starts one that would be much smaller.
    @Test func aSecondGroupIsAtLeastHalfAsLarge() async throws {
        try await withPeople(6) { database, _ in
            let release = DispatchSemaphore(value: 0)
            let started = Counter()
            let held: Body = { _ in
                started.add()
                release.wait()
                release.signal()
            }
            let four = Task { try await together(database, (1...4).map { ($0, held) }) }
            try await wait { started.value == 1 }
            let others = try [5, 6].map { Needs(about: [try Sample.address($0)]) }
            let number: @Sendable (Transaction) throws -> Int64 = {
                try $0.number(GroupWriteTests.transactionNumber)
            }
            async let fifth = database.write(needing: others[0], number)
            try await wait { database.pool.waitingCount == 1 }
            async let sixth = database.write(needing: others[1], number)
            // They are done while the four are still held.
            let numbers = try await (fifth, sixth)
            #expect(numbers.0 == numbers.1)
            #expect(started.value == 1)
            release.signal()
            for result in try await four.value { _ = try result.get() }
        }
    }

    /// Who is told no has no part in what becomes of the others.
    @Test func aRefusalIsTheRefusedOnesOnly() async throws {
        try await withPeople(6) { database, _ in
            let refusal: Body = { _ in throw Refusal(.invalid, field: "scope", "no") }
            let results = try await together(
                database,
                (1...6).map { ($0, $0 == 3 ? refusal : add("scope-\($0)")) }
            )
            for (index, result) in results.enumerated() where index != 2 { _ = try result.get() }
            #expect(throws: Refusal.self) { try results[2].get() }
            #expect(try await database.read { try $0.scopes().count } == 3 + 5)
        }
    }

    /// A body that fails half-way, or whose rows the database refuses, fails alone, and leaves
    /// nothing.
    @Test(arguments: [true, false])
    func aFailureIsTheFailedOnesOnly(_ isOfTheDatabase: Bool) async throws {
        try await withPeople(6) { database, _ in
            let failing: Body = { transaction in
                try add("half")(transaction)
                if isOfTheDatabase { try add("newsletter")(transaction) }
                if !isOfTheDatabase { throw Refusal(.invalid, field: "scope", "too late") }
            }
            let results = try await together(
                database,
                (1...6).map { ($0, $0 == 3 ? failing : add("scope-\($0)")) }
            )
            for (index, result) in results.enumerated() where index != 2 { _ = try result.get() }
            #expect(throws: (any Error).self) { try results[2].get() }
            let scopes = try await database.read { try $0.scopes().map(\.name.text) }
            #expect(scopes.count == 3 + 5 && !scopes.contains("half"))
        }
    }

    /// Somebody else works on one of them: that one waits, the others do not.
    @Test func nobodyInAGroupWaitsForALock() async throws {
        try await withPeople(6) { database, harness in
            // From outside, so that no limit of ours ends it.
            let id = hexadecimal(Sample.contact(3).id.bytes)
            let holding =
                "SELECT 1 FROM contacts WHERE id = '\\x\(id)' FOR UPDATE; SELECT pg_sleep(3600)"
            Thread { _ = try? harness.psql(holding, as: .superuser) }.start()
            let asking =
                "SELECT max(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)' "
                + "AND wait_event = 'PgSleep' AND datname = current_database()"
            // Only a superuser sees what others run.
            let pid = {
                let said = try harness.psql(asking, as: .superuser).1
                return said.split(separator: "\n").last.flatMap { Int($0) }
            }
            try await wait { try pid() != nil }
            let holder = try #require(try pid())
            let late = Task { try await together(database, [(3, add("late")), (4, add("early"))]) }
            try await wait {
                try await database.read { try $0.scopes().contains { $0.name.text == "early" } }
            }
            #expect(try pid() == holder)
            try harness.cluster.run("SELECT pg_terminate_backend(\(holder), 5000)")
            let results = try await late.value
            _ = try results[1].get()
            // It went on when the lock was free, or was told that this took too long.
            let code = await failureCode { try results[0].get() }
            #expect(code == nil || code == "busy")
            let scopes = try await database.read { try $0.scopes().count }
            #expect(scopes == (code == nil ? 5 : 4))
        }
    }

    /// Opt-outs of one person, of several, and of nobody known, at once and from two nodes.
    @Test func everybodyIsOptedOutOnce() async throws {
        try await withPeople(10) { database, harness in
            let other = try harness.open()
            defer { other.close() }
            let engines = [Engine(database: database), Engine(database: other)]
            let receipts = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<240 {
                    group.addTask {
                        let person = 1 + number % 20
                        let command = try RequestOptOut(
                            subject: .address(Sample.address(person)),
                            extent: number.isMultiple(of: 3) ? .global : .scope(Sample.newsletter),
                            source: .oneClick
                        )
                        let engine = engines[number % 2]
                        return (person, try await engine.perform(command, as: .person).receipt.id)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(receipts.count == 240)
            let stored = try await database.read { transaction in
                try transaction.number("SELECT count(*) FROM opt_outs")
            }
            #expect(stored == Set(receipts.map(\.1)).count)
            let perPerson = try await database.read { transaction in
                try transaction.number(
                    "SELECT max(n) FROM (SELECT count(*) AS n FROM opt_outs "
                        + "GROUP BY contact_id, scope) x"
                )
            }
            #expect(perPerson == 1)
            let people = try await database.read { try $0.number("SELECT count(*) FROM contacts") }
            #expect(people == 20)
        }
    }

    /// A lost reply to a group's commit is unknown to all of its members.
    @Test(arguments: Proxy.Cut.allCases)
    func aLostCommitIsUnknownToAll(_ cut: Proxy.Cut) async throws {
        try await withPeople(6) { direct, harness in
            let proxy = try Proxy(to: harness.cluster.socket)
            defer { proxy.close() }
            let database = try harness.open {
                $0.connection = "host=\(proxy.folder) dbname=\(harness.name) user=heed_node"
            }
            defer { database.close() }
            let results = try await together(
                database,
                (1...6).map { number in
                    (
                        number,
                        { transaction in
                            if number == 1 { proxy.cutNext(cut) }
                            try add("scope-\(number)")(transaction)
                        }
                    )
                }
            )
            var codes: [String] = []
            for result in results {
                codes.append(await failureCode { _ = try result.get() } ?? "done")
            }
            let done = try await direct.read { try $0.scopes().count } - 3
            let unknown = codes.count { $0 == "outcome-unknown" }
            #expect(unknown + codes.count { $0 == "done" } == 6 && unknown > 1, "\(codes)")
            #expect(done == (cut == .beforeTheClient ? 6 : 6 - unknown), "\(codes)")
        }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add() { count.withLock { $0 += 1 } }
}
