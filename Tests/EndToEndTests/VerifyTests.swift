// `heed verify` as an operator uses it: what differs, where, its exit code, and putting it right.

import Foundation
import Testing

@Suite("Verify")
struct VerifyTests {
    private func grant(_ place: Workplace, _ address: String) async throws {
        try await place.done(
            "consent",
            "grant",
            address,
            "--scope",
            "newsletter",
            "--policy",
            "2026-01"
        )
    }

    /// An installation with two people, one of whom said stop.
    private func open(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.done("migrate")
            try await place.register()
            try await grant(place, "ada@mail.example")
            try await grant(place, "bob@mail.example")
            try await place.done("opt-out", "bob@mail.example", "--scope", "newsletter")
            try await test(place)
        }
    }

    @Test func anUntouchedDatabaseIsZero() async throws {
        try await open { place in
            let ending = try await place.heed("verify")
            #expect(ending.exitCode == 0, "\(ending.output)\(ending.errors)")
            #expect(ending.output.contains("nothing differs"))
            #expect(ending.output.contains("2 people"))
            let answer = try await place.heed("verify", "--json").json
            #expect(answer["differences"].number == 0 && answer["people"].number == 2)
            #expect(try await place.rows("SELECT count(*) FROM verifications") == ["2"])
        }
    }

    @Test func aPermissionEditedByHandIsNamedAndPutRight() async throws {
        try await open { place in
            let edit =
                "UPDATE permissions SET state = 'granted', opt_out_status = 'none', "
                + "opt_out_id = NULL"
            #expect(try await place.sqlite(edit).exitCode == 0)
            let ending = try await place.heed("verify")
            #expect(ending.exitCode == 1)
            #expect(ending.output.contains("permission.changed  permission "))
            #expect(ending.output.contains("state, opt_out_status, opt_out_id"))
            #expect(ending.output.contains("1 difference\n"))
            #expect(!ending.output.contains("mail.example"))
            let rebuilt = try await place.heed("verify", "--rebuild")
            #expect(rebuilt.exitCode == 0, "\(rebuilt.output)\(rebuilt.errors)")
            #expect(rebuilt.output.contains("permissions put right: 1"))
            #expect(try await place.heed("verify").exitCode == 0)
            let check = try await place.heed("check", "bob@mail.example", "--scope", "newsletter")
            #expect(check.exitCode == 1 && check.output.contains("optOut"))
            let log = "SELECT count(*) FROM audit_events WHERE kind = 'permission.rebuilt'"
            #expect(try await place.rows(log) == ["1"])
        }
    }

    @Test func nothingIsRebuiltFromRecordsThatDiffer() async throws {
        try await open { place in
            let edit =
                "INSERT INTO consent_records SELECT randomblob(16), contact_id, scope, 'granted', "
                + "basis, 'form', '2026-01', zeroblob(32), locale, given_at + 9, recorded_at + 9, "
                + "NULL, NULL, actor, actor_type, NULL, NULL FROM consent_records "
                + "WHERE decision = 'withdrawn'; DELETE FROM permissions;"
            #expect(try await place.sqlite(edit).exitCode == 0)
            let ending = try await place.heed("verify", "--rebuild")
            #expect(ending.exitCode == 1)
            #expect(ending.output.contains("record.unlogged"))
            #expect(ending.output.contains("not rebuilt: "))
            #expect(try await place.rows("SELECT count(*) FROM permissions") == ["0"])
            let answer = try await place.heed("verify", "--rebuild", "--json").json
            #expect(answer["notRebuilt"].string != nil && (answer["differences"].number ?? 0) > 1)
        }
    }

    @Test(arguments: [
        ["--checkpoint", "absent"], ["--checkpoint-archive", "absent"],
        ["--checkpoint-archive", "."], ["--key"], ["--nonsense"],
    ])
    func whatCannotBeDoneIsTwo(_ arguments: [String]) async throws {
        try await open { place in
            let ending = try await place.heed(["verify"] + arguments)
            #expect(ending.exitCode == 2)
            #expect(!ending.errorLines.isEmpty && ending.output.isEmpty)
        }
        try await Workplace.open { place in
            let ending = try await place.heed("verify")
            #expect(ending.exitCode == 2)
        }
    }

    /// A checkpoint that the database has no log for is a difference, not an error.
    @Test func aKeptCheckpointNeedsItsLog() async throws {
        try await open { place in
            try FileManager.default.createDirectory(
                atPath: place.path("archive"),
                withIntermediateDirectories: false
            )
            try place.write("x\n", to: "archive/one.checkpoint")
            try place.write("x\n", to: "archive/other")
            let ending = try await place.heed("verify", "--checkpoint-archive", "archive")
            #expect(ending.exitCode == 1)
            #expect(ending.output.contains("archive/one.checkpoint"))
            #expect(!ending.output.contains("archive/other"))
        }
    }
}
