// Evidence has everything there is, proves every byte of it, and is asked for with a reason.

import Foundation
import HeedConsent
import HeedEngine
import HeedEvidence
import HeedLedger
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Evidence exporter")
struct EvidenceExporterTests {
    private static let schema = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/evidence.schema.json")

    private func schema() throws -> SchemaCheck {
        try SchemaCheck(Data(contentsOf: EvidenceExporterTests.schema))
    }

    @Test(arguments: Backend.allCases)
    func everythingAboutAPersonIsInIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErinInFull()
            let made = try await installation.evidence(.contact(contact))
            for text in Searchable.texts { #expect(made.everything.contains(text), "\(text)") }
            let report = made.check(try await installation.logKey())
            #expect(report.findings == [])
            let kinds = try made.rows("timeline").compactMap { $0["kind"] as? String }
            #expect(kinds.first == "contact.added" && kinds.contains("optout.requested"))
            #expect(report.entryCount >= kinds.count + 1)
            #expect(try schema().complaints(about: made.json()) == [])
            let policy = try #require(try made.rows("policies").first)
            #expect((policy["textSha256"] as? String)?.count == 64)
            let registered = try #require(policy["event"] as? String)
            #expect(made.files["events/\(registered).tlog-proof"] != nil)
            let standing = try made.rows("standing")
            #expect(standing.contains { $0["answer"] as? String == "optOut" })
            #expect(made.counts["timeline"] == kinds.count)
            // Who recorded each decision, which a person's own export leaves out.
            let actors = try made.rows("consents").map { $0["actor"] as? String }
            #expect(!actors.isEmpty && actors.allSatisfy { $0?.isEmpty == false })
        }
    }

    @Test(arguments: Backend.allCases)
    func oneChangedByteOfAnyFileIsFoundAndNamed(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let made = try await installation.evidence(.contact(contact))
            let key = try await installation.logKey()
            #expect(made.check(key).findings == [])
            #expect(made.files.count > 20)
            for (path, bytes) in made.files {
                for position in [0, bytes.count / 2, bytes.count - 1] {
                    var spoiled = made
                    spoiled.files[path]?[position] ^= 1
                    let named = spoiled.check(key).findings.contains { $0.path == path }
                    #expect(named, "byte \(position) of \(path)")
                }
                var lacking = made
                lacking.files[path] = nil
                #expect(!lacking.check(key).findings.isEmpty, "without \(path)")
            }
            var more = made
            more.files["evidence.pdf"] = [1]
            #expect(more.check(key).findings.map(\.path) == ["evidence.pdf"])
        }
    }

    /// A pair of files that is taken away leaves a line in the list of files.
    @Test func aMissingEventIsFound() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.addErin()
            var made = try await installation.evidence(.contact(contact))
            let id = try #require(try made.rows("timeline")[1]["id"] as? String)
            made.files["events/\(id).json"] = nil
            made.files["events/\(id).tlog-proof"] = nil
            let findings = made.check(try await installation.logKey()).findings
            #expect(findings.map(\.path) == ["events/\(id).json"])
            #expect(findings.first?.fault == .missing)
        }
    }

    @Test func theLogKnowsWhoAndWhy() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.addErin()
            let made = try await installation.evidence(.contact(contact))
            let lines = try await installation.evidenceLines()
            #expect(lines.map(\.kind) == ["evidence.export-started", "evidence.exported"])
            for line in lines {
                #expect(line.actor.id == "k-9" && line.contact == contact)
                #expect(line.facts["reason"] == "case 17" && line.facts["about"] == "person")
            }
            #expect(lines[0].detailsHash == nil && lines[1].detailsHash?.count == 32)
            #expect(lines[1].facts["timeline"] == made.counts["timeline"].map(String.init))
            let head = try made.json()
            #expect(head["reason"] as? String == "case 17")
            #expect((head["exportedBy"] as? [String: String])?["id"] == "k-9")
            for line in lines {
                let text = String(decoding: line.canonical(), as: UTF8.self)
                for personal in Searchable.texts { #expect(!text.contains(personal)) }
            }
        }
    }

    @Test(arguments: [
        "", "   ", "two\nlines", "ada@mail.example", String(repeating: "x", count: 501),
    ])
    func aReasonIsNeeded(_ reason: String) throws {
        let refusal = try #require(throws: Refusal.self) {
            try EvidenceOrder(
                .contact(ContactID(high: 1, low: 1)),
                actor: .person,
                source: .api,
                reason: reason
            )
        }
        #expect(refusal.field == "reason")
    }

    @Test(arguments: Backend.allCases)
    func whatIsNotThereIsRefusedAndNotWrittenDown(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let now = installation.clock.now
            let cases: [(EvidenceQuestion, String)] = [
                (.contact(ContactID(high: 1, low: 1)), "contact"),
                (.address(try Address(email: "nobody@mail.example")), "address"),
                (.receipt(token: [1, 2], nil), "receipt"),
                (.receipt(token: [UInt8](repeating: 1, count: 16), nil), "receipt"),
                (.period(from: now.adding(days: 1), to: nil), "from"),
                (.period(from: now.adding(days: -1), to: now.adding(days: -2)), "to"),
            ]
            for (question, field) in cases {
                let refusal = await #expect(throws: Refusal.self) {
                    _ = try await installation.beginEvidence(question)
                }
                #expect(refusal?.field == field)
            }
            #expect(try await installation.evidenceLines().isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func ofAnErasedPersonItHasWhatIsLeft(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            let id = try await installation.requestErasure()
            try await installation.doSteps()
            let token = try await installation.engine.ask(RequestProgress(id)).token
            let address = try Address(email: Searchable.address)
            // By the receipt; by the address, since an opt-out stands behind its block; by both.
            for question in [
                EvidenceQuestion.receipt(token: token, nil), .address(address),
                .receipt(token: token, address),
            ] {
                let made = try await installation.evidence(question)
                #expect(made.check(try await installation.logKey()).findings == [])
                #expect(try schema().complaints(about: made.json()) == [])
                #expect(try made.json()["erased"] as? Bool == true)
                for text in Searchable.texts { #expect(!made.everything.contains(text)) }
                #expect(try made.rows("consents").count == 3)
                let kinds = try made.rows("timeline").compactMap { $0["kind"] as? String }
                #expect(kinds.contains("erasure.local-cascade-completed"))
                // The receipt itself, which its event has the hash of.
                #expect(made.files.keys.contains { $0.hasSuffix(".document") })
                let reasons = try made.rows("suppressions").map { $0["reason"] as? String }
                let isNamed = question != .receipt(token: token, nil)
                #expect(reasons.contains("erasure") == isNamed)
            }
        }
    }

    /// Nobody ever knew them but for a block.
    @Test func ofAStrangerItHasTheBlock() async throws {
        try await Backend.sqlite.withEngine { installation in
            let address = try Address(email: "stranger@mail.example")
            let block = Suppression(
                reason: .complaint,
                scope: nil,
                since: installation.clock.now,
                source: .provider,
                optOut: nil
            )
            try await installation.record([.suppressionAdded(block, .address(address))])
            let made = try await installation.evidence(.address(address))
            #expect(made.check(try await installation.logKey()).findings == [])
            #expect(try made.json()["contact"] == nil)
            #expect(try made.rows("suppressions").count == 1)
            #expect(try made.rows("timeline").isEmpty)
            #expect(try made.rows("standing")[0]["answer"] as? String == "complaint")
            // No erasure is spoken of that never was.
            #expect(try made.json()["erased"] as? Bool == false)
            #expect(!made.everything.contains("was erased"))
        }
    }

    /// A key that was lost is not an erasure.
    @Test(arguments: Backend.allCases)
    func somebodyWhoseKeyIsGoneIsNotCalledErased(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            try await installation.sql("DELETE FROM contact_keys")
            let error = await #expect(throws: StoreError.self) {
                _ = try await installation.evidence(.contact(contact))
            }
            #expect(error?.code == .wrongKey)
        }
    }

    @Test(arguments: Backend.allCases)
    func aPeriodHasIdsOnly(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let before = installation.clock.now
            try await installation.decide(Address(email: "old@mail.example"))
            installation.clock.advance(seconds: 10)
            let from = installation.clock.now
            let contact = try await installation.addErin()
            installation.clock.advance(seconds: 10)
            let to = installation.clock.now
            let late = try await installation.decide(Address(email: "late@mail.example"))
            installation.clock.advance(seconds: 10)
            let made = try await installation.evidence(.period(from: from, to: to))
            #expect(made.check(try await installation.logKey()).findings == [])
            #expect(try schema().complaints(about: made.json()) == [])
            for text in Searchable.texts { #expect(!made.everything.contains(text), "\(text)") }
            let people = Set(try made.rows("consents").compactMap { $0["contactId"] as? String })
            #expect(people == [contact.text])
            #expect(try made.rows("optOuts").count == 1)
            #expect(!made.everything.contains(late.text))
            let all = try await installation.evidence(.period(from: before, to: nil))
            #expect(all.everything.contains(late.text))
            #expect(all.check(try await installation.logKey()).findings == [])
        }
    }

    @Test func moreEventsThanABundleHoldsAreRefused() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.decide(try Sample.address())
            // Lines are all that is counted.
            _ = try await installation.records(20_000, of: contact)
            let refusal = await #expect(throws: Refusal.self) {
                _ = try await installation.beginEvidence(.contact(contact))
            }
            #expect(refusal?.code == .tooLarge && refusal?.field == "contact")
            #expect(refusal?.message.contains("20000") == true)
        }
    }

    @Test func thePageIsForPeopleAndRunsNothing() async throws {
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.addErinInFull()
            let page = try await installation.evidence(.contact(contact)).page
            #expect(page.contains("<h1>Evidence about contact \(contact.text)</h1>"))
            #expect(page.contains("Shop &lt;Ltd&gt;") && !page.contains("Shop <Ltd>"))
            #expect(
                !page.lowercased().contains("<script") && !page.contains("http-equiv=\"refresh")
            )
            #expect(page.contains("default-src 'none'"))
            #expect(page.contains("@page") && page.contains("@media print"))
            // Half past nine in UTC is half past ten in Warsaw, in winter.
            #expect(page.contains("2026-01-31 09:30:00 UTC"))
            #expect(page.contains("2026-01-31 10:30:00 +01:00"))
            #expect(page.contains("The person opted out"))
            // Nobody has to wonder whether a part was cut off.
            #expect(!page.contains("<tbody>\n</tbody>"))
            let summer = try await installation.evidence(.contact(contact), zone: "UTC").page
            #expect(!summer.contains("class=\"local\">2"))
            #expect(throws: Refusal.self) { try EvidenceTerms.timeZone("Mars/Olympus") }
        }
    }

    /// On the page: what the operator calls the key that acted, revoked since or not, which zone
    /// the second times are of, and both times wherever one is told.
    @Test func thePageNamesKeysAndTheZone() async throws {
        try await Backend.sqlite.withEngine { installation in
            let engine = installation.engine
            let create = try CreateKey(role: .collector, label: "Shop & <sign-up>")
            let key = try await engine.perform(create, as: Sample.actor).receipt.key
            let grant = try RecordConsent(
                subject: .address(try Sample.address()),
                scope: Sample.newsletter,
                decision: .granted,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version,
                givenAt: nil,
                expiresAt: nil,
                evidence: Evidence()
            )
            _ = try await engine.perform(grant, as: Actor(.apiKey, id: key.id))
            _ = try await engine.perform(RevokeKey(id: key.id), as: Sample.actor)
            let made = try await installation.evidence(.address(try Sample.address()))
            #expect(made.page.contains("api-key \(key.id) (Shop &amp; &lt;sign-up&gt;)"))
            #expect(made.page.contains("In UTC, and in Europe/Warsaw (+01:00)."))
            #expect(!made.page.contains("2026-01-31T09:30:00Z"))
            #expect(!(try made.json().description.contains("sign-up")))
        }
    }

    @Test(arguments: Backend.allCases)
    func aLongHistoryComesInPages(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.decide(try Sample.address())
            _ = try await installation.records(1203, of: contact)
            let made = try await installation.evidence(.contact(contact))
            #expect(try made.rows("consents").count == 1204)
            let ids = try made.rows("timeline").compactMap { $0["id"] as? String }
            #expect(Set(ids).count == ids.count && ids.count == made.counts["timeline"])
            #expect(made.largestPiece < 1 << 20)
            #expect(made.check(try await installation.logKey()).findings == [])
        }
    }

    /// A schema that nothing fails is none.
    @Test func theSchemaSaysWhatIsThere() async throws {
        let check = try schema()
        try await Backend.sqlite.withEngine { installation in
            let contact = try await installation.addErinInFull()
            let person = try await installation.evidence(.contact(contact)).json()
            installation.clock.advance(seconds: 1)
            let start = Timestamp(seconds: 0)
            let period = try await installation.evidence(.period(from: start, to: nil)).json()
            #expect(check.members == Set(person.keys).union(period.keys))
            var wrong = person
            wrong["erased"] = "no"
            wrong["wat"] = 1
            let complaints = check.complaints(about: wrong)
            #expect(complaints.contains("$.erased: no boolean") && complaints.contains("$: wat"))
        }
    }
}
