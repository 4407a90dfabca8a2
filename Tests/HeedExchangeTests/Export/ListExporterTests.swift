// A list that goes out says what the guard says, comes in again as it was, and is in the log.

import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedExchange

@Suite("List exporter")
struct ListExporterTests {
    private static let list = """
        email,status,consented_at,unsubscribed_at,bounced_at,complained_at,ip,region,external_id
        ada@mail.example,subscribed,2025-01-01T10:00:00Z,,,,192.0.2.1,DE,crm-1
        +grace@mail.example,subscribed,2025-01-02T10:00:00Z,,,,,US-CA,=1+1
        mary@mail.example,unsubscribed,,2025-01-03T10:00:00Z,,,,,
        rosa@mail.example,complained,,,,2025-01-04T10:00:00Z,,,
        gone@mail.example,subscribed,2025-01-05T10:00:00Z,,,,,,
        gone@mail.example,cleaned,,,2025-01-06T10:00:00Z,,,,
        later@mail.example,subscribed,2025-01-07T10:00:00Z,,,,,,
        """
    private static let names = ["ada", "+grace", "mary", "rosa", "gone", "later"]

    private func importing(_ text: String, into installation: Installation) async throws {
        let importer = Importer(
            .sample,
            engine: installation.engine,
            mode: .write,
            actor: Sample.actor
        )
        let source = ImportSource(name: "list.csv", byteCount: text.utf8.count) {
            var bytes: [UInt8]? = Array(text.utf8)
            return {
                defer { bytes = nil }
                return bytes
            }
        }
        _ = try await importer.run([source]) { _ in }
    }

    private func export(
        _ engine: Engine,
        _ format: String = "csv",
        status: String? = nil
    ) async throws -> (text: String, counts: [String: Int]) {
        let exporter = try ListExporter(
            engine: engine,
            scope: "newsletter",
            format: (format, status),
            actor: Actor(.apiKey, id: "k-9")
        )
        var run = try await exporter.begin()
        var text = ""
        while let piece = try await run.next() { text += piece }
        return (text, run.counts)
    }

    private func reasons(_ engine: Engine) async throws -> [SendDecision.Reason] {
        let question = try MaySendMany(
            recipients: ListExporterTests.names.map { "\($0)@mail.example" },
            scope: Sample.newsletter
        )
        return try await engine.ask(question).verdicts.map(\.reason)
    }

    private func fill(_ installation: Installation) async throws {
        try await importing(ListExporterTests.list, into: installation)
        let leave = try RequestOptOut(
            subject: .address(Address(email: "later@mail.example")),
            extent: .global,
            source: .form
        )
        _ = try await installation.engine.perform(leave, as: .person)
        // Known for another scope only.
        try await installation.decide(
            Address(email: "other@mail.example"),
            in: Sample.promotions
        )
    }

    @Test(arguments: Backend.allCases)
    func aListThatGoesOutAndComesInIsTheSame(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await fill(installation)
            let before = try await reasons(installation.engine)
            #expect(
                before == [.allowed, .allowed, .optOut, .complaint, .hardBounce, .globalOptOut]
            )
            let (text, counts) = try await export(installation.engine)
            #expect(
                counts == ["subscribed": 2, "unsubscribed": 2, "complained": 1, "cleaned": 1]
            )
            #expect(!text.contains("other@"))
            #expect(text.contains("\n +grace@mail.example,subscribed,allowed,2025-01-02T10:00:00Z"))
            #expect(text.contains(", =1+1\n"))
            try await backend.withEngine { fresh in
                try await importing(text, into: fresh)
                let after = try await reasons(fresh.engine)
                #expect(after == before)
                let again = try await export(fresh.engine)
                #expect(again.text.contains("192.0.2.1,,,DE,crm-1"))
                // Who only bounced is no contact there: the block is on a hash of the address.
                var contacts = counts
                contacts["cleaned"] = nil
                #expect(again.counts == contacts)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func theLogKnowsWhoTookHowMany(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await fill(installation)
            _ = try await export(installation.engine, "mailchimp", status: "subscribed")
            let lines = try await installation.exportLines()
            #expect(lines.map(\.kind) == ["list.export-started", "list.exported"])
            #expect(lines.allSatisfy { $0.actor == Actor(.apiKey, id: "k-9") })
            #expect(lines.allSatisfy { $0.scope == "newsletter" })
            #expect(Set(lines.map(\.subject)).count == 1)
            #expect(
                lines.last?.facts == [
                    "format": "mailchimp", "outcome": "finished", "subscribed": "2", "leftOut": "4",
                ]
            )
        }
    }

    @Test func aReaderWhoGoesAwayIsInTheLogToo() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await fill(installation)
            let exporter = try ListExporter(
                engine: installation.engine,
                scope: "newsletter",
                format: ("csv", nil),
                actor: Sample.actor
            )
            var run = try await exporter.begin()
            _ = try await run.next()
            _ = try await run.next()
            await run.breakOff()
            let last = try await installation.exportLines().last
            #expect(last?.facts["outcome"] == "broken-off")
            #expect(last?.facts["subscribed"] == "2")
        }
    }

    @Test func moreThanAPageComesWhole() async throws {
        try await Backend.sqlite.withEngine { installation in
            let rows = (0..<1203).map { "p\($0)@mail.example,yes" }
            let list = (["email,status"] + rows).joined(separator: "\n")
            try await importing(list, into: installation)
            let (text, counts) = try await export(installation.engine)
            #expect(counts == ["subscribed": 1203])
            #expect(text.split(separator: "\n").count == 1204)
        }
    }

    @Test func anUnknownScopeIsRefusedAndNotLogged() async throws {
        try await Backend.sqlite.withEngine { installation in
            let effect = try await installation.effect {
                try await ListExporter(
                    engine: installation.engine,
                    scope: "nothing",
                    format: ("csv", nil),
                    actor: Sample.actor
                ).begin()
            }
            #expect(effect == .refused("invalid-field scope"))
        }
    }
}

extension Installation {
    /// The audit log's lines about exports, oldest first.
    fileprivate func exportLines() async throws -> [AuditEvent] {
        try await database.read { transaction in
            try transaction.connection.run(
                "SELECT body FROM audit_events WHERE kind LIKE 'list.export%' ORDER BY position",
                []
            ).compactMap { AuditEvent(canonical: try $0.blob(0)) }
        }
    }
}
