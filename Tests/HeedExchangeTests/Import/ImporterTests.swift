// Whole imports: each row is counted once, no "no" is weakened, a second run changes nothing.

import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedExchange

extension ImportRequest {
    /// Whatever the header line shows, for the newsletter.
    static var sample: ImportRequest {
        ImportRequest(scope: Sample.newsletter, policyVersion: Sample.version)
    }
}

@Suite("Importer")
struct ImporterTests {
    static let subscribed = """
        Email Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,CC,REGION,LEID
        ada@mail.example,2,2025-01-01 10:00:00,192.0.2.1,2025-01-01 10:05:00,192.0.2.2,DE,,1
        ADA@MAIL.EXAMPLE,2,2025-01-01 10:00:00,192.0.2.1,2025-01-01 10:05:00,192.0.2.2,DE,,1
        nobody,2,2025-01-01 10:00:00,,,,DE,,2
        grace@mail.example,2,2025-02-01 10:00:00,,2025-02-01 10:00:00,,US,CA,3
        """
    static let unsubscribed = """
        Email Address,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,LEID
        grace@mail.example,2025-02-01 10:00:00,2025-03-01 10:00:00,NORMAL,3
        mary@mail.example,2025-02-01 10:00:00,2025-03-02 10:00:00,SPAM,4
        """
    static let cleaned = """
        Email Address,OPTIN_TIME,CLEAN_TIME,LEID
        gone@mail.example,2025-02-01 10:00:00,2025-03-01 10:00:00,5
        """

    private func source(_ name: String, _ text: String) -> ImportSource {
        ImportSource(name: name, byteCount: text.utf8.count) {
            var bytes: [UInt8]? = Array(text.utf8)
            return {
                defer { bytes = nil }
                return bytes
            }
        }
    }

    private var sources: [ImportSource] {
        [
            source("subscribed.csv", Self.subscribed),
            source("unsubscribed.csv", Self.unsubscribed),
            source("cleaned.csv", Self.cleaned),
        ]
    }

    private func run(
        _ installation: Installation,
        _ sources: [ImportSource],
        mode: Importer.Mode = .write,
        policy: String = Sample.version
    ) async throws -> ImportReport {
        var request = ImportRequest.sample
        request.policyVersion = policy
        let importer = Importer(
            request,
            engine: installation.engine,
            mode: mode,
            actor: Sample.actor
        )
        return try await importer.run(sources) { _ in }
    }

    private func reason(
        _ installation: Installation,
        _ address: String
    ) async throws -> SendDecision.Reason {
        let subject = Subject.address(try Address(email: address))
        let check = MaySend(subject: subject, scope: Sample.newsletter)
        return try await installation.engine.ask(check).decision.reason
    }

