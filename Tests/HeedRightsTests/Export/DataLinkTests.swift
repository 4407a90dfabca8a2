// A link to somebody's data goes to their own address, opens nothing else, and not for long.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Data links")
struct DataLinkTests {
    private func token(_ installation: Installation, _ contact: ContactID) async throws -> String {
        let details = try await installation.engine.ask(DataLinkDetails(contact: contact))
        return try #require(details).token
    }

    private func opened(_ installation: Installation, _ token: String) async throws -> ContactID? {
        try await installation.engine.ask(OpenDataLink(token: token))
    }

    @Test func itOpensForAnHour() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.decide(Sample.address())
            let token = try await token(installation, contact)
            #expect(token.hasPrefix("d1.k1.") && !token.contains("@"))
            #expect(try await opened(installation, token) == contact)
            installation.clock.advance(seconds: 3600)
            #expect(try await opened(installation, token) == contact)
            installation.clock.advance(seconds: 1)
            #expect(try await opened(installation, token) == nil)
        }
    }

    @Test func noOtherLinkOpensIt() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.decide(Sample.address())
            let made = MakePreferenceLink(.contact(contact), validFor: 600)
            let preferences = try #require(try await installation.engine.ask(made))
            let other = "d1.k1." + preferences.dropFirst(6)
            let mine = try await token(installation, contact)
            let changed = mine.dropLast() + (mine.hasSuffix("A") ? "Q" : "A")
            for token in [preferences, other, String(changed), "", "d1.k1.", mine + "A"] {
                #expect(try await opened(installation, token) == nil, "\(token)")
            }
            let question = ReadPreferences(token: "p1.k1." + mine.dropFirst(6))
            #expect(try await installation.engine.ask(question) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func itGoesToAnAddressThatMayGetAMessage(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = [try Sample.address(1), try Sample.address(2)]
            let add = try AddContact(
                addresses: addresses,
                externalID: nil,
                locale: nil,
                region: nil
            )
            let added = try await installation.engine.perform(add, as: Sample.actor).receipt.id
            let contact = try #require(ContactID(text: added))
            func receiver() async throws -> Address? {
                let question = DataLinkDetails(contact: contact)
                let details = try await installation.engine.ask(question)
                return details?.address
            }
            #expect(try await receiver() != nil)
            for address in addresses {
                let bounce = Suppression(
                    reason: .hardBounce,
                    scope: nil,
                    since: installation.clock.now,
                    source: .provider,
                    optOut: nil
                )
                try await installation.record([.suppressionAdded(bounce, .address(address))])
                let left = address == addresses[0] ? addresses[1] : nil
                #expect(try await receiver() == left)
            }
        }
    }

    @Test func whoWasErasedHasNone() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.addErin()
            let token = try await token(installation, contact)
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            #expect(try await opened(installation, token) == nil)
            let details = try await installation.engine.ask(DataLinkDetails(contact: contact))
            #expect(details == nil)
        }
    }
}
