// Who may be added, who is known already, and whose addresses belong to somebody else.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("AddContact")
struct AddContactTests {
    private func add(
        _ installation: Installation,
        _ addresses: [String],
        external: String? = nil,
        locale: String? = nil,
        region: String? = nil
    ) async throws -> AddContact.Receipt {
        let command = try AddContact(
            addresses: try addresses.map { try Address(email: $0) },
            externalID: external,
            locale: locale,
            region: region
        )
        return try await installation.engine.perform(command, as: Sample.actor).receipt
    }

    @Test(arguments: Backend.allCases)
    func aNewPersonIsAdded(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let receipt = try await add(
                installation,
                ["a@mail.example", "A@MAIL.example", "b@mail.example"],
                external: "c-1",
                locale: "de-AT",
                region: "at"
            )
            #expect(receipt.created)
            let id = try #require(ContactID(text: receipt.id))
            let stored = try await installation.database.read { transaction in
                (
                    try transaction.contact(id),
                    try transaction.deliveryAddresses(of: id, on: .email).map(\.delivery)
                )
            }
            #expect(stored.0?.externalID == "c-1")
            #expect(stored.0?.region == "AT")
            #expect(Set(stored.1) == ["a@mail.example", "b@mail.example"])
        }
    }

    /// Knowing a person is not permission to write to them.
    @Test(arguments: Backend.allCases)
    func anAddedPersonHasAgreedToNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await add(installation, ["a@mail.example"])
            for scope in Sample.scopes {
                let decision = try await installation.check(
                    Address(email: "a@mail.example"),
                    scope.name
                )
                #expect(decision.reason == .noConsent)
            }
        }
    }

    struct Case: Sendable {
        let addresses: [String]
        var external: String?
        var locale: String?
        var region: String?
        let expected: String?
    }

    /// Known before: `a` and `b` as one person `c-1`, `z` as another without an external id.
    static let cases: [Case] = [
        Case(addresses: ["a@mail.example"], expected: nil),
        Case(addresses: ["b@mail.example", "a@mail.example"], expected: nil),
        Case(addresses: ["a@mail.example"], external: "c-1", expected: nil),
        Case(addresses: ["a@mail.example"], external: "c-2", expected: "conflict addresses"),
        Case(addresses: ["a@mail.example", "z@mail.example"], expected: "conflict addresses"),
        Case(addresses: ["a@mail.example", "new@mail.example"], expected: "conflict addresses"),
        Case(addresses: ["new@mail.example"], external: "c-1", expected: "conflict addresses"),
        Case(addresses: ["z@mail.example"], external: "c-9", expected: "conflict addresses"),
        Case(addresses: ["z@mail.example"], external: "c-1", expected: "conflict addresses"),
        Case(addresses: [], expected: "missing-field addresses"),
        Case(addresses: (0..<21).map { "n\($0)@mail.example" }, expected: "too-large addresses"),
        Case(
            addresses: ["new@mail.example"],
            external: "x@y",
            expected: "invalid-field externalId"
        ),
        Case(addresses: ["new@mail.example"], external: "", expected: "invalid-field externalId"),
        Case(addresses: ["new@mail.example"], locale: "d", expected: "invalid-field locale"),
        Case(addresses: ["new@mail.example"], region: "DEU", expected: "invalid-field region"),
        Case(addresses: ["no address"], expected: "invalid-field address"),
        Case(addresses: [""], expected: "missing-field address"),
    ]

    @Test(arguments: Backend.allCases, cases)
    func nothingChangesForTheKnownAndTheWrong(_ backend: Backend, _ row: Case) async throws {
        try await backend.withEngine { installation in
            let known = try await add(
                installation,
                ["a@mail.example", "b@mail.example"],
                external: "c-1"
            )
            _ = try await add(installation, ["z@mail.example"])
            let effect = try await installation.effect {
                let receipt = try await add(
                    installation,
                    row.addresses,
                    external: row.external,
                    locale: row.locale,
                    region: row.region
                )
                #expect(receipt.id == known.id && !receipt.created)
            }
            #expect(effect == Effect(failure: row.expected, changed: []))
        }
    }

    @Test(arguments: Backend.allCases)
    func twentyAddressesAreEnough(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = (0..<AddContact.addressesMaximum).map { "n\($0)@mail.example" }
            let receipt = try await add(installation, addresses)
            #expect(receipt.created)
        }
    }

    /// A stop said to one address of a person is a stop for the person.
    @Test(arguments: Backend.allCases)
    func anOptOutCoversAllAddresses(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let texts = ["a@mail.example", "b@mail.example", "c@mail.example"]
            let receipt = try await add(installation, texts)
            let addresses = try texts.map { try Address(email: $0) }
            for address in addresses { try await installation.decide(address) }
            try await installation.optOut(addresses[1])
            for address in addresses {
                #expect(try await installation.check(address).reason == .optOut)
            }
            let id = try #require(ContactID(text: receipt.id))
            let byID = try await installation.engine.ask(
                MaySend(subject: .contact(id), scope: Sample.newsletter)
            )
            #expect(byID.decision.reason == .optOut)
        }
    }

    /// Nobody but themselves brings an erased person's address back, as with an import.
    @Test(arguments: Backend.allCases)
    func whoWasErasedIsNotAddedAgain(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Address(email: "gone@mail.example")
            let block = Suppression(
                reason: .erasure,
                scope: nil,
                since: installation.clock.now,
                source: .commandLine,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(block, .address(address))])
            for addresses in [["GONE@mail.example"], ["new@mail.example", "gone@mail.example"]] {
                let effect = try await installation.effect {
                    _ = try await add(installation, addresses)
                }
                #expect(effect == Effect(failure: "opted-out addresses", changed: []))
            }
            installation.clock.advance(seconds: 1)
            try await installation.decide(address)
            #expect(try await !add(installation, ["gone@mail.example"]).created)
        }
    }
}
