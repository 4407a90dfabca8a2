// A message says what its request says, and is not sent when there is nothing left to confirm.

import HeedConsent
import HeedEngine
import TestSupport
import Testing

@Suite("ConfirmationDetails")
struct ConfirmationDetailsTests {
    @Test(arguments: Backend.allCases)
    func onlyWhileItCanBeConfirmed(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.askToConfirm(Sample.address(1))
            // Of one instant they could come in either order.
            installation.clock.advance(seconds: 1)
            try await installation.askToConfirm(Sample.address(2))
            let requests = try await installation.requests()
            let (one, two) = (
                ConfirmationDetails(requests[0]), ConfirmationDetails(requests[1])
            )
            let details = try #require(try await installation.engine.ask(one))
            #expect(details.address == (try Sample.address(1)))
            #expect(details.doubleOptIns.map(\.locale) == ["de"])
            installation.clock.advance(seconds: 1)
            try await installation.decide(Sample.address(1), .denied)
            #expect(try await installation.engine.ask(one) == nil)
            #expect(try await installation.engine.ask(two) != nil)
            installation.clock.advance(seconds: 48 * 3600)
            #expect(try await installation.engine.ask(two) == nil)
            let unknown = ConfirmationDetails([ConsentID(high: 1, low: 2)])
            #expect(try await installation.engine.ask(unknown) == nil)
        }
    }

    /// The one address that was asked, however many the person has.
    @Test(arguments: Backend.allCases)
    func goesToTheAddressThatWasAsked(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = try [Sample.address(1), Sample.address(2)]
            let contact = try AddContact(
                addresses: addresses,
                externalID: nil,
                locale: nil,
                region: nil
            )
            _ = try await installation.engine.perform(contact, as: Sample.actor)
            try await installation.askToConfirm(addresses[1])
            let requests = try await installation.requests()
            let details = try await installation.engine.ask(ConfirmationDetails(requests[0]))
            #expect(details?.address == addresses[1])
        }
    }
}
