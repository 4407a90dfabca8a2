// One request makes one yes, with both times and both places, and undoes no later no.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("ConfirmDoubleOptIn")
struct ConfirmDoubleOptInTests {
    private let ada = Result { try Sample.address() }

    @Test(arguments: Backend.allCases)
    func theRecordKeepsBothTimesAndPlaces(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try ada.get()
            let asked = installation.clock.now
            try await installation.askToConfirm(address)
            let token = try await installation.onlyToken()
            installation.clock.advance(seconds: 3600)
            #expect(try await installation.confirm(token))
            let decision = try await installation.check(address)
            #expect(decision.allowed)
            let (contact, record) = (
                try #require(decision.contact), try #require(decision.record)
            )
            let (evidence, stored) = try await installation.database.read { transaction in
                (
                    try transaction.evidence(of: record, contact: contact),
                    try transaction.consents(of: contact, limit: 9)
                )
            }
            #expect(evidence?.requestedAt == asked.text && evidence?.requestedIP == "203.0.113.7")
            #expect(evidence?.confirmedAt == asked.adding(seconds: 3600).text)
            #expect(evidence?.confirmedIP == "198.51.100.9")
            #expect(evidence?.formURL == "https://shop.example/join")
            #expect(evidence?.confirmationAddress == address.delivery)
            #expect(stored.map(\.decision) == [.requested, .granted])
            #expect(stored.map(\.source) == ["form", "double-opt-in"])
            #expect(stored.map(\.policyVersion) == [Sample.version, Sample.version])
            #expect(try await installation.verify().findings == [])
        }
    }

    /// A yes to terms that were replaced by ones that ask anew would not count, so none is taken.
    @Test(arguments: Backend.allCases)
    func termsThatChangedInBetween(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try ada.get()
            try await installation.askToConfirm(address)
            let token = try await installation.onlyToken()
            installation.clock.advance(seconds: 60)
            let newer = try Sample.policy(
                "2026-09",
                effectiveAt: installation.clock.now,
                reconsent: [Sample.newsletter]
            )
            _ = try await installation.engine.perform(PublishPolicy(newer), as: Sample.actor)
            #expect(try await !installation.confirm(token))
            #expect(try await installation.check(address).reason == .unconfirmed)
            let refusal = await #expect(throws: Refusal.self) {
                try await installation.askToConfirm(address)
            }
            #expect(refusal?.code == .outdated && refusal?.field == "policyVersion")
        }
    }

    @Test(arguments: Backend.allCases)
    func aRepeatIsTheSameAnswerAndNoSecondRecord(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try ada.get()
            try await installation.askToConfirm(address)
            try await installation.askToConfirm(address)
            let requests = try await installation.requests()
            var tokens: [String] = []
            for request in requests {
                let details = try await installation.engine.ask(ConfirmationDetails(request))
                tokens.append(try #require(details).token)
            }
            installation.clock.advance(seconds: 1)
            // The older message's link, then both again, all at once.
            #expect(try await installation.confirm(tokens[0]))
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for token in tokens + tokens + tokens {
                    group.addTask { try await installation.confirm(token) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers == Array(repeating: true, count: 6))
            #expect(try await installation.grants() == 1)
            // Nor is there anything left to be sent.
            #expect(try await installation.engine.ask(ConfirmationDetails(requests[1])) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func aLinkLastsTwoDays(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.askToConfirm(ada.get())
            let token = try await installation.onlyToken()
            installation.clock.advance(seconds: 48 * 3600)
            #expect(try await !installation.confirm(token))
            #expect(try await installation.grants() == 0)
            #expect(try await installation.check(ada.get()).reason == .unconfirmed)
        }
    }

    @Test(arguments: Backend.allCases)
    func aLinkLastsToItsLastSecond(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.askToConfirm(ada.get())
            let token = try await installation.onlyToken()
            installation.clock.advance(seconds: 48 * 3600 - 1)
            #expect(try await installation.confirm(token))
        }
    }

    /// A stop after the request is the later word, and one after the confirmation too.
    @Test(arguments: Backend.allCases, [true, false])
    func aLinkUndoesNoLaterNo(_ backend: Backend, _ isConfirmed: Bool) async throws {
        try await backend.withEngine { installation in
            let address = try ada.get()
            try await installation.askToConfirm(address)
            let token = try await installation.onlyToken()
            installation.clock.advance(seconds: 1)
            if isConfirmed { #expect(try await installation.confirm(token)) }
            installation.clock.advance(seconds: 1)
            try await installation.optOut(address, from: .global)
            installation.clock.advance(seconds: 1)
            let effect = try await installation.effect { try await installation.confirm(token) }
            #expect(effect.failure == nil && effect.changed.isEmpty)
            #expect(try await installation.check(address).reason == .globalOptOut)
        }
    }

    @Test(arguments: Backend.allCases)
    func comingBackAfterAComplaint(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try ada.get()
            try await installation.optOut(address)
            let complaint = Suppression(
                reason: .complaint,
                scope: nil,
                since: installation.clock.now,
                source: .provider,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(complaint, .address(address))])
            installation.clock.advance(seconds: 60)
            try await installation.askToConfirm(address)
            #expect(try await installation.check(address).reason == .complaint)
            installation.clock.advance(seconds: 60)
            #expect(try await installation.confirm(installation.onlyToken()))
            #expect(try await installation.check(address).allowed)
            #expect(try await installation.verify().findings == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func noOtherTokenConfirms(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(ada.get())
            let check = MaySend(
                subject: .address(try ada.get()),
                scope: Sample.newsletter,
                withLinks: true
            )
            let unsubscribe = try await installation.engine.ask(check).links?.unsubscribe
            for token in ["", "x", try #require(unsubscribe)] {
                let effect = try await installation.effect { try await installation.confirm(token) }
                #expect(effect.failure == nil && effect.changed.isEmpty)
            }
        }
    }

    @Test(arguments: Backend.allCases, [FaultyDatabase.Fault.beforeCommit, .afterCommit])
    func aLostReplyIsOneYes(_ backend: Backend, _ fault: FaultyDatabase.Fault) async throws {
        try await backend.withEngine { installation in
            try await installation.askToConfirm(ada.get())
            let command = ConfirmDoubleOptIn(token: try await installation.onlyToken(), ip: nil)
            installation.clock.advance(seconds: 1)
            let faulty = Engine(database: FaultyDatabase(installation.database, [fault]))
            await #expect(throws: StoreError.self) {
                try await faulty.perform(command, as: .person)
            }
            #expect(try await installation.grants() == (fault == .afterCommit ? 1 : 0))
            #expect(try await faulty.perform(command, as: .person).receipt)
            #expect(try await installation.grants() == 1)
        }
    }
}
