// What an erasure leaves of events about messages: every number, and nobody.

import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Erasure: events and everything else")
struct ErasedEventsTests {
    /// Erin and others, on several days and in two campaigns.
    private func fill(_ installation: Installation) async throws {
        let erin = try Address(email: Searchable.address)
        for day in 0..<3 {
            for (number, address) in [erin, try Sample.address(2), try Sample.address(3)]
                .enumerated()
            {
                let message = "m-\(day)"
                let kinds: [ActivityKind] = [.sent, .delivered, .opened, .opened, .clicked]
                for (place, kind) in kinds.enumerated() {
                    // Not everybody reads everything.
                    if kind == .opened, (day + number).isMultiple(of: 3) { continue }
                    try await installation.tell(
                        "\(day) \(number) \(place)",
                        kind,
                        address,
                        message: message,
                        campaign: day == 2 ? "autumn" : "spring"
                    )
                }
            }
            installation.clock.advance(seconds: 86_400)
        }
    }

    private func numbers(
        _ installation: Installation
    ) async throws -> [[ActivityStatistics.Row]] {
        var all: [[ActivityStatistics.Row]] = []
        for period in ReportPeriod.allCases {
            all.append(try await installation.statistics(by: period).rows)
        }
        return all
    }

    @Test(arguments: Backend.allCases)
    func everyNumberAndRateStays(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            try await installation.decide(Sample.address(2))
            try await installation.decide(Sample.address(3))
            try await fill(installation)
            let before = try await numbers(installation)
            let total = try await installation.statistics().total
            #expect(total[.opened].unique == 6 && total[.opened].total == 12)
            #expect(total[.open] != nil && total[.click] != nil && total[.delivery] == 1)
            let id = try await installation.requestErasure()
            try await installation.doSteps()
            #expect(try await numbers(installation) == before)
            #expect(try await installation.statistics().total == total)
            let receipt = try await installation.receipt(id)
            #expect(receipt.tables.first { $0.table == "events" }?.rows == 13)
            let left = try await installation.number(
                "SELECT count(*) FROM events WHERE contact_id = $1",
                .id(contact)
            )
            #expect(left == 0)
            let anonymous = try await installation.number(
                "SELECT count(*) FROM events WHERE contact_id IS NULL AND first_key IS NULL "
                    + "AND sealed IS NULL"
            )
            #expect(anonymous == 13)
        }
    }

    /// A lost reply, a late open, a complaint by the provider: none of it makes Erin known again.
    @Test(arguments: Backend.allCases)
    func whatIsToldAfterwardsIsNobodys(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.addErin()
            let erin = try Address(email: Searchable.address)
            try await installation.tell("e-1", .opened, erin, message: "m")
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            let people = try await installation.number("SELECT count(*) FROM contacts")
            let unique = try await installation.statistics().total[.opened].unique
            #expect(try await installation.tell("e-1", .opened, erin, message: "m") == .duplicate)
            #expect(try await installation.tell("e-2", .opened, erin, message: "m") == .anonymous)
            #expect(try await installation.tell("e-3", .complained, erin) == .anonymous)
            #expect(try await installation.tell("e-4", .unsubscribed, erin) == .anonymous)
            #expect(try await installation.tell("e-5", .hardBounced, erin) == .anonymous)
            let byID = try Sample.report(
                "e-6",
                .complained,
                .contact(contact),
                at: installation.clock.now
            )
            let taken = try await installation.engine.take([byID], as: Sample.actor)
            #expect(taken.outcomes == [.anonymous])
            #expect(try await installation.number("SELECT count(*) FROM contacts") == people)
            #expect(try await installation.number("SELECT count(*) FROM addresses") == 0)
            #expect(try await installation.statistics().total[.opened].unique == unique)
            #expect(try await installation.check(erin).reason == .erased)
            let told = try await installation.activities(of: contact)
            #expect(told.isEmpty)
        }
    }

    /// Of somebody of whom there was everything, no file says anything; the log goes on verifying,
    /// and a list that says yes revives nobody.
    @Test func noByteOfAnythingIsLeft() async throws {
        try await Backend.sqlite.withEngine { installation in
            _ = try await installation.addErinInFull()
            let id = try await installation.requestErasure()
            try await installation.doSteps()
            #expect(try await installation.status(id) == .completed)
            let files = try FileManager.default.contentsOfDirectory(
                at: installation.folder,
                includingPropertiesForKeys: nil
            )
            #expect(files.contains { $0.lastPathComponent == Backend.fileName })
            for file in files {
                let data = try Data(contentsOf: file)
                for text in Searchable.texts {
                    let place = data.firstRange(of: Array(text.utf8))
                    #expect(place == nil, "\(text) in \(file.lastPathComponent)")
                }
            }
            try await installation.sequence()
            let report = try await Verifier(engine: installation.engine).run()
            #expect(report.findings.isEmpty, "\(report.findings)")
            for address in [Searchable.address, Searchable.secondAddress] {
                let late = Terms(source: .batchImport)
                await #expect(throws: Refusal.self) {
                    try await installation.decide(Address(email: address), terms: late)
                }
                let check = try await installation.check(Address(email: address))
                #expect(check.reason == .erased)
            }
        }
    }

    /// Every row about a person, in every table that has any.
    private func rows(
        of contact: ContactID,
        in installation: Installation
    ) async throws -> [String: [Row]] {
        let statements: [(String, SQL)] = [
            ("contacts", "SELECT * FROM contacts WHERE id = $1"),
            ("addresses", "SELECT * FROM addresses WHERE contact_id = $1 ORDER BY match_key"),
            ("contact_keys", "SELECT * FROM contact_keys WHERE contact_id = $1"),
            ("consents", "SELECT * FROM consent_records WHERE contact_id = $1 ORDER BY id"),
            ("permissions", "SELECT * FROM permissions WHERE contact_id = $1 ORDER BY scope"),
            ("opt_outs", "SELECT * FROM opt_outs WHERE contact_id = $1 ORDER BY id"),
            (
                "opt_out_targets",
                "SELECT t.* FROM opt_out_targets t JOIN opt_outs o ON o.id = t.opt_out_id "
                    + "WHERE o.contact_id = $1 ORDER BY t.id"
            ),
            (
                "suppressions",
                "SELECT s.* FROM suppressions s JOIN addresses a ON a.match_key = s.match_key "
                    + "WHERE a.contact_id = $1 ORDER BY s.scope, s.reason, s.widened"
            ),
            ("events", "SELECT * FROM events WHERE contact_id = $1 ORDER BY id"),
            ("log", "SELECT * FROM audit_events WHERE contact_id = $1 ORDER BY position"),
        ]
        return try await installation.database.read { transaction in
            var rows: [String: [Row]] = [:]
            for (table, statement) in statements {
                rows[table] = try transaction.connection.run(statement, [.id(contact)])
            }
            return rows
        }
    }

    /// Same form, same campaign, same message id, same address of a network, same browser.
    @Test(arguments: Backend.allCases)
    func ofTwoWhoAreTangledOneStaysByteForByte(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            let erin = try await installation.addErinInFull()
            let other = try Address(email: "erin.searchable+other@mail.example")
            let contact = try await installation.decide(other)
            try await installation.submit("footer", other)
            try await installation.optOut(other, from: .scope(Sample.promotions))
            for (number, kind) in [ActivityKind.sent, .delivered, .opened, .clicked].enumerated() {
                try await installation.tell(
                    "other-\(number)",
                    kind,
                    other,
                    message: Searchable.message
                )
            }
            try await installation.drainQueue()
            let before = try await rows(of: contact, in: installation)
            #expect(before.values.allSatisfy { !$0.isEmpty })
            #expect(try await rows(of: erin, in: installation)["events"]?.count == 4)
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            let after = try await rows(of: contact, in: installation)
            for (table, rows) in before { #expect(after[table] == rows, "\(table)") }
            let told = try await installation.activities(of: contact)
            #expect(told.count == 4 && told.allSatisfy { $0["ip"] == "203.0.113.77" })
            #expect(try await rows(of: erin, in: installation)["events"] == [])
        }
    }
}
