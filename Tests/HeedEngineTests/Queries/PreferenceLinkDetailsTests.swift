// A link goes to the address that was asked by, and to nobody who must get no mail.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("PreferenceLinkDetails")
struct PreferenceLinkDetailsTests {
    private func details(
        _ installation: Installation,
        _ address: Address
    ) async throws -> PreferenceLinkDetails.Details? {
        let key = try await installation.database.read { transaction in
            transaction.vault.lookupKeys(for: address).match
        }
        return try await installation.engine.ask(PreferenceLinkDetails(key: key))
    }

    @Test(arguments: Backend.allCases)
    func opensThePersonsPageForADay(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = try [Sample.address(1), Sample.address(2)]
            let add = try AddContact(
                addresses: addresses,
                externalID: nil,
                locale: nil,
                region: nil
            )
            let contact = try await installation.engine.perform(add, as: Sample.actor).receipt
            let found = try #require(try await details(installation, addresses[1]))
            #expect(found.address == addresses[1])
            installation.clock.advance(seconds: 86_399)
            let page = ReadPreferences(token: found.token)
            #expect(try await installation.engine.ask(page)?.contact.id.text == contact.id)
            installation.clock.advance(seconds: 2)
            #expect(try await installation.engine.ask(page) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func nobodyGetsNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address(1))
            #expect(try await details(installation, Sample.address(2)) == nil)
        }
    }

    /// Whoever has stopped everything may want to look; a dead address is not written to.
    @Test(
        arguments: [
            (SuppressionReason.legal, false), (.manual, false), (.hardBounce, false),
            (.complaint, true), (.optOutGlobal, true),
        ]
    )
    func blocks(_ reason: SuppressionReason, _ isSent: Bool) async throws {
        try await Backend.sqlite.withEngine { installation in
            let address = try Sample.address()
            try await installation.decide(address)
            let block = Suppression(
                reason: reason,
                scope: nil,
                since: installation.clock.now,
                source: .provider,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(block, .address(address))])
            #expect((try await details(installation, address) != nil) == isSent)
        }
    }
}
