// Whom a command is about: a stranger becomes known, an unknown id is a mistake.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Subject")
struct SubjectTests {
    private func consent(_ subject: Subject, givenAt: Timestamp? = nil) throws -> RecordConsent {
        try RecordConsent(
            subject: subject,
            scope: Sample.newsletter,
            decision: .granted,
            basis: .consent,
            source: .form,
            policyVersion: Sample.version,
            givenAt: givenAt
        )
    }

    @Test(arguments: Backend.allCases)
    func anUnknownIDIsRefusedEverywhere(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let stranger = Subject.contact(Sample.contact().id)
            let attempts: [@Sendable () async throws -> Void] = [
                {
                    let command = try consent(stranger)
                    _ = try await installation.engine.perform(command, as: Sample.actor)
                },
                {
                    let command = try RequestOptOut(
                        subject: stranger,
                        extent: .global,
                        source: .api
                    )
                    _ = try await installation.engine.perform(command, as: Sample.actor)
                },
                { _ = try await installation.engine.ask(History(stranger)) },
            ]
            for attempt in attempts {
                let effect = try await installation.effect { try await attempt() }
                #expect(effect == .refused("invalid-field contactId"))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func oneAddressIsOnePerson(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let first = try await installation.decide(try Address(email: "Ann@Mail.Example"))
            let again = try await installation.decide(try Address(email: " ann@mail.example "))
            let alias = try await installation.decide(try Address(email: "ann+x@mail.example"))
            #expect(first == again)
            #expect(first != alias)
            let byID = try await installation.engine.perform(
                try consent(.contact(first)),
                as: Sample.actor
            )
            #expect(byID.receipt.contactID == first.text)
        }
    }

    /// Clocks differ by up to five minutes; more is a mistake.
    @Test(
        arguments: Backend.allCases,
        [(300_000_000, true), (300_000_001, false)] as [(Int64, Bool)]
    )
    func theFutureIsRefused(
        _ backend: Backend,
        _ row: (ahead: Int64, isAccepted: Bool)
    ) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            let time = Timestamp(microseconds: now.microseconds + row.ahead)
            let address = try Sample.address()
            let consent = try await installation.effect {
                try await installation.decide(address, terms: Terms(givenAt: time))
            }
            let optOut = try await installation.effect {
                try await installation.optOut(address, requestedAt: time)
            }
            #expect((consent.failure == nil) == row.isAccepted)
            #expect((optOut.failure == nil) == row.isAccepted)
            if !row.isAccepted {
                #expect(consent == .refused("invalid-field givenAt"))
                #expect(optOut == .refused("invalid-field requestedAt"))
            }
        }
    }
}
