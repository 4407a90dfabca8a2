// Another lookup key: nobody is lost, nobody is found twice, and no old hash is left.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("Change of the lookup key")
struct AddLookupKeyTests {
    /// The door of whoever may change keys: on a server the owner.
    private func owner(_ here: Installation) throws -> Engine {
        Engine(database: try here.prompt)
    }

    private func add(_ here: Installation) async throws {
        _ = try await owner(here).perform(AddLookupKey(), as: Sample.actor)
    }

    /// One step of a few hashes; false after the last.
    private func step(_ owner: Engine, limit: Int = 3) async throws -> Bool {
        try await owner.perform(MoveLookupHashes(limit: limit), as: Sample.actor).receipt != nil
    }

    /// Addresses that people have, aliases of theirs, and some of nobody.
    private func everyone() throws -> [Address] {
        let words =
            ["a.b@gmail.com", "ab+news@gmail.com", "ab@gmail.com", "c.d@googlemail.com"]
            + ["cd@gmail.com", "one@outlook.com", "one+two@outlook.com", "e@gmail.com"]
        return try words.map { try Address(email: $0) } + (0..<24).map { try Sample.address($0) }
    }

    /// Yes, no, stop and erasure, and blocks of nobody.
    private func populate(_ here: Installation) async throws {
        let everyone = try everyone()
        for address in everyone.dropLast(6) {
            here.clock.advance(seconds: 1)
            try await here.decide(address)
        }
        try await here.optOut(everyone[0], from: .global)
        try await here.optOut(everyone[5])
        for number in [9, 12, 15] {
            here.clock.advance(seconds: 1)
            try await here.optOut(everyone[number], from: number == 12 ? .global : .scope(.news))
        }
        // Of nobody: the block alone is there.
        try await here.optOut(everyone[30], from: .global)
        _ = try await here.addErin()
        _ = try await here.requestErasure()
        try await here.doSteps()
    }

    private func answers(_ engine: Engine) async throws -> [SendDecision.Reason] {
        let erin = try Address(email: Searchable.address)
        var reasons: [SendDecision.Reason] = []
        for address in try everyone() + [erin] {
            let check = MaySend(subject: .address(address), scope: Sample.newsletter)
            reasons.append(try await engine.ask(check).decision.reason)
        }
        return reasons
    }

    /// The same questions, all at once, and from memory where an index is ready.
    private func listAnswers(_ engine: Engine) async throws -> [SendDecision.Reason] {
        let all = try everyone().map(\.delivery) + [Searchable.address]
        let question = try MaySendMany(recipients: all, scope: Sample.newsletter)
        return try await engine.ask(question).verdicts.map(\.reason)
    }

    private func hashes(_ here: Installation) async throws -> Set<[UInt8]> {
        let rows = try await here.sql(
            "SELECT match_key FROM addresses UNION SELECT widened_key FROM addresses "
                + "WHERE widened_key IS NOT NULL UNION SELECT match_key FROM suppressions"
        )
        return try Set(rows.map { try $0.blob(0) })
    }

