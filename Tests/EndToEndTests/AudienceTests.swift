// `heed audience` and its route with the real program: both forms, the log, and who goes away.

import Foundation
import Testing

@Suite("Audience")
struct AudienceTests {
    private func withPeople(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            try await place.addPeople(["ada", "ben"])
            try await test(place)
        }
    }

    @Test func writesTheAllowedAsCSVAndNDJSON() async throws {
        try await withPeople { place in
            let csv = try await place.done("audience", "--scope", "newsletter", "-o", "all.csv")
            #expect(csv.output.isEmpty)
            #expect(csv.errors.hasPrefix("allowed 1, optOut 1\nvalid until "))
            let rows = place.read("all.csv").split(separator: "\n")
            #expect(rows.count == 2 && rows[0] == "email,contact_id")
            #expect(rows[1].hasPrefix("ada@mail.example,"))
            let attributes = try FileManager.default.attributesOfItem(
                atPath: place.path("all.csv")
            )
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let json = try await place.done(
                "audience",
                "--scope",
                "newsletter",
                "--json",
                "--links"
            )
            let lines = try json.output.split(separator: "\n").map { try JSON(String($0)) }
            #expect(lines.count == 2)
            #expect(lines[0]["address"].string == "ada@mail.example")
            #expect(lines[0]["unsubscribe"]["url"].string?.contains("/u/v1.") == true)
            #expect(lines[1]["counts"]["allowed"].number == 1)
            #expect(lines[1]["position"].number != nil)
            #expect(json.errors.hasPrefix("heed: publicUrl: one-click links need https"))
            let none = try await place.done("audience", "--scope", "receipts")
            #expect(none.output == "email,contact_id\n")
            #expect(none.errors.hasPrefix("nobody is known for receipts\nvalid until "))
            let wrong = try await place.heed("audience", "--scope", "nosuch", "-o", "none.csv")
            #expect(wrong.exitCode == 2 && wrong.errors.hasPrefix("heed: scope: "))
            #expect(!FileManager.default.fileExists(atPath: place.path("none.csv")))
            let full = try await place.shell("audience --scope newsletter > /dev/full")
            #expect(full.exitCode == 2)
            #expect(full.errors == "heed: output: the list cannot be written\n")
        }
    }

    /// A client that reads the beginning and leaves ends the work, and the log says so.
    @Test func whoLeavesEarlyIsWrittenDown() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            let rows = (0..<20_000).map { "person\($0)@mail.example,subscribed" }
            try place.write((["email,status"] + rows).joined(separator: "\n"), to: "list.csv")
            try await place.done(
                "import",
                "list.csv",
                "--scope",
                "newsletter",
                "--policy",
                "2026-01"
            )
            let key = place.read("heed-data/admin.key").filter { !$0.isNewline }
            let request =
                "GET /v1/audience?scope=newsletter&links=true HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                + "Authorization: Bearer \(key)\r\n\r\n"
            try await blocking { [port = server.port] in
                let socket = try Socket()
                try socket.connect(to: port)
                try socket.write(Array(request.utf8))
                _ = try socket.read()
            }
            try await eventually("the log says that it broke off") {
                try await place.rows(
                    "SELECT instr(body, 'broken-off') > 0 FROM audit_events "
                        + "WHERE kind = 'list.exported'"
                ) == ["1"]
            }
        }
    }
}
