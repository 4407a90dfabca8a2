// Tests that a browser's signal is an objection to sale and sharing, and nothing to mailings.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import TestSupport
import Testing

@Suite("Record privacy signal")
struct RecordPrivacySignalTests {
    private func person(_ installation: Installation, in region: String?) async throws -> ContactID
    {
        let command = try AddContact(
            addresses: [Sample.address()],
            externalID: nil,
            locale: nil,
            region: region
        )
        let receipt = try await installation.engine.perform(command, as: Sample.actor).receipt
        try await installation.decide(Sample.address())
        return try #require(ContactID(text: receipt.id))
    }

    @Test(arguments: Backend.allCases)
    func itIsRecordedOnceAndStopsNoMailing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let person = try await person(installation, in: "US-CA")
            for _ in 1...2 {
                let command = RecordPrivacySignal(contact: person)
                let done = try await installation.engine.perform(command, as: .person)
                #expect(done.receipt.isRecorded)
            }
            try await installation.settle()
            let history = try await installation.engine.ask(History(.contact(person)))
            let objections = history.consents.filter { $0.scope == "sale-sharing" }
            #expect(objections.map(\.decision) == [.withdrawn])
            #expect(objections.map(\.source) == ["gpc"])
            #expect(try await installation.check(Sample.address()).allowed)
            // Neither the fold of records nor the comparison with the log takes it for a scope.
            _ = try await installation.sequence()
            #expect(try await Verifier(engine: installation.engine).run().findings == [])
        }
    }

    @Test(arguments: ["DE", "US-NY", nil])
    func whereNoLawAsksNothingIsWritten(_ region: String?) async throws {
        try await Backend.sqlite.withEngine { installation in
            let person = try await person(installation, in: region)
            let before = try await installation.contents()
            let command = RecordPrivacySignal(contact: person)
            let done = try await installation.engine.perform(command, as: .person)
            #expect(!done.receipt.isRecorded)
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }
}
