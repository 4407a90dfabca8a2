// `heed filter`, `check` and `explain` as a campaign's script calls them.

import Foundation
import Testing

@Suite("Filter, check, explain")
struct FilterTests {
    private func withPeople(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            for name in ["ada", "ben", "cleo"] {
                try await place.done(
                    "consent",
                    "grant",
                    "\(name)@mail.example",
                    "--scope",
                    "newsletter",
                    "--policy",
                    "2026-01"
                )
            }
            try await place.done("opt-out", "ben@mail.example", "--scope", "newsletter")
            try await test(place)
        }
    }

    private static let csv = #"""
        name,Email Address,note
        "Lovelace, Ada",ADA@mail.example,"said ""yes"""
        Ben,ben@mail.example,
        Nobody,nobody@mail.example,
        Wrong,wrong,
        Cleo,cleo@mail.example,"two
        lines"

        """#

    @Test func keepsRowsOfACSVAsTheyCame() async throws {
        try await withPeople { place in
            try place.write(FilterTests.csv, to: "list.csv")
            let kept = #"""
                name,Email Address,note
                "Lovelace, Ada",ADA@mail.example,"said ""yes"""
                Cleo,cleo@mail.example,"two
                lines"

                """#
            let file = try await place.done(
                "filter",
                "--scope",
                "newsletter",
                "list.csv",
                "--blocked",
                "blocked.csv"
            )
            #expect(file.output == kept)
            #expect(
                place.read("blocked.csv") == #"""
                    line,recipient,reason
                    3,ben@mail.example,optOut
                    4,nobody@mail.example,unknownContact
                    5,wrong,unknownContact

                    """#
            )
            #expect(file.errors.contains("line 5: not a mail address"))
            #expect(file.errors.contains("5 recipients: allowed 2, optOut 1, unknownContact 2"))
            #expect(file.errors.contains("valid until "))
            let input = try await place.heed(
                "filter",
                "--scope",
                "newsletter",
                input: FilterTests.csv
            )
            #expect(input.exitCode == 0)
            #expect(input.output == kept)
        }
    }

    @Test func theListOfTheBlockedIsWrittenThroughALink() async throws {
        try await withPeople { place in
            try place.write("older and longer than what comes now, by far", to: "real.csv")
            try FileManager.default.createSymbolicLink(
                atPath: place.path("link.csv"),
                withDestinationPath: "real.csv"
            )
            try await place.done(
                "filter",
                "--scope",
                "newsletter",
                "--blocked",
                "link.csv",
                "policy.txt"
            )
            #expect(
                place.read("real.csv")
                    == "line,recipient,reason\n1,We write to you.,unknownContact\n"
            )
        }
    }

    @Test func takesNDJSONAndPlainLines() async throws {
        try await withPeople { place in
            let ada = #"{"email":"ada@mail.example","name":"Ada"}"#
            let ben = #"{"address":"ben@mail.example"}"#
            let lines = try await place.heed(
                "filter",
                "--scope",
                "newsletter",
                "-",
                input: "\(ada)\n\(ben)\n{\"x\":1}\n"
            )
            #expect(lines.output == ada + "\n")
            #expect(lines.errors.contains("line 3:"))
            let plain = try await place.heed(
                "filter",
                "--scope",
                "newsletter",
                input: "ada@mail.example\r\n\r\nben@mail.example\r\ncleo@mail.example"
            )
            #expect(plain.output == "ada@mail.example\ncleo@mail.example\n")
            let none = try await place.heed("filter", "--scope", "newsletter", input: "")
            #expect(none.exitCode == 0)
            #expect(none.output.isEmpty)
        }
    }

    @Test func printsEveryDecisionAsJSON() async throws {
        try await withPeople { place in
            let ending = try await place.heed(
                "filter",
                "--scope",
                "newsletter",
                "--json",
                input: FilterTests.csv
            )
            let lines = try ending.output.split(separator: "\n").map { try JSON(String($0)) }
            #expect(lines.count == 6)
            #expect(
                lines.dropLast().map { $0["reason"].string } == [
                    "allowed", "optOut", "unknownContact", "unknownContact", "allowed",
                ]
            )
            #expect(lines.first?["recipient"].string == "ADA@mail.example")
            #expect(lines[1]["optOutStatus"].string == "pending")
            #expect(lines[3]["invalid"].string != nil)
            #expect(lines.last?["counts"]["allowed"].number == 2)
            #expect(lines.last?["validUntil"].string != nil)
        }
    }

    @Test func moreThanOneBatchGoesThrough() async throws {
        try await withPeople { place in
            let strangers = (0..<20_500).map { "p\($0)@mail.example" }
            let list = (strangers + ["ada@mail.example"]).joined(separator: "\n")
            let ending = try await place.heed("filter", "--scope", "newsletter", input: list)
            #expect(ending.output == "ada@mail.example\n")
            #expect(ending.errors.contains("20501 recipients: allowed 1, unknownContact 20500"))
        }
    }

    @Test func checkAnswersByItsExitCode() async throws {
        try await withPeople { place in
            let yes = try await place.heed("check", "Ada@Mail.Example", "--scope", "newsletter")
            #expect(yes.exitCode == 0)
            #expect(yes.output == "allowed\n")
            let no = try await place.heed(
                "check",
                "ben@mail.example",
                "--scope",
                "newsletter",
                "--json"
            )
            #expect(no.exitCode == 1)
            #expect(try no.json["reason"].string == "optOut")
            #expect(try no.json["optOutStatus"].string == "pending")
            let wrong = try await place.heed("check", "ada@mail.example", "--scope", "nosuch")
            #expect(wrong.exitCode == 2)
            let link = try await place.heed(
                "check",
                "ada@mail.example",
                "--scope",
                "newsletter",
                "--link",
                environment: ["HEED_PUBLIC_URL": "https://heed.example/"]
            )
            #expect(link.output.hasPrefix("allowed\nhttps://heed.example/u/v1."))
            #expect(!link.output.contains("ada"))
        }
    }

    @Test func explainSaysWhyWithTheRecords() async throws {
        try await withPeople { place in
            let ben = try await place.done("explain", "ben@mail.example")
            #expect(
                ben.output.contains("newsletter (campaign): may NOT be written to. They opted out")
            )
            #expect(ben.output.contains("receipts (transactional): may NOT be written to."))
            #expect(ben.output.contains("granted newsletter, basis consent, source command-line"))
            #expect(ben.output.contains("withdrawn newsletter"))
            #expect(ben.output.contains("optout.requested"))
            #expect(!ben.output.contains("ben@"))
            let json = try await place.done("explain", "ben@mail.example", "--json").json
            let newsletter = json["scopes"].list.first { $0["scope"].string == "newsletter" }
            #expect(newsletter?["reason"].string == "optOut")
            #expect(json["timeline"].list.count > 4)
            let nobody = try await place.done("explain", "nobody@mail.example")
            #expect(nobody.output.hasPrefix("Nobody by this address is known.\n"))
        }
    }
}
