// Thousands of opt-outs and checks at once: no "yes" that began after an acknowledged "no".

import HeedConsent
import HeedEngine
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("Races", .timeLimit(.minutes(10)))
struct RaceTests {
    private static let people = 1000

    /// Who has been told that their opt-out counts.
    private final class Acknowledged: Sendable {
        private let numbers = Mutex<Set<Int>>([])

        func insert(_ number: Int) { numbers.withLock { _ = $0.insert(number) } }
        func contains(_ number: Int) -> Bool { numbers.withLock { $0.contains(number) } }
    }

    private func grantAll(_ installation: Installation, _ addresses: [Address]) async throws {
        try await withThrowingTaskGroup { group in
            for address in addresses {
                group.addTask { try await installation.decide(address) }
            }
            try await group.waitForAll()
        }
    }

    /// Opt-outs by one session, checks by two, each about random people, some of them in batches.
    @Test(arguments: Backend.allCases, [1, 2] as [UInt64])
    func noYesAfterAnAcknowledgedNo(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            let addresses = try (0..<RaceTests.people).map { try Sample.address($0) }
            try await grantAll(installation, addresses)
            let acknowledged = Acknowledged()
            let engines = [installation.engine, Engine(database: try installation.reopened())]
            var generator = SeededGenerator(seed: seed)
            let order = (0..<RaceTests.people).shuffled(using: &generator)
            let (allowed, broken) = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for (turn, number) in order.enumerated() {
                    let asked = order[Int.random(in: 0...turn, using: &generator)]
                    let extent =
                        turn.isMultiple(of: 3) ? OptOut.Extent.global : .scope(Sample.newsletter)
                    group.addTask {
                        try await installation.optOut(addresses[number], from: extent)
                        acknowledged.insert(number)
                        return (0, 0)
                    }
                    group.addTask {
                        // Looked at before the check begins; what comes later may go either way.
                        let mustRefuse = acknowledged.contains(asked)
                        let question = MaySend(
                            subject: .address(addresses[asked]),
                            scope: Sample.newsletter
                        )
                        let answer = try await engines[turn % 2].ask(question)
                        let isYes = answer.decision.allowed
                        return (isYes ? 1 : 0, isYes && mustRefuse ? 1 : 0)
                    }
                }
                return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
            }
            #expect(broken == 0)
            // The race was one: some checks came before their opt-out.
            #expect(allowed > 0)
            for address in addresses {
                #expect(try await !installation.check(address).allowed)
            }
            let optOuts = try await installation.number("SELECT count(*) FROM opt_outs")
            let jobs = try await installation.number("SELECT count(*) FROM jobs")
            #expect(optOuts == Int64(RaceTests.people) && jobs == optOuts)
        }
    }

    /// The same with batches, each engine with an index of its own that lags now and then.
    @Test(arguments: Backend.allCases, [3, 4] as [UInt64])
    func noYesFromMemoryAfterAnAcknowledgedNo(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            let addresses = try (0..<RaceTests.people).map { try Sample.address($0) }
            try await grantAll(installation, addresses)
            let acknowledged = Acknowledged()
            let databases = [installation.database, try installation.reopened()]
            let engines = databases.map { Engine(database: $0, index: GuardIndex()) }
            for engine in engines { try await engine.maintainIndex() }
            var generator = SeededGenerator(seed: seed)
            let order = (0..<RaceTests.people).shuffled(using: &generator)
            let (allowed, broken) = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for (turn, number) in order.enumerated() {
                    let asked = (0..<20).map { _ in
                        order[Int.random(in: 0...turn, using: &generator)]
                    }
                    group.addTask {
                        try await installation.optOut(addresses[number], from: .global)
                        acknowledged.insert(number)
                        return (0, 0)
                    }
                    group.addTask {
                        let mustRefuse = asked.map { acknowledged.contains($0) }
                        let question = try MaySendMany(
                            recipients: asked.map { addresses[$0].delivery },
                            scope: Sample.newsletter
                        )
                        let verdicts = try await engines[turn % 2].ask(question).verdicts
                        let isYes = verdicts.map { $0.reason == .allowed }
                        let broken = zip(isYes, mustRefuse).count { $0 && $1 }
                        return (isYes.count { $0 }, broken)
                    }
                }
                return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
            }
            #expect(broken == 0)
            #expect(allowed > 0)
            let answered = engines.map(\.index.figures.answered)
            #expect(answered.reduce(0, +) == RaceTests.people, "\(engines.map(\.index.figures))")
            let question = try MaySendMany(
                recipients: addresses.map(\.delivery),
                scope: Sample.newsletter
            )
            for engine in engines {
                let all = try await engine.ask(question).verdicts
                #expect(all.allSatisfy { $0.reason == .globalOptOut })
            }
        }
    }

    /// The same person many times at once: one opt-out, one job, everybody gets its id.
    @Test(arguments: Backend.allCases)
    func concurrentRepeatsAreOneOptOut(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let ids = try await withThrowingTaskGroup(of: OptOutID.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await installation.optOut(address, from: .global) }
                }
                return try await group.reduce(into: Set<OptOutID>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 1)
        }
    }

    /// Workers of two sessions, with leases that run out under them: each opt-out completes once.
    @Test(arguments: Backend.allCases, [1, 2, 3] as [UInt64])
    func everyCascadeCompletesOnce(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            for name in ["alpha", "beta"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            for number in 0..<40 { try await installation.optOut(Sample.address(number)) }
            let sessions = [installation.database, try installation.reopened()]
            try await withThrowingTaskGroup { group in
                for number in 0..<4 {
                    let engine = Engine(database: sessions[number % 2])
                    let seed = seed &* 100 &+ UInt64(number)
                    group.addTask { try await work(installation, engine, seed: seed) }
                }
                try await group.waitForAll()
            }
            let completed = try await installation.number(
                "SELECT count(*) FROM opt_outs WHERE status = 'completed'"
            )
            let events = try await installation.number(
                "SELECT count(*) FROM audit_events WHERE kind = 'optout.completed'"
            )
            let confirmed = try await installation.number(
                "SELECT count(*) FROM audit_events WHERE kind = 'optout.esp-confirmed'"
            )
            #expect(completed == 40 && events == 40 && confirmed == 80)
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    /// Claims, sometimes dies before the work or after it, and lets the clock run leases out.
    private func work(_ installation: Installation, _ engine: Engine, seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        while try await installation.number("SELECT count(*) FROM jobs") > 0 {
            let claim = ClaimJobs(lane: .optOut, limit: 3, leaseSeconds: 2)
            for job in try await engine.perform(claim, as: .system("worker")).receipt {
                let fate = Int.random(in: 0..<4, using: &generator)
                if fate != 0 { try await installation.finish(job) }
                if fate == 1 { try await installation.finish(job) }
            }
            installation.clock.advance(seconds: 1)
            _ = try await engine.perform(RescueJobs(), as: .system("worker"))
        }
    }
}
