// Erasure from request to receipt: what is gone, what stays, what is said about it.

import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Erasure")
struct FinishErasureTests {
    @Test(arguments: Backend.allCases)
    func afterwardsNobodyIsThereAndTheNoIsKept(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm", "esp")
            let contact = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            let id = try await installation.requestErasure()
            #expect(try await installation.status(id) == .verified)
            try await installation.doSteps()
            let request = try await installation.progress(id).request
            #expect(request.status == .completed)
            #expect(request.endedAt != nil)
            let (isErased, stored, rows) = try await installation.database.read { transaction in
                (
                    try transaction.isErased(contact), try transaction.contact(contact),
                    try transaction.personalRows(of: contact)
                )
            }
            #expect(isErased)
            #expect(stored != nil && stored?.externalID == nil)
            #expect(stored?.locale == nil && stored?.region == nil)
            #expect(rows["permissions"] == nil && rows["addresses"] == nil)
            for scope in [Sample.newsletter, Sample.promotions, Sample.receipts] {
                #expect(try await installation.check(address, scope).reason == .erased)
            }
            // A list that says yes revives nobody; the person's own act does.
            let late = Terms(source: .batchImport)
            await #expect(throws: Refusal.self) {
                try await installation.decide(address, terms: late)
            }
            installation.clock.advance(seconds: 60)
            try await installation.decide(address, terms: Terms(source: .form))
            #expect(try await installation.check(address).allowed)
        }
    }

    /// What led to the person leads nowhere: no page shows choices, no id takes a yes.
    @Test(arguments: Backend.allCases)
    func oldLinksAndIDsLeadToNobody(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let engine = installation.engine
            let make = MakePreferenceLink(.contact(contact), validFor: 86_400)
            let link = try #require(try await engine.ask(make))
            #expect(try await engine.ask(ReadPreferences(token: link)) != nil)
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            #expect(try await engine.ask(ReadPreferences(token: link)) == nil)
            let yes = try RecordConsent(
                subject: .contact(contact),
                scope: Sample.newsletter,
                decision: .granted,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version
            )
            let refusal = await #expect(throws: Refusal.self) {
                _ = try await engine.perform(yes, as: Sample.actor)
            }
            #expect(refusal?.field == "contactId")
        }
    }

    @Test(arguments: Backend.allCases)
    func theReceiptSaysWhatWasDone(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            let contact = try await installation.addErin()
            let id = try await installation.requestErasure()
            #expect(try await installation.progress(id).receipts.isEmpty)
            try await installation.doSteps()
            let progress = try await installation.progress(id)
            let receipt = try await installation.receipt(id)
            #expect(receipt.outcome == "completed")
            #expect(receipt.contact == contact.text)
            #expect(receipt.verifiedBy == "account-login")
            #expect(receipt.blockKept == true)
            #expect(receipt.regime == "gdpr-request@2")
            let systems = receipt.systems.map { "\($0.connector) \($0.outcome) \($0.answer ?? "")" }
            #expect(systems == ["crm confirmed 200 OK"])
            let rows = Dictionary(uniqueKeysWithValues: receipt.tables.map { ($0.table, $0.rows) })
            #expect(rows["addresses"] == 1)
            #expect(rows["contact_keys"] == 1)
            #expect(rows["consent_records"] == 3)
            #expect(rows["permissions"] == 2)
            #expect(rows["opt_outs"] == 1)
            for text in Searchable.texts {
                let body = String(decoding: progress.receipts[0].body, as: UTF8.self)
                #expect(!body.contains(text))
            }
            // The token opens it, and no other does.
            let found = try await installation.engine.ask(FindReceipt(token: progress.token))
            #expect(found?.receipt.body == progress.receipts[0].body)
            var wrong = progress.token
            wrong[3] ^= 1
            #expect(try await installation.engine.ask(FindReceipt(token: wrong)) == nil)
        }
    }

    /// The log goes on verifying, and so does what is derived from it.
    @Test(arguments: Backend.allCases)
    func theVerifierFindsNothingWrong(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            try await installation.decide(Sample.address(2))
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            try await installation.sequence()
            let report = try await Verifier(engine: installation.engine).run()
            #expect(report.findings.isEmpty, "\(report.findings)")
            // An old link still works, and is no difference either.
            let stop = try RequestOptOut(
                subject: .contact(contact),
                extent: .scope(Sample.newsletter),
                source: .oneClick
            )
            _ = try await installation.engine.perform(stop, as: .person)
            try await installation.drainQueue()
            try await installation.sequence()
            let later = try await Verifier(engine: installation.engine).run()
            #expect(later.findings.isEmpty, "\(later.findings)")
        }
    }

    /// Not a byte of the person is left in any file.
    @Test func noByteIsLeftInTheFiles() async throws {
        try await Backend.sqlite.withEngine { installation in
            _ = try await installation.addErin()
            let key = try await installation.database.read { transaction in
                transaction.vault.lookupKeys(for: try Address(email: Searchable.address)).match
            }
            let id = try await installation.requestErasure(keepsBlock: false)
            #expect(try contains(Searchable.externalID, in: installation.folder))
            #expect(try contains(key, in: installation.folder))
            try await installation.doSteps()
            #expect(try await installation.status(id) == .completed)
            for text in Searchable.texts {
                #expect(try !contains(text, in: installation.folder), "\(text)")
            }
            // With the block removed on request, not even the keyed hash.
            #expect(try !contains(key, in: installation.folder))
            let address = try Address(email: Searchable.address)
            #expect(try await installation.check(address).reason == .unknownContact)
        }
    }

    private func contains(_ text: String, in folder: URL) throws -> Bool {
        try contains(Array(text.utf8), in: folder)
    }

    private func contains(_ bytes: [UInt8], in folder: URL) throws -> Bool {
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        #expect(!files.isEmpty)
        return try files.contains { try Data(contentsOf: $0).firstRange(of: bytes) != nil }
    }

    /// Same form, same address of a network, same words: each keeps what is theirs.
    @Test(arguments: Backend.allCases)
    func nobodyElseIsTouched(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await installation.addErin()
            var terms = Terms()
            terms.evidence = Sample.evidence()
            let other = try Address(email: "erin.searchable+other@mail.example")
            let contact = try await installation.decide(other, terms: terms)
            try await installation.optOut(other, from: .scope(Sample.promotions))
            try await installation.drainQueue()
            func facts() async throws -> [String] {
                let history = try await installation.engine.ask(History(.contact(contact)))
                return [
                    String(reflecting: history.contact), "\(history.consents)", "\(history.scopes)",
                ]
            }
            let before = try await facts()
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            #expect(try await facts() == before)
            #expect(try await installation.check(other).allowed)
        }
    }
}
