// Everything about one person and nothing about another, with the guard's own answer beside it.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("History")
struct HistoryTests {
    @Test(arguments: Backend.allCases)
    func anUnknownAddressHasAnEmptyHistory(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address(2))
            let history = try await installation.engine.ask(History(.address(Sample.address(1))))
            #expect(history.contact == nil)
            #expect(history.consents.isEmpty && history.timeline.isEmpty && history.blocks.isEmpty)
            #expect(history.scopes.map(\.scope.name) == Sample.scopes.map(\.name))
            #expect(history.scopes.allSatisfy { $0.decision.reason == .unknownContact })
        }
    }

    @Test(arguments: Backend.allCases)
    func everyActIsInTheTimeline(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address(1)
            for number in 1...2 {
                let other = try Sample.address(number)
                try await installation.decide(other)
                try await installation.decide(other, in: Sample.receipts)
                try await installation.optOut(other, from: .global)
                installation.clock.advance(seconds: 1)
            }
            let history = try await installation.engine.ask(History(.address(address)))
            #expect(
                history.timeline.map(\.kind) == [
                    "contact.added", "consent.granted", "consent.granted", "optout.requested",
                    "consent.withdrawn", "consent.withdrawn", "consent.withdrawn",
                    "suppression.added", "optout.enqueued",
                ]
            )
            #expect(history.consents.map(\.source).contains("one-click"))
            #expect(history.consents.count == 5)
            #expect(history.blocks.map(\.reason) == [.optOutGlobal])
            let reasons = history.scopes.map(\.decision.reason)
            #expect(reasons == [.globalOptOut, .globalOptOut, .allowed])
            #expect(history.scopes.map(\.permission.state) == [.withdrawn, .withdrawn, .granted])
            let id = try #require(history.contact?.id)
            let byID = try await installation.engine.ask(History(.contact(id)))
            #expect(byID.timeline.map(\.position) == history.timeline.map(\.position))
            for entry in history.timeline { #expect(entry.body.contains(id.text)) }
        }
    }

    /// What `explain` shows is what the guard does.
    @Test(arguments: Backend.allCases)
    func itsDecisionsAreTheGuards(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Address(email: "a.b@gmail.com")
            let alias = try Address(email: "ab@gmail.com")
            try await installation.decide(address)
            try await installation.decide(alias, .denied, in: Sample.promotions)
            try await installation.optOut(alias)
            for asked in [address, alias, try Sample.address(5)] {
                let history = try await installation.engine.ask(History(.address(asked)))
                for state in history.scopes {
                    let decision = try await installation.check(asked, state.scope.name)
                    #expect(state.decision == decision)
                }
            }
        }
    }
}
