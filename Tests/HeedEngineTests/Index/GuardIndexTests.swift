// The index says what the SQL guard says, whatever has happened and whoever did it, or nothing.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("Guard index", .timeLimit(.minutes(10)))
struct GuardIndexTests {
    private func limits(
        changes: Int = 5000,
        backlog: Int = 50_000,
        page: Int = 5000
    )
        -> GuardIndex.Limits
    {
        var limits = GuardIndex.Limits()
        (limits.changes, limits.backlog, limits.page) = (changes, backlog, page)
        return limits
    }

    private func ask(
        _ engine: Engine,
        _ addresses: [Address],
        _ scope: ScopeName = Sample.newsletter
    ) async throws -> [SendDecision.Reason] {
        let question = try MaySendMany(recipients: addresses.map(\.delivery), scope: scope)
        return try await engine.ask(question).verdicts.map(\.reason)
    }

    @Test(arguments: Backend.allCases, [1, 2, 3, 4, 5, 6] as [UInt64])
    func saysWhatTheGuardSays(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            var history = try GuardHistory(seed: seed)
            // Small pages, so that there are many.
            let index = GuardIndex(limits(page: 3))
            let engine = Engine(database: installation.database, index: index)
            for _ in 0..<40 { try await history.step(installation) }
            try await engine.maintainIndex()
            var reasons: Set<SendDecision.Reason> = []
            for turn in 0..<60 {
                for _ in 0..<(turn % 4) { try await history.step(installation) }
                reasons.formUnion(
                    try await installation.compare(engine, history.asked, "turn \(turn)")
                )
            }
            // It was not the SQL guard that answered.
            let figures = index.figures
            #expect(figures.answered == 180 && figures.passed == 0 && figures.built == 1)
            #expect(figures.reloaded > 20)
            #expect(reasons.count >= 10, "\(reasons)")
        }
    }

    /// Pages, changes and rebuilding at the same time: what is read last is what is there.
    @Test(arguments: Backend.allCases, [7, 8] as [UInt64])
    func isReadWhileThingsHappen(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            var history = try GuardHistory(seed: seed)
            for _ in 0..<60 { try await history.step(installation) }
            for turn in 0..<5 {
                let index = GuardIndex(limits(page: 1))
                let engine = Engine(database: installation.database, index: index)
                async let built: Void = engine.maintainIndex()
                for _ in 0..<10 { try await history.step(installation) }
                try await built
                _ = try await installation.compare(engine, history.asked, "turn \(turn)")
                #expect(index.figures.answered == 3)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func seesWhatAnotherProcessDoes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = try (0..<3).map { try Sample.address($0) }
            let engine = installation.engine
            try await engine.maintainIndex()
            let other = Engine(database: try installation.reopened())
            let reasons = { try await ask(engine, addresses) }
            #expect(try await reasons() == Array(repeating: .unknownContact, count: 3))
            for address in addresses {
                let yes = try RecordConsent(
                    subject: .address(address),
                    scope: Sample.newsletter,
                    decision: .granted,
                    basis: .consent,
                    source: .form,
                    policyVersion: Sample.version
                )
                _ = try await other.perform(yes, as: Sample.actor)
            }
            #expect(try await reasons() == Array(repeating: .allowed, count: 3))
            let stop = try RequestOptOut(
                subject: .address(addresses[1]),
                extent: .global,
                source: .oneClick
            )
            _ = try await other.perform(stop, as: .person)
            #expect(try await reasons() == [.allowed, .globalOptOut, .allowed])
            #expect(engine.index.figures.answered == 3 && engine.index.figures.passed == 0)
            #expect(engine.index.figures.addresses == 3)
        }
    }

    /// Answers come from the SQL guard until somebody has caught up.
    @Test(arguments: Backend.allCases)
    func leavesTooMuchToTheGuard(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let index = GuardIndex(limits(changes: 5))
            let engine = Engine(database: installation.database, index: index)
            var rings = index.wanted.rings().makeAsyncIterator()
            let addresses = try (0..<9).map { try Sample.address($0) }
            #expect(try await ask(engine, addresses).allSatisfy { $0 == .unknownContact })
            #expect(index.figures.passed == 1 && index.figures.addresses == 0)
            // Somebody is asked to read everything, once.
            _ = try await ask(engine, addresses)
            await rings.next()
            try await engine.maintainIndex()
            for address in addresses { try await installation.decide(address) }
            #expect(try await ask(engine, addresses).allSatisfy { $0 == .allowed })
            #expect(index.figures.answered == 0 && index.figures.passed == 3)
            await rings.next()
            try await engine.maintainIndex()
            #expect(try await ask(engine, addresses).allSatisfy { $0 == .allowed })
            // It caught up, and did not read everything again.
            #expect(index.figures.answered == 1 && index.figures.built == 1)
            #expect(index.figures.addresses == 9)
        }
    }

    @Test(arguments: Backend.allCases)
    func readsEverythingAgainAfterMore(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let index = GuardIndex(limits(changes: 2, backlog: 5))
            let engine = Engine(database: installation.database, index: index)
            try await engine.maintainIndex()
            let addresses = try (0..<9).map { try Sample.address($0) }
            for address in addresses { try await installation.decide(address) }
            _ = try await ask(engine, addresses)
            try await engine.maintainIndex()
            #expect(try await ask(engine, addresses).allSatisfy { $0 == .allowed })
            #expect(index.figures.answered == 1 && index.figures.built == 2)
        }
    }

    /// An event that names nobody has all blocks read again, at once where they are few.
    @Test(arguments: Backend.allCases)
    func blocksOnStrangersAreSeen(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let index = GuardIndex(limits(changes: 2, page: 2))
            let engine = Engine(database: installation.database, index: index)
            try await engine.maintainIndex()
            let addresses = try (0..<6).map { try Sample.address($0) }
            for (number, address) in addresses.enumerated() {
                let block = Suppression(
                    reason: .hardBounce,
                    scope: nil,
                    since: installation.clock.now,
                    source: .provider,
                    optOut: nil
                )
                try await installation.record([.suppressionAdded(block, .address(address))])
                let expected = addresses.indices.map { index in
                    index <= number ? SendDecision.Reason.hardBounce : .unknownContact
                }
                #expect(try await ask(engine, addresses) == expected)
                if number > 2 {
                    try await engine.maintainIndex()
                    #expect(try await ask(engine, addresses) == expected)
                }
            }
            #expect(index.figures.passed == 3 && index.figures.answered == 6)
            #expect(index.figures.built == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func aNewScopeIsAskedOfTheGuard(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let engine = installation.engine
            try await engine.maintainIndex()
            let address = try Sample.address()
            let scope = try Sample.scope("late")
            try await installation.record([.scopeAdded(scope)])
            try await installation.decide(address, in: scope.name)
            #expect(try await ask(engine, [address], scope.name) == [.allowed])
            #expect(engine.index.figures.passed == 1)
            try await engine.maintainIndex()
            #expect(try await ask(engine, [address], scope.name) == [.allowed])
            #expect(engine.index.figures.answered == 1 && engine.index.figures.built == 2)
            // One that nobody has added is refused as ever.
            let refused = await failureCode {
                try await ask(engine, [address], ScopeName(stored: "nowhere"))
            }
            let expected = await failureCode {
                try await ask(
                    Engine(database: installation.database),
                    [address],
                    ScopeName(stored: "nowhere")
                )
            }
            #expect(refused == expected && refused != nil)
        }
    }

    /// A database that does not say what has happened is asked in the other way.
    @Test(arguments: Backend.allCases, [0, 1, 2, 3])
    func failingToReadIsNoAnswer(_ backend: Backend, _ statement: Int) async throws {
        try await backend.withEngine { installation in
            let faulty = FaultyDatabase(installation.database)
            let index = GuardIndex()
            let engine = Engine(database: faulty, index: index)
            let addresses = try (0..<3).map { try Sample.address($0) }
            for address in addresses { try await installation.decide(address) }
            try await engine.maintainIndex()
            try await installation.optOut(addresses[0])
            faulty.planRead(.atStatement(statement))
            #expect(try await ask(engine, addresses) == [.optOut, .allowed, .allowed])
            // The news, the people and the blocks are three statements.
            let isRead = statement < 3
            #expect(index.figures.answered == (isRead ? 0 : 1))
            #expect(try await ask(engine, addresses) == [.optOut, .allowed, .allowed])
            #expect(index.figures.answered == (isRead ? 1 : 2))
        }
    }

    /// A block that an erasure leaves on the aliases of an address stops whoever has another one,
    /// also where the index never saw that address.
    @Test(arguments: Backend.allCases, [false, true])
    func anErasureStopsAliases(_ backend: Backend, _ isKnown: Bool) async throws {
        try await backend.withEngine { installation in
            let mailbox = try Address(email: "one@outlook.com")
            let alias = try Address(email: "one+two@outlook.com")
            let engine = installation.engine
            try await installation.decide(mailbox)
            try await engine.maintainIndex()
            if isKnown {
                try await installation.decide(alias)
                #expect(try await ask(engine, [mailbox, alias]) == [.allowed, .allowed])
            } else {
                #expect(try await ask(engine, [mailbox]) == [.allowed])
                try await installation.decide(alias)
            }
            _ = try await installation.requestErasure(of: alias.delivery)
            try await installation.doSteps()
            #expect(try await ask(engine, [mailbox, alias]) == [.erased, .erased])
            #expect(engine.index.figures.answered == 2 && engine.index.figures.passed == 0)
        }
    }

    /// Links hold ids, which the index has not.
    @Test func linksComeFromTheGuard() async throws {
        try await Backend.sqlite.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address)
            try await installation.engine.maintainIndex()
            let question = try MaySendMany(
                recipients: [address.delivery],
                scope: Sample.newsletter,
                withLinks: true
            )
            let answer = try await installation.engine.ask(question)
            #expect(answer.verdicts.first?.links != nil)
            #expect(installation.engine.index.figures.answered == 0)
        }
    }
}
