// People whose lives here are tangled as much as they can be: an export has the one's data only.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Exports of people who are tangled")
struct LeakTests {
    /// One mailbox by two aliases, a person at another provider, and one who was erased.
    private static let names = [
        "tangle+one@gmail.com", "tangle+two@gmail.com", "third@mail.example",
    ]

    private struct Tangled {
        let contact: ContactID
        let address: String
        let words: [String]
    }

    /// The same form, browser, client, minute and campaign for all; a few words of each one's own.
    private func people(_ installation: Installation) async throws -> [Tangled] {
        let engine = installation.engine
        let form = try SignUpForm(
            name: "main",
            boxes: [.init(scope: Sample.newsletter, wording: "News")],
            policyVersion: Sample.version,
            redirects: [],
            circumstances: .client
        )
        _ = try await engine.perform(AddForm(form), as: Sample.actor)
        var people: [Tangled] = []
        for (number, name) in LeakTests.names.enumerated() {
            let address = try Address(email: name)
            let words = [
                "customer-\(number)-number", "reason of person \(number)", "message-of-\(number)",
            ]
            let add = try AddContact(
                addresses: [address],
                externalID: words[0],
                locale: "de",
                region: "DE"
            )
            _ = try await engine.perform(add, as: Sample.actor)
            let submit = try SubmitForm(
                form: "main",
                address: address,
                ticked: [Sample.newsletter],
                evidence: Sample.evidence()
            )
            _ = try await engine.perform(submit, as: .person)
            var evidence = Sample.evidence()
            evidence.statement = words[1]
            let stop = try RequestOptOut(
                subject: .address(address),
                extent: .scope(Sample.newsletter),
                source: .preferenceCentre,
                evidence: evidence
            )
            _ = try await engine.perform(stop, as: .person)
            let contact = try await installation.decide(address, in: Sample.promotions)
            _ = try await installation.requestAccess(of: .contact(contact), verifiedBy: nil)
            let told = try await installation.tell(
                "opened-\(number)",
                .opened,
                address,
                message: "message-of-\(number)"
            )
            #expect(told == .recorded)
            people.append(Tangled(contact: contact, address: name, words: words))
        }
        try await installation.drainQueue()
        return people
    }

    /// Every id in the database that belongs to one person.
    private func ids(_ contact: ContactID, _ installation: Installation) async throws -> [String] {
        try await installation.database.read { transaction in
            var ids = [contact.text]
            for statement: SQL in [
                "SELECT id FROM consent_records WHERE contact_id = $1",
                "SELECT id FROM opt_outs WHERE contact_id = $1",
                "SELECT id FROM requests WHERE contact_id = $1",
                "SELECT id FROM audit_events WHERE contact_id = $1",
            ] {
                for row in try transaction.connection.run(statement, [.id(contact)]) {
                    let id: EventID = try row.id(0)
                    ids.append(id.text)
                }
            }
            return ids
        }
    }

    @Test(arguments: Backend.allCases)
    func eachGetsTheirOwnOnly(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            let people = try await people(installation)
            for person in people {
                let export = try await installation.export(person.address)
                let everything = export.everything
                #expect(everything.contains(person.address))
                for word in person.words { #expect(everything.contains(word), "\(word)") }
                for other in people where other.contact != person.contact {
                    #expect(!everything.contains(other.address))
                    for word in other.words { #expect(!everything.contains(word), "\(word)") }
                    for id in try await ids(other.contact, installation) {
                        #expect(!everything.contains(id), "\(id)")
                    }
                }
                for row in try export.rows("auditTrail") {
                    #expect(row["kind"] as? String != "form.added")
                }
            }
        }
    }

    /// What is looked for above is found where it belongs, so that looking means something.
    @Test func theIdsAreInTheirOwnersExport() async throws {
        try await Backend.sqlite.withEngine { installation in
            let person = try #require(try await people(installation).first)
            let ids = try await ids(person.contact, installation)
            #expect(ids.count > 8)
            let export = try await installation.export(person.address)
            for id in ids { #expect(export.everything.contains(id), "\(id)") }
        }
    }

    /// Another's stop at an alias holds for the mailbox; whose it was is not said.
    @Test func anAliasSeesThatItIsBlockedAndNotByWhom() async throws {
        try await Backend.sqlite.withEngine { installation in
            let one = try await installation.decide(Address(email: LeakTests.names[0]))
            let other = try await installation.optOut(Address(email: LeakTests.names[1]))
            let export = try await installation.export(.contact(one))
            #expect(try export.rows("suppressions").map { $0["reason"] as? String } == ["opt-out"])
            #expect(try export.rows("optOuts").isEmpty)
            #expect(!export.everything.contains(other.text))
        }
    }
}
