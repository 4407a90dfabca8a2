// People and their sealed addresses: what was written reads back, and nobody else opens it.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Contacts")
struct TransactionContactsTests {
    @Test(arguments: Backend.allCases)
    func aPersonReadsBack(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let contact = Sample.contact(1, external: "Kunde-Ö 7")
            let addresses = [try Sample.address(1), try Address(email: "Ärger@Mail.example")]
            try await installation.record([.contactAdded(contact, addresses)])
            try await installation.database.read { transaction throws in
                #expect(try transaction.contact(contact.id) == contact)
                #expect(try transaction.contactID(at: addresses[0]) == contact.id)
                #expect(try transaction.contactID(at: addresses[1]) == contact.id)
                #expect(try transaction.contactID(external: "Kunde-Ö 7") == contact.id)
                let stored = try transaction.deliveryAddresses(of: contact.id, on: .email)
                #expect(
                    Set(stored.map(\.delivery)) == ["person1@mail.example", "Ärger@Mail.example"]
                )
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aPersonMayHaveNothingButAnID(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let id = Sample.contact().id
            let contact = Contact(stored: id, externalID: nil, locale: nil, region: nil)
            try await installation.record([.contactAdded(contact, [])])
            try await installation.database.read { transaction throws in
                #expect(try transaction.contact(id) == contact)
                #expect(try transaction.deliveryAddresses(of: id, on: .email).isEmpty)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func theUnknownIsNil(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            let address = try Sample.address(2)
            try await installation.database.read { transaction throws in
                #expect(try transaction.contact(Sample.contact(9).id) == nil)
                #expect(try transaction.contactID(at: address) == nil)
                #expect(try transaction.contactID(external: "nobody") == nil)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func externalIDsAreCaseSensitiveAndTaken(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let lower = Sample.contact(1, external: "abc")
            let upper = Sample.contact(2, external: "ABC")
            try await installation.record([.contactAdded(lower, []), .contactAdded(upper, [])])
            try await installation.database.read { transaction throws in
                #expect(try transaction.contactID(external: "abc") == lower.id)
                #expect(try transaction.contactID(external: "ABC") == upper.id)
                #expect(try transaction.contactID(external: "Abc") == nil)
            }
            let again = Sample.contact(3, external: "abc")
            let effect = try await installation.effect {
                try await installation.record([.contactAdded(again, [])])
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    @Test(arguments: Backend.allCases)
    func anAddressBelongsToOnePerson(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let address = try Sample.address()
            try await installation.record([.contactAdded(Sample.contact(1), [address])])
            let effect = try await installation.effect {
                try await installation.record([.contactAdded(Sample.contact(2), [address])])
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    /// Spelling variants that one server must treat alike find one person; aliases do not.
    @Test(arguments: Backend.allCases)
    func lookUpIsByMatchForm(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let contact = Sample.contact()
            let stored = try Address(email: "a.b+shop@gmail.com")
            try await installation.record([.contactAdded(contact, [stored])])
            let same = try Address(email: " A.B+Shop@GMAIL.com ")
            let alias = try Address(email: "ab@gmail.com")
            try await installation.database.read { transaction throws in
                #expect(try transaction.contactID(at: same) == contact.id)
                #expect(try transaction.contactID(at: alias) == nil)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func evidenceReadsBackAndItsAbsenceIsNil(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let full = try Sample.address(1)
            let bare = try Sample.address(2)
            try await installation.decide(full, terms: Terms(evidence: Sample.evidence()))
            try await installation.decide(bare)
            try await installation.database.read { transaction throws in
                for (address, expected) in [(full, Sample.evidence()), (bare, nil)] {
                    let id = try #require(try transaction.contactID(at: address))
                    let record = try #require(try transaction.consents(of: id, limit: 9).first)
                    #expect(record.hasEvidence == (expected != nil))
                    #expect(try transaction.evidence(of: record.id, contact: id) == expected)
                }
            }
        }
    }

    /// By the keyed hash of the address alone, and not once the person's key is gone.
    @Test(arguments: Backend.allCases)
    func theHolderOfAnAddress(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let contact = Sample.contact()
            let given = try Address(email: "Ada.L@Mail.Example")
            try await installation.record([.contactAdded(contact, [given, Sample.address(2)])])
            @Sendable func holder(_ text: String) async throws -> ContactID? {
                try await installation.database.read { transaction throws in
                    let key = transaction.vault.lookupKeys(for: try Address(email: text)).match
                    let found = try transaction.holder(of: key)
                    if let found { #expect(found.address.delivery == given.delivery) }
                    return found?.contact
                }
            }
            #expect(try await holder("ada.l@mail.example") == contact.id)
            #expect(try await holder("nobody@mail.example") == nil)
            try await installation.sql("DELETE FROM contact_keys")
            #expect(try await holder("ada.l@mail.example") == nil)
        }
    }
}
