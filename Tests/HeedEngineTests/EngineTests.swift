// The door: commands are whole, repeatable by key, and ring the bell when they leave work.

import Foundation
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Engine", .timeLimit(.minutes(10)))
struct EngineTests {
    private func optOut(_ number: Int = 1, to extent: OptOut.Extent) throws -> RequestOptOut {
        try RequestOptOut(subject: .address(Sample.address(number)), extent: extent, source: .api)
    }

    private func key(_ key: String, _ body: String, caller: String = "a") -> RepeatKey {
        RepeatKey(key: key, caller: caller, operation: "POST /v1/opt-outs", body: Array(body.utf8))
    }

    @Test(arguments: Backend.allCases)
    func thePositionIsThatOfTheLastEvent(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let performed = try await installation.engine.perform(
                try optOut(to: .scope(Sample.newsletter)),
                as: Sample.actor
            )
            #expect(backend == .sqlite ? performed.position == 9 : performed.position > 9)
            let position = try await installation.position(asFreshAs: performed.position)
            #expect(backend == .sqlite ? position == 9 : position >= performed.position)
        }
    }

    @Test(arguments: Backend.allCases)
    func aRefusalChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect {
                try await installation.optOut(
                    Sample.address(),
                    from: .scope(ScopeName(stored: "nowhere"))
                )
            }
            #expect(effect == .refused("invalid-field scope"))
        }
    }

    @Test(arguments: Backend.allCases)
    func theSameRequestIsAnsweredFromMemory(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let command = try optOut(to: .global)
            let engine = installation.engine
            let first = try await engine.perform(command, as: .person, once: key("k", "body"))
            installation.clock.advance(seconds: 60)
            try await installation.decide(Sample.address(2))
            let before = try await installation.contents()
            let second = try await engine.perform(command, as: .person, once: key("k", "body"))
            #expect(try await installation.contents().changed(since: before) == [])
            #expect(second.receipt.id == first.receipt.id)
            #expect(second.receipt.requestedAt == first.receipt.requestedAt)
            // Word for word the first answer: not even marked as a repeat.
            #expect(!second.receipt.repeated)
            #expect(second.position == first.position)
        }
    }

    @Test(arguments: Backend.allCases)
    func theSameKeyForAnotherRequestIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let engine = installation.engine
            _ = try await engine.perform(try optOut(to: .global), as: .person, once: key("k", "1"))
            let effect = try await installation.effect {
                try await engine.perform(
                    try optOut(2, to: .global),
                    as: .person,
                    once: key("k", "2")
                )
            }
            #expect(effect == .refused("idempotency-key-reused Idempotency-Key"))
        }
    }

    /// Keys belong to whoever sent them, and to the operation they were sent to.
    @Test(arguments: Backend.allCases)
    func keysOfDifferentCallersDoNotMeet(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let engine = installation.engine
            let keys = [
                key("k", "1"), key("k", "2", caller: "b"), key("kb", "3"),
                key("b", "4", caller: "ak"),
                RepeatKey(key: "k", caller: "a", operation: "POST /v1/consents", body: [5]),
            ]
            var ids: Set<String> = []
            for (number, key) in keys.enumerated() {
                let command = try optOut(number, to: .global)
                ids.insert(try await engine.perform(command, as: .person, once: key).receipt.id)
            }
            #expect(ids.count == keys.count)
        }
    }

    @Test(arguments: Backend.allCases)
    func aRefusedRequestMayBeSentAgain(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let scope = ScopeName(stored: "later")
            let command = try optOut(to: .scope(scope))
            let failure = await failureCode {
                try await installation.engine.perform(command, as: .person, once: key("k", "1"))
            }
            #expect(failure == "invalid-field scope")
            try await installation.record([
                .scopeAdded(Scope(name: scope, channel: .email, kind: .campaign))
            ])
            let performed = try await installation.engine.perform(
                command,
                as: .person,
                once: key("k", "1")
            )
            #expect(!performed.receipt.repeated)
        }
    }

    /// The process dies after the commit and before the reply: its files, opened again, answer.
    @Test(arguments: Backend.embedded)
    func aCrashBeforeTheReplyIsRepeatable(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await withTemporaryFolder { folder in
                let command = try optOut(to: .global)
                let first = try await installation.engine.perform(
                    command,
                    as: .person,
                    once: key("k", "body")
                )
                let left = folder.appending(path: "left")
                try FileManager.default.copyItem(at: installation.folder, to: left)
                let recovered = Engine(
                    database: try backend.open(
                        in: left,
                        masterKey: installation.masterKey,
                        surroundings: .seeded(77, clock: installation.clock)
                    )
                )
                let again = try await recovered.perform(
                    command,
                    as: .person,
                    once: key("k", "body")
                )
                #expect(again.receipt.id == first.receipt.id)
                #expect(again.position == first.position)
                #expect(try await recovered.ask(LogPosition()) == first.position)
            }
        }
    }

    /// The same key from many connections at once is one opt-out.
    @Test(arguments: Backend.allCases)
    func concurrentRepeatsAreOne(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let command = try optOut(to: .global)
            let engine = installation.engine
            let repeated = key("k", "body")
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        let performed = try await engine.perform(
                            command,
                            as: .person,
                            once: repeated
                        )
                        return "\(performed.receipt.id) \(performed.position)"
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(answers.count == 1)
            #expect(try await installation.number("SELECT count(*) FROM opt_outs") == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func answersAreForgottenByAge(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let engine = installation.engine
            _ = try await engine.perform(try optOut(to: .global), as: .person, once: key("k", "1"))
            installation.clock.advance(seconds: 100)
            try await engine.forgetAnswers(olderThan: 100)
            #expect(try await installation.number("SELECT count(*) FROM idempotency_keys") == 1)
            installation.clock.advance(seconds: 1)
            try await engine.forgetAnswers(olderThan: 100)
            #expect(try await installation.number("SELECT count(*) FROM idempotency_keys") == 0)
            // A late repeat is then judged like any request, and the opt-out itself remembers.
            let late = try await engine.perform(
                try optOut(to: .global),
                as: .person,
                once: key("k", "1")
            )
            #expect(late.receipt.repeated)
        }
    }

    /// How often `body` rings, 0 or 1: rings fold.
    private func rings(
        _ installation: Installation,
        during body: () async throws -> Void
    ) async throws -> Int {
        let rings = installation.engine.doorbell.rings()
        try await body()
        // A cancelled task gets what is buffered, and then the end.
        let counted = Task { await rings.reduce(0) { count, _ in count + 1 } }
        counted.cancel()
        return await counted.value
    }

    /// Only new work wakes a worker; if claiming did, every worker would wake itself for ever.
    @Test(arguments: Backend.allCases)
    func theBellRingsForNewWorkOnly(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("alpha"))])
            let engine = installation.engine
            let worker = Actor.system("worker")
            let claim = ClaimJobs(lane: .optOut, limit: 9, leaseSeconds: 60)
            let consent = try await rings(installation) {
                try await installation.decide(Sample.address())
            }
            let optOut = try await rings(installation) {
                try await installation.optOut(Sample.address())
            }
            let repeated = try await rings(installation) {
                try await installation.optOut(Sample.address())
            }
            #expect(consent == 0 && optOut == 1 && repeated == 0)
            var jobs: [Job] = []
            let claimed = try await rings(installation) {
                jobs = try await engine.perform(claim, as: worker).receipt
            }
            let started = try await rings(installation) {
                for job in jobs { try await installation.finish(job) }
            }
            #expect(jobs.count == 1 && claimed == 0 && started == 1)
            jobs = try await engine.perform(claim, as: worker).receipt
            let finished = try await rings(installation) {
                for job in jobs { try await installation.finish(job) }
            }
            #expect(jobs.count == 1 && finished == 0)
        }
    }
}
