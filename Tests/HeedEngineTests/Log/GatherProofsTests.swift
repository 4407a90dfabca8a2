// Bundles of one event and of all events of a person, on a real database.

import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Gathering proofs")
struct GatherProofsTests {
    private static let origin = "log.example/heed"

    private func withLog(
        _ body: (Installation, Sequencer) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            let sequencer = Sequencer(
                engine: installation.engine,
                origin: Self.origin,
                holder: Array(repeating: 3, count: 16)
            )
            try await body(installation, sequencer)
        }
    }

    private func check(_ bundle: ProofBundle) -> ProofBundle.Report {
        ProofBundle.check(bundle.files, log: bundle.verifier)
    }

    @Test func aPersonsBundleHoldsTheirEventsAndNobodyElses() async throws {
        try await withLog { installation, sequencer in
            let ada = try await installation.decide(Sample.address(1))
            try await installation.decide(Sample.address(2))
            try await installation.optOut(Sample.address(1))
            try await sequencer.catchUp()
            let engine = installation.engine
            let byID = try await engine.ask(GatherProofs(.person(.contact(ada))))
            let byAddress = try await engine.ask(GatherProofs(.person(.address(Sample.address(1)))))
            let bundle = try #require(byID.bundle)
            #expect(byID.pendingCount == 0)
            #expect(byAddress.bundle?.files == bundle.files)
            let timeline = try await engine.ask(History(.contact(ada))).timeline
            #expect(bundle.events.count == timeline.count)
            for event in bundle.events {
                guard case .entry(let body) = event.content else { continue }
                let text = String(decoding: body, as: UTF8.self)
                #expect(text.contains("\"contact\":\"\(ada.text)\""))
            }
            let report = check(bundle)
            #expect(report.findings.isEmpty)
            #expect(report.entryCount == timeline.count)
        }
    }

    @Test func oneEventIsEnough() async throws {
        try await withLog { installation, sequencer in
            try await sequencer.catchUp()
            let rows = try await installation.sql("SELECT id FROM audit_events")
            for row in rows {
                let gathered = try await installation.engine.ask(GatherProofs(.event(row.id(0))))
                let bundle = try #require(gathered.bundle)
                #expect(bundle.events.count == 1)
                #expect(check(bundle).findings.isEmpty)
            }
        }
    }

    @Test func aPurgedEventIsProvedByItsHash() async throws {
        try await withLog { installation, sequencer in
            try await sequencer.catchUp()
            let event: EventID = try #require(
                await installation.sql("SELECT id FROM audit_events WHERE position = 1").first
            ).id(0)
            try await installation.sql("DROP TRIGGER audit_events_no_delete")
            try await installation.sql("DELETE FROM audit_events WHERE position = 1")
            let gathered = try await installation.engine.ask(GatherProofs(.event(event)))
            let bundle = try #require(gathered.bundle)
            #expect(bundle.files.keys.contains("events/\(event.text).hash"))
            #expect(check(bundle).findings.isEmpty)
            #expect(check(bundle).hashCount == 1)
        }
    }

    @Test func whatIsNotInTheLogYetIsCounted() async throws {
        try await withLog { installation, sequencer in
            let ada = try await installation.decide(Sample.address(1))
            let question = GatherProofs(.person(.contact(ada)))
            let before = try await installation.engine.ask(question)
            #expect(before.bundle == nil)
            #expect(before.pendingCount > 0)
            try await sequencer.catchUp()
            try await installation.optOut(Sample.address(1))
            let between = try await installation.engine.ask(question)
            #expect(between.pendingCount > 0)
            #expect(between.bundle?.events.count == before.pendingCount)
            try await sequencer.catchUp()
            #expect(try await installation.engine.ask(question).pendingCount == 0)
        }
    }

    @Test func nobodyAndNothingAreRefused() async throws {
        try await withLog { installation, sequencer in
            try await sequencer.catchUp()
            let engine = installation.engine
            let unknown = EventID(high: 1, low: 1)
            #expect(
                await failureCode { try await engine.ask(GatherProofs(.event(unknown))) }
                    == "not-found event"
            )
            let questions: [(GatherProofs, String)] = [
                (GatherProofs(.person(.contact(ContactID(high: 1, low: 1)))), "not-found contact"),
                (GatherProofs(.person(.address(try Sample.address(9)))), "not-found address"),
            ]
            for (question, code) in questions {
                #expect(await failureCode { try await engine.ask(question) } == code)
            }
        }
    }
}
