// The guard: default no, one answer for one or for ten thousand, and how long it may be used.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("MaySend")
struct MaySendTests {
    @Test(arguments: Backend.allCases)
    func theDefaultIsNo(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (known, unknown) = (try Sample.address(1), try Sample.address(2))
            try await installation.decide(known, in: Sample.receipts)
            #expect(try await installation.check(unknown).reason == .unknownContact)
            #expect(try await installation.check(known).reason == .noConsent)
            #expect(try await installation.check(known, Sample.receipts).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func anUnknownScopeIsAnErrorNotAnAnswer(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let scope = ScopeName(stored: "nowhere")
            let id = try await installation.decide(Sample.address())
            let attempts: [@Sendable () async throws -> Void] = [
                { _ = try await installation.check(Sample.address(), scope) },
                { _ = try await installation.check(Sample.address(9), scope) },
                {
                    let question = MaySend(subject: .contact(id), scope: scope)
                    _ = try await installation.engine.ask(question)
                },
                {
                    let stranger = Subject.contact(Sample.contact().id)
                    let question = MaySend(subject: stranger, scope: scope)
                    _ = try await installation.engine.ask(question)
                },
                {
                    let question = try MaySendMany(recipients: [], scope: scope)
                    _ = try await installation.engine.ask(question)
                },
            ]
            for attempt in attempts {
                let effect = try await installation.effect { try await attempt() }
                #expect(effect == .refused("invalid-field scope"))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func anUnknownPersonIsAnAnswer(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let question = MaySend(
                subject: .contact(Sample.contact().id),
                scope: Sample.newsletter,
                withLinks: true
            )
            let answer = try await installation.engine.ask(question)
            #expect(answer.decision.reason == .unknownContact)
            #expect(answer.links?.unsubscribe == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func anAnswerIsForFiveMinutesAndSaysHowFresh(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address)
            let question = MaySend(subject: .address(address), scope: Sample.newsletter)
            let answer = try await installation.engine.ask(question)
            #expect(answer.decision.validUntil == installation.clock.now.adding(seconds: 300))
            let position = try await installation.engine.ask(LogPosition())
            #expect(backend == .sqlite ? position == answer.position : position >= answer.position)
            #expect(answer.links?.unsubscribe == nil)
            try await installation.optOut(address)
            let later = try await installation.engine.ask(question)
            #expect(
                backend == .sqlite
                    ? later.position > answer.position : later.position >= answer.position
            )
        }
    }

    @Test(arguments: Backend.allCases)
    func manyAreAnsweredAsOne(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = try (0..<6).map { try Sample.address($0) }
            for address in addresses.prefix(4) { try await installation.decide(address) }
            try await installation.optOut(addresses[1])
            try await installation.optOut(addresses[2], from: .global)
            try await installation.decide(addresses[3], .denied)
            let texts = addresses.map(\.delivery) + ["not an address", "", "PERSON0@Mail.Example"]
            let question = try MaySendMany(
                recipients: texts,
                scope: Sample.newsletter,
                withLinks: true
            )
            let answer = try await installation.engine.ask(question)
            #expect(answer.verdicts.map(\.recipient) == texts)
            #expect(
                answer.verdicts.map(\.reason) == [
                    .allowed, .optOut, .globalOptOut, .denied, .unknownContact, .unknownContact,
                    .unknownContact, .unknownContact, .allowed,
                ]
            )
            #expect(answer.verdicts.map { $0.invalid != nil }.filter { $0 }.count == 2)
            #expect(answer.verdicts.map { $0.links != nil }.filter { $0 }.count == 2)
            #expect(answer.verdicts[1].optOutStatus == .pending)
            #expect(
                answer.counts == [
                    .allowed: 2, .optOut: 1, .globalOptOut: 1, .denied: 1, .unknownContact: 4,
                ]
            )
            for (address, verdict) in zip(addresses, answer.verdicts) {
                #expect(try await installation.check(address).reason == verdict.reason)
            }
        }
    }

    @Test(arguments: Backend.allCases, [4, 5, 6] as [UInt64])
    func manyAreDecidedAsOne(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            let addresses = try await GuardPopulation.make(in: installation, seed: seed)
            var reasons: Set<SendDecision.Reason> = []
            for scope in [Sample.newsletter, Sample.receipts] {
                let question = try MaySendMany(
                    recipients: addresses.map(\.delivery),
                    scope: scope,
                    withLinks: true
                )
                let many = try await installation.engine.ask(question)
                for (address, verdict) in zip(addresses, many.verdicts) {
                    let one = MaySend(subject: .address(address), scope: scope, withLinks: true)
                    let answer = try await installation.engine.ask(one)
                    #expect(answer.decision.reason == verdict.reason)
                    #expect(answer.decision.optOutStatus == verdict.optOutStatus)
                    #expect(answer.links == verdict.links)
                }
                reasons.formUnion(many.verdicts.map(\.reason))
            }
            // The population has something to confuse.
            #expect(reasons.count >= 9, "\(reasons)")
        }
    }

    /// The whole answer is valid as long as its shortest "yes", and no refusal shortens it.
    @Test(arguments: Backend.allCases)
    func theShortestYesBoundsTheBatch(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            for (number, seconds) in [(0, 1000), (1, 40), (2, 90)] as [(Int, Int64)] {
                let terms = Terms(expiresAt: now.adding(seconds: seconds))
                try await installation.decide(Sample.address(number), terms: terms)
            }
            let texts = try (0..<4).map { try Sample.address($0).delivery }
            let question = try MaySendMany(recipients: texts, scope: Sample.newsletter)
            let all = try await installation.engine.ask(question)
            #expect(all.validUntil == now.adding(seconds: 40))
            installation.clock.advance(seconds: 40)
            let later = try await installation.engine.ask(question)
            #expect(later.validUntil == now.adding(seconds: 90))
        }
    }

    @Test func moreThanTenThousandAreRefused() throws {
        let texts = Array(repeating: "a@mail.example", count: 10_001)
        _ = try MaySendMany(recipients: Array(texts.dropLast()), scope: Sample.newsletter)
        let refusal = #expect(throws: Refusal.self) {
            try MaySendMany(recipients: texts, scope: Sample.newsletter)
        }
        #expect(refusal?.code == .tooLarge && refusal?.field == "recipients")
    }
}
