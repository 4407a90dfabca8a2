// What was decided before sends is what the log has the hashes of, on both engines.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Verifier: decisions before sends")
struct SendCheckTests {
    /// Three lists that were asked about, each with what was said about whom.
    private func live(_ installation: Installation) async throws {
        try await installation.live(people: 6)
        for number in 1...3 {
            installation.clock.advance(seconds: 60)
            try await installation.decideSends(campaign: "issue-\(number)")
        }
        try await installation.settle()
        try await installation.sequence()
    }

    @Test(arguments: Backend.allCases)
    func decisionsVerify(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            #expect(try await installation.number("SELECT count(*) FROM send_decisions") == 18)
            #expect(try await installation.verify().findings == [])
            try await installation.decideSends(campaign: "not in the log yet")
            #expect(try await installation.verify().findings == [])
        }
    }

    static let changes: [(String, SQL)] = [
        ("send.changed", "UPDATE send_decisions SET reason = 'allowed' WHERE reason <> 'allowed'"),
        ("send.changed", "UPDATE send_decisions SET reason = 'x' WHERE place = 0"),
        ("send.changed", "UPDATE send_decisions SET record_id = NULL"),
        ("send.changed", "UPDATE send_decisions SET campaign = 'spring' WHERE place = 0"),
        ("send.changed", "UPDATE send_decisions SET decided_at = decided_at - 1 WHERE place = 0"),
        ("send.changed", "UPDATE send_decisions SET position = 0 WHERE place = 0"),
        ("send.changed", "UPDATE send_decisions SET place = 9 WHERE place = 0"),
        (
            "send.changed",
            "INSERT INTO send_decisions SELECT batch_id, 77, contact_id, decided_at, scope, "
                + "campaign, reason, position, record_id FROM send_decisions WHERE place = 0"
        ),
        ("send.missing", "DELETE FROM send_decisions WHERE place = 0"),
        ("send.missing", "DELETE FROM send_decisions"),
        (
            "send.unlogged",
            "INSERT INTO send_decisions SELECT contact_id, 0, contact_id, decided_at, scope, "
                + "campaign, reason, position, record_id FROM send_decisions WHERE place = 0 "
                + "AND campaign = 'issue-2'"
        ),
    ]

    @Test(arguments: Backend.allCases, changes)
    func aForgedDecisionIsNamed(_ backend: Backend, _ change: (String, SQL)) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            try await installation.openSends()
            try await installation.sql(change.1)
            let report = try await installation.verify()
            #expect(report.codes == [change.0], "\(report.findings)")
            #expect(report.findings.allSatisfy { $0.place.hasPrefix("sends ") })
        }
    }

    /// The log alone is enough to see it.
    @Test func theLogsOwnPassNamesIt() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await live(installation)
            try await installation.openSends()
            try await installation.sql("DELETE FROM send_decisions WHERE place = 0")
            let report = try await Verifier(engine: installation.engine).runLog()
            #expect(report.codes == ["send.missing"])
        }
    }
}
