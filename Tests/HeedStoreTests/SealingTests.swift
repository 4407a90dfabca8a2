// Nothing personal and no secret stands readable in any file, and sealed values open only in place.

import Foundation
import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Sealing")
struct SealingTests {
    /// Its twin on a server is in `HeedPostgresTests`.
    @Test(arguments: Backend.embedded)
    func noFileHoldsAPlainWord(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.sayPlainWords()
            let folder = installation.folder
            #expect(try PlainWords.found(PlainWords.secret, below: folder) == [])
            // The search itself works.
            #expect(try PlainWords.found(PlainWords.open, below: folder) == PlainWords.open)
            try await installation.sql("DELETE FROM contact_keys")
            #expect(try PlainWords.found(PlainWords.secret, below: folder) == [])
        }
    }

    private struct Person {
        let id: ContactID
        let address: Address
    }

    private func people(_ installation: Installation) async throws -> [Person] {
        var people: [Person] = []
        for number in 1...2 {
            let address = try Sample.address(number)
            let terms = Terms(evidence: Sample.evidence())
            let id = try await installation.decide(address, terms: terms)
            people.append(Person(id: id, address: address))
        }
        return people
    }

    private func addressesFailure(_ database: any Database, _ person: Person) async -> String? {
        await failureCode {
            try await database.read { try $0.deliveryAddresses(of: person.id, on: .email) }
        }
    }

    @Test(arguments: Backend.allCases)
    func anAddressMovedToAnotherPersonDoesNotOpen(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let people = try await people(installation)
            #expect(await addressesFailure(installation.database, people[0]) == nil)
            try await installation.sql(
                "UPDATE addresses SET sealed = (SELECT sealed FROM addresses "
                    + "WHERE contact_id = $2) WHERE contact_id = $1",
                .id(people[0].id),
                .id(people[1].id)
            )
            #expect(await addressesFailure(installation.database, people[0]) == "corrupt")
            #expect(await addressesFailure(installation.database, people[1]) == nil)
        }
    }

    /// With the other person's wrapped key as well, for the key is bound to its person, too.
    @Test(arguments: Backend.allCases)
    func anotherPersonsKeyDoesNotOpen(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let people = try await people(installation)
            try await installation.sql(
                "UPDATE contact_keys SET wrapped = (SELECT wrapped FROM contact_keys "
                    + "WHERE contact_id = $2) WHERE contact_id = $1",
                .id(people[0].id),
                .id(people[1].id)
            )
            #expect(await addressesFailure(installation.database, people[0]) == "wrong-master-key")
        }
    }

    @Test(arguments: Backend.allCases)
    func anAddressIsNotTakenForEvidence(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let person = try await people(installation)[0]
            let forged = ConsentID(high: 1, low: 2)
            try await installation.sql(
                "INSERT INTO consent_records (id, contact_id, scope, decision, basis, source, "
                    + "given_at, recorded_at, actor, actor_type, evidence) "
                    + "SELECT $1, contact_id, 'newsletter', 'withdrawn', 'consent', 'form', 0, 0, "
                    + "'x', 'x', sealed FROM addresses WHERE contact_id = $2",
                .id(forged),
                .id(person.id)
            )
            let failure = await failureCode {
                try await installation.database.read {
                    try $0.evidence(of: forged, contact: person.id)
                }
            }
            #expect(failure == "corrupt")
        }
    }

    /// Rows copied into another installation stay shut: its master key does not unwrap them.
    @Test(arguments: Backend.allCases)
    func anotherInstallationOpensNothing(_ backend: Backend) async throws {
        try await backend.withEngine(seed: 1) { here in
            let person = try await people(here)[0]
            let key = try await here.sql(
                "SELECT wrapped FROM contact_keys WHERE contact_id = $1",
                .id(person.id)
            )
            let address = try await here.sql(
                "SELECT channel, match_key, sealed FROM addresses WHERE contact_id = $1",
                .id(person.id)
            )
            try await backend.withEngine(seed: 2) { elsewhere in
                try await elsewhere.sql(
                    "INSERT INTO contacts (id, created_at) VALUES ($1, 0)",
                    .id(person.id)
                )
                try await elsewhere.sql(
                    "INSERT INTO contact_keys VALUES ($1, $2)",
                    .id(person.id),
                    try #require(key.first)[0]
                )
                let row = try #require(address.first)
                try await elsewhere.sql(
                    "INSERT INTO addresses VALUES ($1, $2, NULL, $3, $4, 0)",
                    row[0],
                    row[1],
                    .id(person.id),
                    row[2]
                )
                #expect(await addressesFailure(elsewhere.database, person) == "wrong-master-key")
                // Nor does the person turn up there by address.
                let found = try await elsewhere.database.read { transaction in
                    try transaction.contactID(at: person.address)
                }
                #expect(found == nil)
            }
        }
    }

    /// Crypto-shredding: with the key's row gone, what was sealed is as good as random.
    @Test(arguments: Backend.allCases)
    func withoutItsKeyNothingOpens(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let people = try await people(installation)
            try await installation.sql(
                "DELETE FROM contact_keys WHERE contact_id = $1",
                .id(people[0].id)
            )
            try await installation.database.read { transaction throws in
                for (person, erased) in zip(people, [true, false]) {
                    let addresses = try transaction.deliveryAddresses(of: person.id, on: .email)
                    #expect(addresses == (erased ? [] : [person.address]))
                    let record = try #require(
                        try transaction.consents(of: person.id, limit: 1).first
                    )
                    #expect(record.hasEvidence)
                    let evidence = try transaction.evidence(of: record.id, contact: person.id)
                    #expect(evidence == (erased ? nil : Sample.evidence()))
                }
            }
            // The legal record and the block go on without it.
            try await installation.optOut(people[0].address)
            #expect(try await installation.check(people[0].address).reason == .optOut)
        }
    }
}
