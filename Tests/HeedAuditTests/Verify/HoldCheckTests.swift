// A hold that the log says stands is there, and none that it does not know, on both engines.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Verifier: legal holds")
struct HoldCheckTests {
    /// Holds on a person and on everything, and one of each that was lifted.
    private func live(_ installation: Installation) async throws {
        try await installation.live(people: 3)
        let subject = Subject.address(try Sample.address(1))
        for extent in [PlaceHold.Extent.person(subject), .everything] {
            installation.clock.advance(seconds: 1)
            let lifted = try await installation.engine.perform(
                PlaceHold(extent, reason: "case 1"),
                as: Sample.actor
            ).receipt
            let other = PlaceHold(extent, reason: "case 2")
            _ = try await installation.engine.perform(other, as: Sample.actor)
            _ = try await installation.engine.perform(LiftHold(lifted), as: Sample.actor)
        }
        try await installation.sequence()
    }

    @Test(arguments: Backend.allCases)
    func whatStandsIsInTheLog(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            #expect(try await installation.number("SELECT count(*) FROM legal_holds") == 2)
            #expect(try await installation.verify().findings == [])
            // Also what the log has not yet.
            let late = PlaceHold(.everything, reason: "case 3")
            _ = try await installation.engine.perform(late, as: Sample.actor)
            #expect(try await installation.verify().findings == [])
        }
    }

    static let changes: [(String, SQL)] = [
        ("hold.missing", "DELETE FROM legal_holds WHERE contact_id IS NULL"),
        ("hold.missing", "DELETE FROM legal_holds WHERE contact_id IS NOT NULL"),
        (
            "hold.unlogged",
            "UPDATE legal_holds SET contact_id = (SELECT id FROM contacts ORDER BY id DESC "
                + "LIMIT 1) WHERE contact_id IS NULL"
        ),
        (
            "hold.unlogged",
            "INSERT INTO legal_holds SELECT id, id, reason, placed_at FROM "
                + "(SELECT c.id, h.reason, h.placed_at FROM contacts c CROSS JOIN legal_holds h) x "
                + "LIMIT 1"
        ),
    ]

    @Test(arguments: Backend.allCases, changes)
    func aForgedHoldIsNamed(_ backend: Backend, _ change: (String, SQL)) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            try await installation.sql(change.1)
            let report = try await installation.verify()
            #expect(report.codes == [change.0], "\(report.findings)")
            #expect(report.findings.allSatisfy { $0.place.hasPrefix("hold ") })
        }
    }
}
