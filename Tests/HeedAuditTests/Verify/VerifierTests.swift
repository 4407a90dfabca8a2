// An untouched database verifies, whatever happened in it and whatever happens beside the verifier.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Verifier: untouched databases")
struct VerifierTests {
    @Test(arguments: Backend.allCases)
    func anEmptyDatabaseVerifies(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let report = try await installation.verify()
            #expect(report.findings == [])
            #expect(report.logSize == 0 && report.people == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func aBitOfEverythingVerifies(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([
                .connectorAdded(try Sample.connector("alpha"))
            ])
            try await installation.live()
            let before = try await installation.contents()
            let report = try await installation.verify(
                outside: [installation.keptCheckpoint()]
            )
            #expect(report.findings == [])
            #expect(report.people == 12 && report.blocks > 3)
            let events = try await installation.number("SELECT count(*) FROM audit_events")
            #expect(Int64(report.logSize) == events)
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    /// What is not in the log yet is nothing wrong.
    @Test(arguments: Backend.allCases)
    func eventsThatWaitAreNoFinding(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.live(people: 3)
            try await installation.decide(Sample.address(70))
            try await installation.optOut(Sample.address(71), from: .global)
            #expect(try await installation.verify().findings == [])
        }
    }

    private static let sources: [Source] = [.form, .doubleOptIn, .batchImport, .api]

    private func step(
        _ installation: Installation,
        _ generator: inout SeededGenerator
    ) async throws {
        installation.clock.advance(seconds: Int64.random(in: 1...5000, using: &generator))
        let texts = ["one@mail.example", "a.b@gmail.com", "ab+x@gmail.com", "two@mail.example"]
        let address = try Address(email: texts[Int.random(in: 0..<4, using: &generator)])
        let scope = Sample.scopes[Int.random(in: 0..<3, using: &generator)].name
        let back = Int64.random(in: 0...3, using: &generator) * 4000
        let terms = Terms(
            source: VerifierTests.sources[Int.random(in: 0..<4, using: &generator)],
            givenAt: installation.clock.now.adding(seconds: -back),
            expiresAt: Bool.random(using: &generator)
                ? installation.clock.now.adding(days: 900) : nil
        )
        let act = Int.random(in: 0..<10, using: &generator)
        _ = await failureCode {
            switch act {
            case 0...4: try await installation.decide(address, in: scope, terms: terms)
            case 5: try await installation.decide(address, .denied, in: scope, terms: terms)
            case 6: try await installation.decide(address, .withdrawn, in: scope, terms: terms)
            case 7: try await installation.optOut(address, from: .global)
            case 8:
                try await installation.optOut(
                    address,
                    from: .scope(scope),
                    requestedAt: terms.givenAt
                )
            default: try await installation.drainQueue()
            }
        }
    }

    /// Aliases that block and lift each other, decisions out of order, refusals: still nothing.
    @Test(arguments: Backend.allCases, [1, 2, 3, 4] as [UInt64])
    func anyHistoryVerifies(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            var generator = SeededGenerator(seed: seed)
            for number in 0..<160 {
                try await step(installation, &generator)
                if number.isMultiple(of: 40) { try await installation.sequence() }
            }
            try await installation.sequence()
            #expect(try await installation.verify().findings == [])
        }
    }

    /// More than a page of everything, with full tiles of two levels' worth of leaves.
    @Test func thousandsOfEventsVerify() async throws {
        try await Backend.sqlite.withEngine { installation in
            for number in 1...600 {
                installation.clock.advance(seconds: 1)
                try await installation.decide(Sample.address(number))
                if number.isMultiple(of: 3) {
                    try await installation.optOut(Sample.address(number), from: .global)
                }
            }
            try await installation.drainQueue()
            try await installation.sequence(batch: 500)
            var seen: [Verifier.Progress] = []
            let report = try await Verifier(engine: installation.engine).run { seen.append($0) }
            #expect(report.findings == [])
            #expect(report.logSize > 3000 && report.people == 600)
            #expect(Set(seen.map(\.pass)) == Set(Verifier.Progress.Pass.allCases))
            #expect(seen.map(\.done) == seen.map(\.done).sorted())
            #expect(seen.last.map { $0.done == $0.total } == true)
        }
    }

    @Test func concurrentWritesAreNoFinding() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live(people: 30)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { @Sendable in
                    for number in 1...150 {
                        installation.clock.advance(seconds: 1)
                        let address = try Sample.address(number)
                        try await installation.decide(address)
                        try await installation.optOut(address, from: .global)
                        if number.isMultiple(of: 10) {
                            try await installation.drainQueue()
                            try await installation.sequence(batch: 50)
                        }
                    }
                }
                group.addTask { @Sendable in
                    for _ in 1...12 {
                        let report = try await Verifier(engine: installation.engine).run { _ in
                            await Task.yield()
                        }
                        #expect(report.findings == [])
                    }
                }
                try await group.waitForAll()
            }
            try await installation.sequence()
            #expect(try await installation.verify().findings == [])
        }
    }

    @Test func itCanBeStopped() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live(people: 3)
            await #expect(throws: CancellationError.self) {
                try await Verifier(engine: installation.engine).run { _ in
                    throw CancellationError()
                }
            }
        }
    }

    /// A checkpoint before the tail was added is as good as one over all of it.
    @Test func anyKeptCheckpointIsExtended() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live(people: 3)
            let first = try await installation.keptCheckpoint("first")
            try await installation.live(people: 5)
            let second = try await installation.keptCheckpoint("second")
            let report = try await installation.verify(outside: [second, first, first])
            #expect(report.findings == [])
        }
    }

    @Test func theResultIsKept() async throws {
        try await Backend.sqlite.withEngine { installation in
            #expect(try await installation.engine.ask(LastVerification()) == nil)
            try await installation.live(people: 3)
            try await installation.engine.keep(installation.verify())
            let clean = try #require(try await installation.engine.ask(LastVerification()))
            #expect(clean.findings == 0 && clean.summary == "" && clean.events == clean.logSize)
            try await installation.tamper("UPDATE permissions SET state = 'granted'")
            try await installation.engine.keep(installation.verify())
            let second = try #require(try await installation.engine.ask(LastVerification()))
            #expect(second.findings > 0 && second.summary.contains("permission.changed"))
            #expect(second.finishedAt > clean.finishedAt)
        }
    }
}