    @Test(arguments: Backend.allCases)
    func everybodyIsFoundAtEveryStepByEveryProcess(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await populate(here)
            let expected = try await answers(here.engine)
            #expect(Set(expected).isSuperset(of: [.allowed, .globalOptOut, .optOut, .erased]))
            let before = try await hashes(here)
            let other = Engine(database: try here.reopened())
            let indexed = Engine(database: here.database)
            try await indexed.maintainIndex()
            #expect(try await listAnswers(indexed) == expected)
            for generation in 1...2 {
                try await add(here)
                let owner = try owner(here)
                var steps = 0
                while try await step(owner) {
                    steps += 1
                    #expect(try await answers(other) == expected)
                    #expect(try await listAnswers(here.engine) == expected)
                    #expect(try await listAnswers(indexed) == expected)
                }
                #expect(steps > 10)
                try await here.settle()
                let now = try await hashes(here)
                #expect(now.count == before.count)
                #expect(now.isDisjoint(with: before))
                #expect(now.allSatisfy { $0[15] & 0xF == UInt8(generation) })
                let state = try await other.ask(LookupKeyState())
                #expect(state.generation == generation && !state.isChanging)
            }
            try await indexed.maintainIndex()
            #expect(try await listAnswers(indexed) == expected)
            #expect(try await answers(Engine(database: here.reopened(seed: 98))) == expected)
            try await here.sequence()
            let report = try await here.verify()
            #expect(report.count == 0, "\(report.findings)")
        }
    }

    /// What happens between two steps, through a process that was open before, holds afterwards.
    @Test(arguments: Backend.allCases)
    func whatHappensMeanwhileIsKept(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let people = try (0..<30).map { try Sample.address($0) }
            for address in people.prefix(20) { try await here.decide(address) }
            try await add(here)
            let owner = try owner(here)
            var stopped: [Address] = []
            var said: [Address] = []
            for number in 0..<10 {
                guard try await step(owner) else { break }
                here.clock.advance(seconds: 1)
                try await here.optOut(people[number], from: .global)
                try await here.decide(people[20 + number])
                stopped.append(people[number])
                said.append(people[20 + number])
            }
            #expect(stopped.count > 3)
            try await owner.moveLookupHashes(as: Sample.actor)
            for address in stopped {
                #expect(try await here.check(address).reason == .globalOptOut)
            }
            for address in said { #expect(try await here.check(address).allowed) }
            // Nobody is there twice.
            let count = Int64(20 + said.count)
            #expect(try await here.number("SELECT count(*) FROM contacts") == count)
            #expect(try await here.number("SELECT count(*) FROM addresses") == count)
        }
    }

    /// Opt-outs by one process, checks by another, while hashes move: no yes after a no.
    @Test(.timeLimit(.minutes(10)), arguments: Backend.allCases)
    func noYesAfterAnAcknowledgedNoMeanwhile(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let people = try (0..<300).map { try Sample.address($0) }
            for address in people { try await here.decide(address) }
            try await add(here)
            let owner = try owner(here)
            let acknowledged = Acknowledged()
            let other = Engine(database: try here.reopened())
            let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    while try await step(owner, limit: 5) {}
                    return 0
                }
                for number in people.indices {
                    group.addTask {
                        try await here.optOut(people[number], from: .global)
                        acknowledged.insert(number)
                        return 0
                    }
                    let asked = (number * 7) % people.count
                    group.addTask {
                        let mustRefuse = acknowledged.contains(asked)
                        let check = MaySend(
                            subject: .address(people[asked]),
                            scope: Sample.newsletter
                        )
                        let reason = try await other.ask(check).decision.reason
                        // Everybody is known; who is not was looked for under an old hash.
                        let isLost = reason == .unknownContact
                        return isLost || (mustRefuse && reason == .allowed) ? 1 : 0
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(wrong == 0)
            for address in people {
                #expect(try await here.check(address).reason == .globalOptOut)
            }
            #expect(try await here.number("SELECT count(*) FROM contacts") == 300)
        }
    }

    /// A process that was open before another master key came needs neither of them.
    @Test(arguments: Backend.allCases)
    func aRunningServerNeedsNoMasterKeyForIt(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.decide(Sample.address(1))
            let next = try Sample.key(4711)
            _ = try await owner(here).perform(ReplaceMasterKey(by: next), as: Sample.actor)
            // The owner comes with the new key.
            let fresh = Engine(database: try here.reopened(masterKey: next))
            #expect(try await fresh.ask(LookupKeyState()).generation == 0)
            let owner = try owner(here)
            _ = try await owner.perform(AddLookupKey(), as: Sample.actor)
            try await owner.moveLookupHashes(as: Sample.actor)
            #expect(try await here.check(Sample.address(1)).allowed)
            #expect(try await fresh.ask(LookupKeyState()).generation == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func whatIsWrongIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.decide(Sample.address(1))
            try await add(here)
            let before = try await Contents.of(here.database)
            #expect(await failureCode { try await add(here) } == "conflict lookupKey")
            #expect(try await Contents.of(here.database).changed(since: before).isEmpty)
            let owner = try owner(here)
            for _ in 2...15 {
                try await owner.moveLookupHashes(as: Sample.actor)
                try await add(here)
            }
            try await owner.moveLookupHashes(as: Sample.actor)
            #expect(await failureCode { try await add(here) } == "refused-by-database")
            #expect(try await here.check(Sample.address(1)).allowed)
            #expect(try await step(owner) == false)
        }
    }

    /// A node of a server cannot change keys, nor take one away.
    @Test func aNodeCannotChangeKeys() async throws {
        try await Backend.postgres.withEngine { here in
            let failure = await failureCode {
                _ = try await here.engine.perform(AddLookupKey(), as: Sample.actor)
            }
            #expect(failure == "refused-by-database")
        }
    }

    /// A key less would hide everybody who said stop.
    @Test(arguments: Backend.allCases)
    func aMissingKeyIsNotPassedOver(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            try await here.optOut(Sample.address(1), from: .global)
            try await add(here)
            try await owner(here).moveLookupHashes(as: Sample.actor)
            let prompt = try here.prompt
            try await prompt.write { transaction in
                let drop: SQL = "DROP TRIGGER lookup_keys_no_delete"
                let on: SQL = backend == .postgres ? " ON lookup_keys" : ""
                _ = try transaction.connection.run(drop + on, [])
                _ = try transaction.connection.run("DELETE FROM lookup_keys", [])
            }
            let error = #expect(throws: StoreError.self) { _ = try here.reopened() }
            #expect(error?.code == .corrupt)
        }
    }
}

/// Who has been told that their opt-out counts.
private final class Acknowledged: Sendable {
    private let numbers = Mutex<Set<Int>>([])

    func insert(_ number: Int) { numbers.withLock { _ = $0.insert(number) } }
    func contains(_ number: Int) -> Bool { numbers.withLock { $0.contains(number) } }
}

extension ScopeName {
    fileprivate static let news = Sample.newsletter
}