    @Test(arguments: Backend.allCases)
    func everyRowIsCountedAndOptOutsComeFirst(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let report = try await run(installation, sources)
            #expect(report.rows == 7)
            #expect(report.contacts == 4)
            #expect(report.granted == 1)
            #expect(report.optedOut == 1)
            #expect(report.complaints == 1)
            #expect(report.hardBounces == 1)
            #expect(report.duplicates == 1)
            #expect(report.refused == 1)
            #expect(report.unchanged == 0)
            #expect(report.invalid.map(\.line) == [4])
            #expect(
                report.files.map(\.name) == ["unsubscribed.csv", "cleaned.csv", "subscribed.csv"]
            )
            #expect(try await reason(installation, "ada@mail.example") == .allowed)
            #expect(try await reason(installation, "grace@mail.example") == .optOut)
            #expect(try await reason(installation, "mary@mail.example") == .complaint)
            #expect(try await reason(installation, "gone@mail.example") == .hardBounce)
        }
    }

    @Test(arguments: Backend.allCases)
    func aSecondRunChangesNobodysStanding(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await run(installation, sources)
            let before = try await installation.contents()
            let records: SQL = "SELECT count(*) FROM consent_records"
            let count = try await installation.number(records)
            let report = try await run(installation, sources)
            #expect(report.unchanged == 4)
            #expect(report.refused == 1)
            #expect(report.granted + report.optedOut + report.complaints + report.hardBounces == 0)
            let changed = try await installation.contents().changed(since: before)
            // The one yes that stands is written down with this batch, too.
            #expect(
                changed == [
                    "audit_events", "consent_records", "import_rejections", "imports",
                    "permissions",
                ]
            )
            #expect(try await installation.number(records) == count + 1)
            #expect(try await reason(installation, "ada@mail.example") == .allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func aDryRunCountsTheSameAndWritesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let before = try await installation.contents()
            let dry = try await run(installation, sources, mode: .dryRun(nil))
            #expect(try await installation.contents().changed(since: before).isEmpty)
            let real = try await run(installation, sources)
            #expect(dry.counts == real.counts)
            #expect(dry.batch.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func eachRecordHasItsBatchAndEvidence(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let report = try await run(installation, sources)
            let subject = Subject.address(try Address(email: "ada@mail.example"))
            let history = try await installation.engine.ask(History(subject))
            let consent = try #require(history.consents.first)
            #expect(consent.batch?.text == report.batch)
            #expect(consent.source == "import")
            #expect(consent.givenAt.text == "2025-01-01T10:05:00Z")
            let contact = try #require(history.contact)
            #expect(contact.region == "DE")
            let evidence = try await installation.database.read { transaction in
                try transaction.evidence(of: consent.id, contact: contact.id)
            }
            #expect(evidence?.confirmedIP == "192.0.2.2")
            #expect(evidence?.requestedAt == "2025-01-01T10:00:00Z")
        }
    }

    /// Everybody as subscribed after opt-outs revives nobody and says so.
    @Test(arguments: Backend.allCases)
    func nobodyIsRevived(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await run(installation, sources)
            let everybody = """
                email,status,consented_at
                ada@mail.example,subscribed,2026-01-02T00:00:00Z
                grace@mail.example,subscribed,2026-01-02T00:00:00Z
                mary@mail.example,subscribed,2026-01-02T00:00:00Z
                gone@mail.example,subscribed,2026-01-02T00:00:00Z
                """
            let report = try await run(installation, [source("all.csv", everybody)])
            #expect(report.refused == 2)
            #expect(report.refusals.values.reduce(0, +) == 2)
            #expect(try await reason(installation, "grace@mail.example") == .optOut)
            #expect(try await reason(installation, "mary@mail.example") == .complaint)
            #expect(try await reason(installation, "gone@mail.example") == .hardBounce)
        }
    }

    @Test(arguments: Backend.allCases)
    func oneWhoCameBackByThemselvesIsNotOptedOutByAnOldFile(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await run(installation, sources)
            let consent = try RecordConsent(
                subject: .address(try Address(email: "grace@mail.example")),
                scope: Sample.newsletter,
                decision: .granted,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version
            )
            _ = try await installation.engine.perform(consent, as: .person)
            let report = try await run(installation, sources)
            #expect(report.optedOut == 0)
            #expect(try await reason(installation, "grace@mail.example") == .allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func rowsAboutOnePersonSeeEachOther(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let mixed = """
                email,status,consented_at,unsubscribed_at
                ada@mail.example,subscribed,2025-01-01,
                ada@mail.example,unsubscribed,,2025-02-01
                """
            let report = try await run(installation, [source("mixed.csv", mixed)])
            #expect(report.granted == 1)
            #expect(report.optedOut == 1)
            #expect(report.contacts == 1)
            #expect(try await reason(installation, "ada@mail.example") == .optOut)
        }
    }

    @Test(arguments: Backend.allCases)
    func moreRowsThanATransactionTakes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let count = ImportRows.rowsMaximum * 2 + 7
            let rows = (0..<count).map { "person\($0)@mail.example,subscribed" }
            let text = (["email,status"] + rows).joined(separator: "\n")
            let report = try await run(installation, [source("many.csv", text)])
            #expect(report.granted == count)
            #expect(try await installation.number("SELECT count(*) FROM contacts") == Int64(count))
        }
    }

    @Test(arguments: Backend.allCases)
    func anUnknownScopeOrPolicyIsRefusedBeforeAnyRow(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect {
                try await run(installation, sources, policy: "never-published")
            }
            #expect(effect == .refused("invalid-field policyVersion"))
            let file = try await installation.effect {
                try await run(installation, [source("x.csv", "name,colour\na,b\n")])
            }
            #expect(file == .refused("invalid-field file"))
        }
    }
}
