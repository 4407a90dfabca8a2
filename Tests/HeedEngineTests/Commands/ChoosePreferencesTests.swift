// Tests what a person's choices do: a stop always, a yes by the rules, all of it in one commit.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

private let wording = String(repeating: "ab", count: 32)

extension Installation {
    /// Performs a choice, a second after whatever was before.
    fileprivate func choose(
        _ contact: ContactID,
        _ choice: ChoosePreferences.Choice,
        version: String? = Sample.version
    ) async throws -> ChoosePreferences.Receipt {
        clock.advance(seconds: 1)
        let command = try ChoosePreferences(
            contact: contact,
            choice: choice,
            policyVersion: version,
            locale: "de"
        )
        let receipt = try await engine.perform(command, as: .person).receipt
        try await settle()
        return receipt
    }
}

@Suite("Choose preferences")
struct ChoosePreferencesTests {
    @Test(arguments: Backend.allCases)
    func leavingAndJoiningAreOneCommit(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let person = try await installation.decide(address)
            let receipt = try await installation.choose(
                person,
                .change(leave: [Sample.newsletter], join: [Sample.promotions: wording])
            )
            #expect(receipt.optOuts == 1)
            #expect(receipt.joined == [Sample.promotions])
            #expect(try await installation.check(address).reason == .optOut)
            #expect(try await installation.check(address, Sample.promotions).allowed)
            let history = try await installation.engine.ask(History(.contact(person)))
            let newest = history.consents.suffix(2)
            #expect(Set(newest.map(\.source)) == ["preference-centre"])
            #expect(Set(newest.map(\.recordedAt)).count == 1)
            let granted = try #require(newest.first { $0.decision == .granted })
            #expect(granted.policyVersion == Sample.version)
            let evidence = try await installation.database.read { transaction in
                try transaction.evidence(of: granted.id, contact: person)
            }
            #expect(evidence?.wordingSHA256 == wording)
        }
    }

    @Test(arguments: Backend.allCases)
    func oneChoiceLeavesAllAndTwoScopesComeBack(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let person = try await installation.decide(address)
            #expect(try await installation.choose(person, .leaveAll).optOuts == 1)
            #expect(try await installation.check(address).reason == .globalOptOut)
            #expect(try await installation.choose(person, .leaveAll).optOuts == 0)
            let back = try await installation.choose(
                person,
                .change(
                    leave: [],
                    join: [Sample.newsletter: wording, Sample.promotions: wording]
                )
            )
            #expect(back.joined == [Sample.newsletter, Sample.promotions])
            for scope in [Sample.newsletter, Sample.promotions] {
                #expect(try await installation.check(address, scope).allowed)
            }
            let report = try await installation.engine.ask(History(.contact(person)))
            let lifted = report.timeline.filter { $0.kind == "suppression.lifted" }
            #expect(lifted.count == 1)
        }
    }

    /// What cannot be joined holds up no stop.
    @Test(arguments: Backend.allCases)
    func aRefusedYesLetsTheStopThrough(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let person = try await installation.decide(address)
            let complaint = Suppression(
                reason: .complaint,
                scope: nil,
                since: installation.surroundings.now(),
                source: .provider,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(complaint, .contact(person))])
            let receipt = try await installation.choose(
                person,
                .change(leave: [Sample.newsletter], join: [Sample.promotions: wording])
            )
            #expect(receipt.optOuts == 1)
            #expect(receipt.joined == [] && receipt.refused == [Sample.promotions])
            let history = try await installation.engine.ask(History(.contact(person)))
            #expect(history.consents.map(\.decision) == [.granted, .withdrawn])
        }
    }

    @Test(arguments: [nil, "2099-01", ""])
    func withoutTheTextNothingIsJoined(_ version: String?) async throws {
        try await Backend.sqlite.withEngine { installation in
            let person = try await installation.decide(Sample.address())
            let before = try await installation.contents()
            let receipt = try await installation.choose(
                person,
                .change(leave: [], join: [Sample.promotions: wording]),
                version: version
            )
            #expect(receipt.refused == [Sample.promotions])
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    @Test func whoAsksForBothHasAskedToStop() async throws {
        try await Backend.sqlite.withEngine { installation in
            let address = try Sample.address()
            let person = try await installation.decide(address)
            let both = ChoosePreferences.Choice.change(
                leave: [Sample.newsletter, ScopeName(stored: "nobody")],
                join: [Sample.newsletter: wording, ScopeName(stored: "none"): wording]
            )
            let receipt = try await installation.choose(person, both)
            #expect(receipt.optOuts == 1 && receipt.joined == [])
            #expect(receipt.refused == [ScopeName(stored: "none")])
            #expect(try await installation.check(address).reason == .optOut)
        }
    }

    @Test func aWordingThatIsNoHashIsRefused() async throws {
        try await Backend.sqlite.withEngine { installation in
            let person = try await installation.decide(Sample.address())
            let receipt = try await installation.choose(
                person,
                .change(leave: [], join: [Sample.promotions: "on"])
            )
            #expect(receipt.refused == [Sample.promotions])
        }
    }
}
