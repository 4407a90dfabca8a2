// What is rehearsed is seen by what comes after in the rehearsal, and by nobody else.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Rehearsal")
struct RehearsalTests {
    private struct Fault: Error {}

    private func grant(_ number: Int) throws -> RecordConsent {
        try RecordConsent(
            subject: .address(Sample.address(number)),
            scope: Sample.newsletter,
            decision: .granted,
            basis: .consent,
            source: .form,
            policyVersion: Sample.version
        )
    }

    @Test(arguments: Backend.allCases)
    func commandsSeeEachOtherAndLeaveNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let command = try grant(1)
            let question = MaySend(
                subject: .address(try Sample.address()),
                scope: Sample.newsletter
            )
            let effect = try await installation.effect {
                let allowed = try await installation.engine.rehearse { rehearsal in
                    try rehearsal.perform(command, as: Sample.actor)
                    return try rehearsal.ask(question).decision.allowed
                }
                #expect(allowed)
            }
            #expect(effect == .unchanged)
            #expect(try await installation.check(Sample.address()).reason == .unknownContact)
        }
    }

    @Test(arguments: Backend.allCases)
    func aFaultInItLeavesNothingEither(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let command = try grant(1)
            let effect = try await installation.effect {
                try await installation.engine.rehearse { rehearsal in
                    _ = try rehearsal.perform(command, as: Sample.actor)
                    throw Fault()
                }
            }
            #expect(effect == .refused("Fault()"))
        }
    }

    @Test(arguments: Backend.allCases)
    func laterIsLaterInTheSameTransaction(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let command = try grant(1)
            let question = MaySend(
                subject: .address(try Sample.address()),
                scope: Sample.newsletter
            )
            let now = installation.clock.now
            let validUntil = try await installation.engine.rehearse { rehearsal in
                _ = try rehearsal.perform(command, as: Sample.actor)
                return try rehearsal.later(by: 60).ask(question).decision.validUntil
            }
            #expect(validUntil == now.adding(seconds: 60 + SendDecision.validSeconds))
        }
    }
}
