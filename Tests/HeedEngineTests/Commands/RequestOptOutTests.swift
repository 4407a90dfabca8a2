// A "stop" is never turned away, counts from its answer on, and is never said twice.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RequestOptOut")
struct RequestOptOutTests {
    private let later = ScopeName(stored: "later")

    private func addLater(_ installation: Installation) async throws {
        try await installation.record([
            .scopeAdded(Scope(name: later, channel: .email, kind: .campaign))
        ])
    }

    /// Pending state, legal record, audit events, block and job are one commit.
    @Test(arguments: Backend.allCases)
    func everythingIsOneCommit(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address)
            let effect = try await installation.effect { try await installation.optOut(address) }
            #expect(
                effect
                    == Effect(
                        failure: nil,
                        changed: [
                            "audit_events", "consent_records", "jobs", "opt_outs", "permissions",
                            "suppressions",
                        ]
                    )
            )
            let decision = try await installation.check(address)
            #expect(decision.reason == .optOut && decision.optOutStatus == .pending)
            #expect(try await installation.check(address, Sample.promotions).reason == .noConsent)
        }
    }

    @Test(arguments: Backend.allCases)
    func pendingIsRefusedAsCompleted(_ backend: Backend) async throws {
        for extent in [OptOut.Extent.scope(Sample.newsletter), .global] {
            try await backend.withEngine { installation in
                let address = try Sample.address()
                try await installation.decide(address)
                let id = try await installation.optOut(address, from: extent)
                let pending = try await installation.check(address)
                try await installation.drainQueue()
                let completed = try await installation.check(address)
                #expect(pending.reason == completed.reason)
                #expect(pending.reason == (extent == .global ? .globalOptOut : .optOut))
                #expect(pending.optOut == id && completed.optOut == id)
                #expect(pending.optOutStatus == .pending)
                #expect(completed.optOutStatus == .completed)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func globalCoversCampaignsOfTodayAndTomorrow(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            for scope in Sample.scopes { try await installation.decide(address, in: scope.name) }
            try await installation.optOut(address, from: .global)
            try await addLater(installation)
            for scope in [Sample.newsletter, Sample.promotions, later] {
                #expect(try await installation.check(address, scope).reason == .globalOptOut)
            }
            #expect(try await installation.check(address, Sample.receipts).allowed)
            let history = try await installation.engine.ask(History(.address(address)))
            let withdrawn = history.consents.filter { $0.decision == .withdrawn }
            #expect(Set(withdrawn.map(\.scope)) == ["newsletter", "promotions", "global"])
            #expect(withdrawn.count == 3)
            // Not even a newer consent by import enters the scope of tomorrow.
            installation.clock.advance(seconds: 60)
            let effect = try await installation.effect {
                try await installation.decide(
                    address,
                    in: later,
                    terms: Terms(source: .batchImport)
                )
            }
            #expect(effect == .refused("opted-out source"))
        }
    }

    @Test(arguments: Backend.allCases)
    func aRepeatAnswersTheFirst(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            for extent in [OptOut.Extent.scope(Sample.newsletter), .global] {
                let first = try await installation.optOut(address, from: extent)
                for _ in 0..<2 {
                    installation.clock.advance(seconds: 60)
                    let before = try await installation.contents()
                    let command = try RequestOptOut(
                        subject: .address(address),
                        extent: extent,
                        source: .form
                    )
                    let again = try await installation.engine.perform(command, as: .person).receipt
                    #expect(again.id == first.text && again.repeated)
                    #expect(try await installation.contents().changed(since: before) == [])
                    try await installation.drainQueue()
                }
            }
        }
    }

    /// Someone who came back and leaves again is a new opt-out, with its own record and deadline.
    @Test(arguments: Backend.allCases)
    func leavingAgainIsNew(_ backend: Backend) async throws {
        for extent in [OptOut.Extent.scope(Sample.newsletter), .global] {
            try await backend.withEngine { installation in
                let address = try Sample.address()
                let first = try await installation.optOut(address, from: extent)
                installation.clock.advance(seconds: 60)
                try await installation.decide(address)
                #expect(try await installation.check(address).allowed)
                installation.clock.advance(seconds: 60)
                let second = try await installation.optOut(address, from: extent)
                #expect(second != first)
                #expect(try await !installation.check(address).allowed)
            }
        }
    }

    /// Even one that was asked for before the newest consent: it arrives now, and it is obeyed.
    @Test(arguments: Backend.allCases)
    func aLateOptOutIsNotTurnedAway(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address)
            let early = installation.clock.now.adding(days: -30)
            try await installation.optOut(address, requestedAt: early)
            #expect(try await installation.check(address).reason == .optOut)
        }
    }

    @Test(arguments: Backend.allCases)
    func theUnknownIsNamed(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect {
                try await installation.optOut(Sample.address(), from: .scope(later))
            }
            #expect(effect == .refused("invalid-field scope"))
        }
    }

    /// From a Saturday morning on; business days end with their day.
    static let regions: [(region: String?, regime: String, deadline: String)] = [
        (nil, "mailbox-48h@1", "2026-02-02T09:30:00Z"), ("DE", "gdpr@1", "2026-02-02T09:30:00Z"),
        ("US", "can-spam@2", "2026-02-14T03:59:59Z"),
        ("AU", "au-spam-act@2", "2026-02-06T12:59:59Z"),
        ("US-CA", "ccpa+can-spam@2", "2026-02-14T03:59:59Z"),
    ]

    @Test(arguments: Backend.allCases, regions)
    func theDeadlineIsTheRegions(
        _ backend: Backend,
        _ row: (region: String?, regime: String, deadline: String)
    ) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let contact = try AddContact(
                addresses: [address],
                externalID: nil,
                locale: nil,
                region: row.region
            )
            _ = try await installation.engine.perform(contact, as: Sample.actor)
            let id = try await installation.optOut(address)
            let optOut = try await installation.engine.ask(OptOutProgress(id)).optOut
            #expect(optOut.regime == row.regime)
            #expect(optOut.deadlineAt.text == row.deadline)
            #expect(optOut.requestedAt == installation.clock.now)
        }
    }

    /// One mailbox behind many spellings: a stop covers them all, a yes only its own.
    @Test(arguments: Backend.allCases)
    func aliasesShareTheNoAndNeverTheYes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let alias = try Address(email: "a.b+x@gmail.com")
            let plain = try Address(email: "ab@gmail.com")
            try await installation.decide(plain)
            #expect(try await installation.check(alias).reason == .unknownContact)
            let optOut = try await installation.optOut(alias)
            let decision = try await installation.check(plain)
            #expect(decision.reason == .optOut && decision.optOut == optOut)
            // The plain spelling's own stop is its own, not a repeat of the alias's.
            let own = try await installation.optOut(plain)
            #expect(own != optOut)
            installation.clock.advance(seconds: 60)
            // One comes back; the other said no itself and stays out.
            try await installation.decide(plain)
            #expect(try await installation.check(plain).allowed)
            #expect(try await installation.check(alias).reason == .optOut)
        }
    }

    @Test(arguments: Backend.allCases)
    func aComplaintNeedsAConfirmedReturn(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address, in: Sample.receipts)
            try await block(installation, .complaint, address)
            installation.clock.advance(seconds: 60)
            #expect(try await installation.check(address, Sample.receipts).reason == .complaint)
            for source in [Source.form, .preferenceCentre, .api, .batchImport] {
                let effect = try await installation.effect {
                    try await installation.decide(address, terms: Terms(source: source))
                }
                #expect(effect == .refused("opted-out source"))
            }
            try await installation.decide(address, terms: Terms(source: .doubleOptIn))
            #expect(try await installation.check(address).allowed)
        }
    }

    private func block(
        _ installation: Installation,
        _ reason: SuppressionReason,
        _ address: Address
    ) async throws {
        let block = Suppression(
            reason: reason,
            scope: nil,
            since: installation.clock.now,
            source: .commandLine,
            optOut: nil
        )
        try await installation.record([.suppressionAdded(block, .address(address))])
    }

    struct Block: Sendable {
        let reason: SuppressionReason
        let answer: SendDecision.Reason
        let isLiftedByForm: Bool
    }

    static let blocks: [Block] = [
        Block(reason: .legal, answer: .legalBlock, isLiftedByForm: false),
        Block(reason: .hardBounce, answer: .hardBounce, isLiftedByForm: false),
        Block(reason: .manual, answer: .manualBlock, isLiftedByForm: false),
        Block(reason: .erasure, answer: .erased, isLiftedByForm: true),
    ]

    /// Blocks stop every scope, known person or not, before anything else is looked at.
    @Test(arguments: Backend.allCases, blocks)
    func blocksStopEveryScope(_ backend: Backend, _ row: Block) async throws {
        try await backend.withEngine { installation in
            let (known, unknown) = (try Sample.address(1), try Sample.address(2))
            for scope in Sample.scopes { try await installation.decide(known, in: scope.name) }
            try await installation.optOut(known)
            for address in [known, unknown] {
                try await block(installation, row.reason, address)
                for scope in Sample.scopes {
                    #expect(try await installation.check(address, scope.name).reason == row.answer)
                }
            }
            installation.clock.advance(seconds: 60)
            try await installation.decide(unknown)
            let reason = try await installation.check(unknown).reason
            #expect(reason == (row.isLiftedByForm ? .allowed : row.answer))
        }
    }
}
