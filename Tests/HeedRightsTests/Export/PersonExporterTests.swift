// An export has everything about one person and nothing about others, and the log knows of it.

import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Person exporter")
struct PersonExporterTests {
    private static let schema = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/person-export.schema.json")

    private func schema() throws -> SchemaCheck {
        try SchemaCheck(Data(contentsOf: PersonExporterTests.schema))
    }

    @Test(arguments: Backend.allCases)
    func everythingAboutOnePersonIsInIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm", "esp")
            let contact = try await installation.addErin()
            let request = try await installation.requestAccess(of: .contact(contact))
            let export = try await installation.export(Searchable.address)
            let consents = try export.rows("consents")
            #expect(consents.count == 3)
            #expect(consents.filter { $0["ip"] as? String == "203.0.113.77" }.count == 2)
            #expect(try export.rows("formSubmissions").count == 2)
            #expect(try export.rows("addresses")[0]["address"] as? String == Searchable.address)
            let optOut = try #require(try export.rows("optOuts").first)
            #expect(optOut["statement"] as? String == "searchable statement of a person")
            let answers = try export.rows("optOutAnswers")
            #expect(answers.map { $0["system"] as? String } == ["crm", "esp"])
            #expect(answers.allSatisfy { $0["answer"] as? String == "200 OK" })
            #expect(answers.allSatisfy { $0["optOutId"] as? String == optOut["id"] as? String })
            let block = try #require(try export.rows("suppressions").first)
            #expect(block["reason"] as? String == "opt-out")
            #expect(try export.rows("requests")[0]["id"] as? String == request.text)
            let kinds = try export.rows("auditTrail").compactMap { $0["kind"] as? String }
            #expect(kinds.first == "contact.added" && kinds.last == "contact.export-started")
            #expect(kinds.contains("optout.esp-confirmed"))
            let recipients = try export.json()["recipients"] as? [[String: String]]
            #expect(recipients?.map { $0["name"] } == ["crm", "esp"])
            #expect(try schema().complaints(about: export.json()) == [])
        }
    }

    /// A key that was lost is not an erasure.
    @Test(arguments: Backend.allCases)
    func somebodyWhoseKeyIsGoneIsNotCalledErased(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            try await installation.sql("DELETE FROM contact_keys")
            let error = await #expect(throws: StoreError.self) {
                _ = try await installation.export(Searchable.address)
            }
            #expect(error?.code == .wrongKey)
        }
    }

    @Test(arguments: Backend.allCases)
    func everyKindOfDataIsInIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErinInFull()
            let export = try await installation.export(Searchable.address)
            for text in Searchable.texts { #expect(export.everything.contains(text), "\(text)") }
            let events = try export.rows("events")
            let kinds = events.compactMap { $0["kind"] as? String }
            #expect(kinds.sorted() == ["delivered", "opened", "opened", "sent"])
            #expect(events.allSatisfy { $0["message"] as? String == Searchable.message })
            #expect(events.allSatisfy { $0["ip"] as? String == "203.0.113.77" })
            #expect(try schema().complaints(about: export.json()) == [])
        }
    }

    /// A schema that nothing fails is none.
    @Test func theSchemaSaysWhatIsThere() async throws {
        let check = try schema()
        let head = ["format", "export", "exportedAt", "controller", "purposes", "recipients"]
        let names = PersonalCategory.all.map(\.name)
        #expect(check.members == Set(head + ["retention"] + names))
        for category in PersonalCategory.all {
            #expect(check.required(category.name) == category.columns.map(\.name).sorted())
        }
        #expect(check.complaints(about: ["format": "heed-person-v0"]).contains("$: no profile"))
        try await Backend.sqlite.withEngine { installation in
            _ = try await installation.addErin()
            var json = try await installation.export(Searchable.address).json()
            json["profile"] = [["id": "x", "createdAt": "2026", "name": "Erin"]]
            let complaints = check.complaints(about: json)
            #expect(complaints.contains("$.profile[0].id: x"))
            #expect(complaints.contains("$.profile[0]: name"))
        }
    }

    @Test(arguments: Backend.allCases)
    func tablesAndDataHaveTheSameRows(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            // More than one page, all of them in one microsecond.
            let contact = try await installation.decide(address)
            let records = try await installation.records(603, of: contact)
            let export = try await installation.export(.contact(contact))
            let ids = try export.rows("consents").compactMap { $0["id"] as? String }
            #expect(ids.count == 604 && Set(ids).isSuperset(of: records.map(\.text)))
            let lines = try #require(export.files["consents.csv"]).split(separator: "\n")
            #expect(lines.dropFirst().map { String($0.prefix(36)) } == ids)
            #expect(export.counts["consents"] == 604)
            #expect(export.counts["auditTrail"] == 604 + 2)
            // What waits in memory is a page, whatever the history.
            #expect(export.largestPiece < 1 << 20)
            #expect(try #require(export.files["index.html"]).utf8.count < 100_000)
        }
    }

    @Test(arguments: Backend.allCases)
    func theLogKnowsWhoTookHowMuch(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let export = try await installation.export(.contact(contact))
            let lines = try await installation.exportLines()
            #expect(lines.map(\.kind) == ["contact.export-started", "contact.exported"])
            #expect(lines.allSatisfy { $0.actor.id == "k-9" && $0.contact == contact })
            #expect(Set(lines.map(\.subject)).count == 1)
            var facts = try #require(lines.last?.facts)
            #expect(facts.removeValue(forKey: "outcome") == "finished")
            #expect(facts == export.counts.mapValues(String.init))
            for line in lines {
                let text = String(decoding: line.canonical(), as: UTF8.self)
                for personal in Searchable.texts { #expect(!text.contains(personal)) }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func itMeetsTheVerifiedRequestForAccess(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let request = try await installation.requestAccess(of: .contact(contact))
            var run = try await installation.beginExport(.contact(contact)).run()
            _ = try await run.next()
            await run.breakOff()
            #expect(try await installation.status(request) == .verified)
            #expect(
                try await installation.exportLines().last?.facts["outcome"] == "broken-off"
            )
            _ = try await installation.export(.contact(contact))
            #expect(try await installation.status(request) == .completed)
            #expect(try await installation.receipt(request).request == "access")
            let open = try await installation.requestAccess(of: .contact(contact), verifiedBy: nil)
            _ = try await installation.export(.contact(contact))
            #expect(try await installation.status(open) == .received)
        }
    }

    @Test(arguments: Backend.allCases)
    func nobodyAndWhoWasErasedAreRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            for (subject, failure) in [
                (Subject.contact(contact), "conflict contactId"),
                (.contact(ContactID(high: 1, low: 2)), "not-found id"),
                (.address(try Sample.address(9)), "not-found address"),
            ] {
                let effect = try await installation.effect {
                    try await installation.beginExport(subject)
                }
                #expect(effect.failure == failure && effect.changed.isEmpty)
            }
        }
    }

    @Test func whatSomebodyWroteIsTextEverywhere() async throws {
        try await Backend.sqlite.withEngine { installation in
            let person = try AddContact(
                addresses: [Sample.address()],
                externalID: "=1+1\"<script>alert(1)</script>",
                locale: "fr",
                region: nil
            )
            _ = try await installation.engine.perform(person, as: Sample.actor)
            let export = try await installation.export(.address(Sample.address()))
            #expect(
                try export.rows("profile")[0]["externalId"] as? String
                    == "=1+1\"<script>alert(1)</script>"
            )
            let table = try #require(export.files["profile.csv"])
            #expect(table.contains(",\" =1+1\"\"<script>alert(1)</script>\","))
            let page = try #require(export.files["index.html"])
            #expect(!page.contains("<script") && page.contains("&lt;script&gt;"))
            #expect(page.contains("Shop &lt;Ltd&gt;"))
            #expect(page.contains("<html lang=\"fr\" dir=\"ltr\">"))
            #expect(page.contains("<h1>Ce que nous savons de vous</h1>"))
        }
    }

    @Test(arguments: ["en", "de", "es", "fr", "pl"])
    func thePageIsInWordsEverywhere(_ language: String) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.addConnectors("crm")
            let contact = try await installation.addErin()
            let export = try await installation.export(.contact(contact), language: language)
            let page = try #require(export.files["index.html"])
            #expect(page.contains("<html lang=\"\(language)\""))
            // A heading for each part, and none without words.
            #expect(page.components(separatedBy: "<h2>").count == PersonalCategory.all.count + 7)
            #expect(!page.contains("<h2></h2>") && !page.contains("{count}"))
            for category in PersonalCategory.all {
                #expect(!page.contains("<h2>\(category.name)</h2>"))
            }
            #expect(page.contains("1825") && page.contains("2000"))
        }
    }
}

extension Installation {
    /// Takes a request for access.
    func requestAccess(
        of subject: Subject,
        verifiedBy means: Source? = .mailLink
    ) async throws -> RequestID {
        let command = ReceiveRequest(.access, of: subject, source: .form, verifiedBy: means)
        return try await engine.perform(command, as: Sample.actor).receipt.request.id
    }
}
