// `heed purge` and `heed hold` as an operator uses them.

import Foundation
import Testing

@Suite("Retention at the command line")
struct RetentionTests {
    /// A record of 2015, put in beside Heed as an old installation would have it.
    private static let old = """
        INSERT INTO consent_records (id, contact_id, scope, decision, basis, source, given_at, \
        recorded_at, actor, actor_type) SELECT x'00000000000070008000000000000001', id, \
        'newsletter', 'withdrawn', 'consent', 'form', 1420070400000000, 1420070400000000, \
        'self', 'person' FROM contacts LIMIT 1
        """

    private func purge(_ place: Workplace, _ flags: String...) async throws -> JSON {
        let ending = try await place.heed(["purge", "--json"] + flags)
        #expect(ending.exitCode == 0)
        return try ending.json
    }

    @Test func whatIsOldGoesAndAHoldKeepsIt() async throws {
        try await Workplace.open { place in
            try await place.register()
            let terms = ["ada@mail.example", "--scope", "newsletter", "--policy", "2026-01"]
            #expect(try await place.heed(["consent", "grant"] + terms).exitCode == 0)
            #expect(try await place.sqlite(RetentionTests.old).exitCode == 0)
            let dry = try await purge(place, "--dry-run")
            #expect(dry["tables"].list.map { $0["rows"].number } == [1, 0, 0, 0])
            let held = try await place.done(
                "hold",
                "add",
                "ada@mail.example",
                "--reason",
                "case 2026-17"
            ).output
            let id = try #require(held.split(separator: " ").dropFirst().first.map(String.init))
            let stopped = try await purge(place)
            #expect(stopped["tables"].list.map { $0["rows"].number } == [0, 0, 0, 0])
            #expect(stopped["tables"].list.map { $0["held"].number } == [1, 0, 0, 0])
            let listed = try await place.done("hold", "list", "--json").json.list
            #expect(listed.map { $0["reason"].string } == ["case 2026-17"])
            try await place.done("hold", "remove", id)
            let done = try await purge(place)
            #expect(done["tables"].list.map { $0["rows"].number } == [1, 0, 0, 0])
            #expect(try await place.rows("SELECT count(*) FROM consent_records") == ["1"])
            let table = try await place.done("purge").output
            #expect(table.contains("consent_records") && table.contains("NEEDED"))
        }
    }

    @Test(
        arguments: [
            (["purge"], ["HEED_AUDIT_LOG_RETENTION_DAYS": "1094"], "auditLogRetentionDays"),
            (["purge"], ["HEED_CONSENT_RECORD_RETENTION_DAYS": "0"], "consentRecordRetentionDays"),
            (["hold", "add", "--reason", "x"], [:], "--everything"),
            (["hold", "add", "a@mail.example", "--everything", "--reason", "x"], [:], "name one"),
            (["hold", "add", "nobody@mail.example", "--reason", "x"], [:], "address"),
            (["hold", "add", "--contact", "7", "--reason", "x"], [:], "contact"),
            (["hold", "add", "--everything", "--reason", ""], [:], "reason"),
            (["hold", "remove", "7"], [:], "id"),
        ] as [([String], [String: String], String)]
    )
    func wrongInputIsRefusedByName(
        _ arguments: [String],
        _ environment: [String: String],
        _ word: String
    ) async throws {
        try await Workplace.open { place in
            try await place.register()
            let before = try await place.allRowCounts()
            let ending = try await place.heed(arguments, environment: environment)
            #expect(ending.exitCode == 2 && ending.errors.contains(word))
            #expect(try await place.allRowCounts() == before)
        }
    }
}
