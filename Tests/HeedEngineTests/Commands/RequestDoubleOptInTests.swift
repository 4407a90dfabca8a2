// A request is no consent: what it writes, how often it sends, and that nobody can tell.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RequestDoubleOptIn")
struct RequestDoubleOptInTests {
    @Test(arguments: Backend.allCases)
    func isRecordedAndQueuedButNoConsent(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let effect = try await installation.effect {
                try await installation.askToConfirm(address)
            }
            #expect(effect.failure == nil)
            #expect(
                effect.changed == [
                    "addresses", "audit_events", "consent_records", "contact_keys", "contacts",
                    "jobs", "permissions",
                ]
            )
            #expect(try await installation.check(address).reason == .unconfirmed)
            let requests = try await installation.requests()
            let details = try #require(
                try await installation.engine.ask(ConfirmationDetails(requests[0]))
            )
            let now = installation.clock.now
            #expect(details.address == address)
            let request = try #require(details.doubleOptIns.first)
            #expect(request.scope == Sample.newsletter)
            #expect(request.policyVersion == Sample.version)
            #expect(request.expiresAt == now.adding(days: 2))
            // A message waits in a lane of its own.
            #expect(try await installation.engine.ask(DueConnectors(lane: .optOut)).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func whatStandsGoesOnStanding(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let people = try (0..<3).map { try Sample.address($0) }
            try await installation.decide(people[0])
            try await installation.decide(people[1], .denied)
            try await installation.optOut(people[2])
            installation.clock.advance(seconds: 1)
            for address in people { #expect(try await installation.askToConfirm(address)) }
            #expect(try await installation.check(people[0]).allowed)
            #expect(try await installation.check(people[1]).reason == .denied)
            #expect(try await installation.check(people[2]).reason == .optOut)
        }
    }

    @Test(arguments: Backend.allCases)
    func sendsSoOftenAndNoMore(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let hours = DoubleOptInTerms(validSeconds: 86_400, messagesMaximum: 2)
            var sent: [Bool] = []
            for _ in 0..<4 {
                sent.append(try await installation.askToConfirm(address, terms: hours))
                installation.clock.advance(seconds: 60)
            }
            #expect(sent == [true, true, false, false])
            let quiet = try await installation.effect {
                try await installation.askToConfirm(address, terms: hours)
            }
            #expect(quiet.failure == nil && quiet.changed.isEmpty)
            #expect(
                try await installation.askToConfirm(address, in: Sample.promotions, terms: hours)
            )
            #expect(try await installation.askToConfirm(Sample.address(2), terms: hours))
            installation.clock.advance(seconds: 86_400)
            #expect(try await installation.askToConfirm(address, terms: hours))
        }
    }

    @Test(arguments: Backend.allCases)
    func aDeadAddressGetsNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let block = Suppression(
                reason: .hardBounce,
                scope: nil,
                since: installation.clock.now,
                source: .provider,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(block, .address(address))])
            let effect = try await installation.effect {
                try await installation.askToConfirm(address)
            }
            #expect(effect.failure == nil && effect.changed.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func theUnknownIsNamedAndChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let scope = try await installation.effect {
                try await installation.askToConfirm(
                    Sample.address(),
                    in: ScopeName(stored: "Newsletter")
                )
            }
            #expect(scope == .refused("invalid-field scope"))
            let policy = try await installation.effect {
                let command = try RequestDoubleOptIn(
                    address: Sample.address(),
                    scope: Sample.newsletter,
                    source: .form,
                    policyVersion: "2025-12",
                    terms: DoubleOptInTerms()
                )
                return try await installation.engine.perform(command, as: Sample.actor)
            }
            #expect(policy == .refused("invalid-field policyVersion"))
        }
    }

    /// One at a time, so that two at once cannot both be the last that is allowed.
    @Test(arguments: Backend.allCases)
    func manyAtOnceSendNoMore(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            try await installation.askToConfirm(address)
            let sent = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<12 {
                    group.addTask { try await installation.askToConfirm(address) }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(sent == 2)
            #expect(try await installation.mailJobs().count == 3)
        }
    }
}
