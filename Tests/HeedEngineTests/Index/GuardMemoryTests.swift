// Where nothing was committed the index answers without a transaction, and only there.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("GuardMemory", .timeLimit(.minutes(10)))
struct GuardMemoryTests {
    private func ask(_ engine: Engine, _ address: Address) async throws -> MaySendMany.Answer {
        let question = try MaySendMany(
            recipients: [address.delivery],
            scope: Sample.newsletter
        )
        return try await engine.ask(question)
    }

    /// An engine whose next read fails when told so, with its index read.
    private func prepared(
        _ installation: Installation
    ) async throws -> (engine: Engine, database: FaultyDatabase) {
        try await installation.decide(Sample.address(1))
        try await installation.decide(Sample.address(2))
        let database = FaultyDatabase(installation.database)
        let engine = Engine(database: database)
        try await engine.maintainIndex()
        // Proves it fresh.
        _ = try await ask(engine, Sample.address(1))
        return (engine, database)
    }

    @Test func noStatementIsNeededWhileNothingHappens() async throws {
        try await Backend.sqlite.withEngine { installation in
            let (engine, database) = try await prepared(installation)
            let first = try await ask(engine, Sample.address(1))
            database.planRead(.atStatement(0))
            let answer = try await ask(engine, Sample.address(1))
            #expect(answer.verdicts.map(\.reason) == [.allowed])
            #expect(answer.position == first.position)
            #expect(engine.index.figures.answered == 3 && engine.index.figures.passed == 0)
            // The fault is still there for whoever reads.
            let question = MaySend(
                subject: .address(try Sample.address(1)),
                scope: Sample.newsletter
            )
            await #expect(throws: StoreError.self) { try await engine.ask(question) }
        }
    }

    /// A long list is read and hashed by several tasks; its answers are in order all the same.
    @Test func aLongListKeepsItsOrder() async throws {
        try await Backend.sqlite.withEngine { installation in
            let (engine, _) = try await prepared(installation)
            let known = [try Sample.address(1).delivery, try Sample.address(2).delivery]
            for count in [1999, 2000, 2001, 4321, 10_000] {
                let recipients = (0..<count).map { place in
                    switch place % 7 {
                    case 0: known[0]
                    case 3: "nobody at \(place)"
                    case 5: known[1]
                    default: "stranger\(place)@shop.example"
                    }
                }
                let answered = engine.index.figures.answered
                let answer = try await engine.ask(
                    MaySendMany(recipients: recipients, scope: Sample.newsletter)
                )
                #expect(engine.index.figures.answered == answered + 1)
                #expect(answer.verdicts.map(\.recipient) == recipients)
                let keys = answer.keys
                let wrong = answer.verdicts.indices.filter { place in
                    let verdict = answer.verdicts[place]
                    let isKnown = [0, 5].contains(place % 7)
                    let isNobody = place % 7 == 3
                    return (verdict.reason == .allowed) != isKnown
                        || (verdict.invalid != nil) != isNobody
                        || (keys[place] == nil) != isNobody
                }
                #expect(wrong.isEmpty, "of \(count)")
            }
        }
    }

    /// Time passes without a commit.
    @Test func theAnswerIsOfThePresent() async throws {
        try await Backend.sqlite.withEngine { installation in
            let (engine, _) = try await prepared(installation)
            let before = try await ask(engine, Sample.address(1))
            installation.clock.advance(seconds: 60)
            let after = try await ask(engine, Sample.address(1))
            #expect(after.validUntil == before.validUntil.adding(seconds: 60))
        }
    }

    @Test func aCommitOfAnotherProcessIsSeenByTheNextQuestion() async throws {
        try await Backend.sqlite.withEngine { installation in
            let (engine, _) = try await prepared(installation)
            let other = Engine(database: try installation.reopened())
            for number in [1, 2] {
                let address = try Sample.address(number)
                let before = try await ask(engine, address)
                #expect(before.verdicts[0].reason == .allowed)
                let request = try RequestOptOut(
                    subject: .address(address),
                    extent: .global,
                    source: .form
                )
                let receipt = try await other.perform(request, as: .person)
                let answer = try await ask(engine, address)
                #expect(answer.verdicts[0].reason == .globalOptOut)
                #expect(answer.position >= receipt.position)
            }
        }
    }

    /// A question that began before a commit proves nothing about the time after it.
    @Test func aProofIsOfTheTimeBeforeItsSnapshot() async throws {
        try await Backend.sqlite.withEngine { installation in
            let (engine, database) = try await prepared(installation)
            let index = engine.index
            let address = try Sample.address(1)
            func answers(at moment: Moment) -> GuardIndex.Answers? {
                index.proof(at: moment).flatMap { proof in
                    let keys = [proof.vault.lookupWords(for: address)]
                    return index.decide(keys, Sample.newsletter, by: proof, at: moment.now)
                }
            }
            let early = try #require(database.moment())
            try await installation.optOut(address)
            let late = try #require(database.moment())
            #expect(answers(at: late) == nil && answers(at: early) != nil)
            // Its snapshot is of after the opt-out, its mark of before.
            let found = try await database.read { transaction in
                try index.decide(
                    [transaction.vault.lookupWords(for: address)],
                    Sample.newsletter,
                    in: transaction,
                    after: early.mark
                )
            }
            #expect(found?.verdicts.first?.reason == .optOut)
            #expect(answers(at: late) == nil)
            _ = try await ask(engine, address)
            #expect(answers(at: late)?.verdicts.first?.reason == .optOut)
        }
    }

    /// A server shows nothing, so each question has a snapshot.
    @Test func onAServerEachQuestionReads() async throws {
        try await Backend.postgres.withEngine { installation in
            #expect(installation.database.moment() == nil)
            let (engine, database) = try await prepared(installation)
            database.planRead(.atStatement(0))
            let answered = engine.index.figures.answered
            let answer = try await ask(engine, Sample.address(1))
            #expect(answer.verdicts[0].reason == .allowed)
            // The index could not prove itself; the statements answered.
            #expect(engine.index.figures.answered == answered)
        }
    }
}
