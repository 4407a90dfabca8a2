// `heed filter`, `check` and `explain` as a campaign's script calls them.

import Foundation
import Testing

@Suite("Filter, check, explain")
struct FilterTests {
    private func withPeople(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            try await place.addPeople(["ada", "ben", "cleo"])
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
                "--links",
                environment: ["HEED_PUBLIC_URL": "https://heed.example/"]
            )
            let lines = link.output.split(separator: "\n")
            try #require(lines.count == 5)
            let url = lines[1]
            #expect(url.hasPrefix("https://heed.example/u/v1."))
            #expect(lines[2].hasPrefix("https://heed.example/p/p1."))
            #expect(
                link.output == """
                    allowed
                    \(url)
                    \(lines[2])
                    List-Unsubscribe: <\(url)>
                    List-Unsubscribe-Post: List-Unsubscribe=One-Click

                    """
            )
            #expect(!link.output.contains("ada"))
            #expect(link.errors.isEmpty)
        }
    }

    @Test func filterAddsLinksForTheAllowedOnly() async throws {
        try await withPeople { place in
            func filter(_ flags: [String], _ list: String) async throws -> Ending {
                try place.write(list, to: "list")
                return try await place.heed(
                    ["filter", "--scope", "newsletter", "--links", "list"] + flags,
                    environment: ["HEED_PUBLIC_URL": "https://heed.example"]
                )
            }
            let csv = try await filter(
                [],
                "name,email,note\nAda,ada@mail.example\nB,ben@mail.example,\n"
            )
            let lines = csv.output.split(separator: "\n")
            let names = "unsubscribe_url,list_unsubscribe,list_unsubscribe_post,preferences_url"
            #expect(lines.first.map(String.init) == "name,email,note," + names)
            let cells = try #require(lines.last).split(
                separator: ",",
                omittingEmptySubsequences: false
            )
            #expect(lines.count == 2)
            // The row was one cell short, and its links still stand under their names.
            #expect(cells.count == 7)
            #expect(cells[2] == "")
            #expect(cells[3].hasPrefix("https://heed.example/u/v1."))
            #expect(cells[4] == "<\(cells[3])>")
            #expect(cells[5] == "List-Unsubscribe=One-Click")
            #expect(cells[6].hasPrefix("https://heed.example/p/p1."))
            let people = #"{"email":"ada@mail.example"}"# + "\n" + #"{"email":"ben@mail.example"}"#
            let json = try await filter(["--json"], people)
            let objects = json.output.split(separator: "\n")
            #expect(
                objects.first?.contains(#""listUnsubscribe":"<https://heed.example/u/v1."#) == true
            )
            #expect(objects.dropFirst().allSatisfy { !$0.contains("listUnsubscribe") })
            let refused = try await filter([], people)
            #expect(refused.exitCode == 2)
            #expect(refused.errors.hasPrefix("heed: links: "))
            #expect(refused.output.isEmpty)
            let plain = try await place.heed(
                ["check", "ada@mail.example", "--scope", "newsletter", "--links"]
            )
            #expect(plain.errors.hasPrefix("heed: publicUrl: one-click links need https"))
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

    /// What `gzip` packed is read as it is; where it is cut off, there is no whole answer.
    @Test func readsWhatIsPacked() async throws {
        try await withPeople { place in
            try place.write(FilterTests.csv.replacing(",", with: ";"), to: "list.csv")
            _ = try await place.run("/bin/sh", ["-c", "gzip -k list.csv && gzip -k policy.txt"])
            _ = try await place.run("/bin/sh", ["-c", "head -c -9 list.csv.gz > cut.csv.gz"])
            let plain = try await place.done("filter", "--scope", "newsletter", "list.csv")
            #expect(plain.output.hasPrefix("name;Email Address;note\n"))
            let packed = try await place.done("filter", "--scope", "newsletter", "list.csv.gz")
            #expect(packed.output == plain.output)
            // No bar where nobody looks.
            #expect(!packed.errors.contains("\r"))
            let cut = try await place.heed("filter", "--scope", "newsletter", "cut.csv.gz")
            #expect(cut.exitCode == 2)
            #expect(!cut.errors.contains("recipients:"))
            #expect(
                cut.errors.hasSuffix(
                    "heed: file: the gzip stream ends before its end; it was cut off\n"
                )
            )
        }
    }

    /// The answer to a list that is cut off says so in its last line, and is no whole answer.
    @Test func aClientIsToldWhyAnAnswerBreaksOff() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            try place.write("ada@mail.example\n", to: "list")
            let ending = try await place.run(
                "/bin/sh",
                [
                    "-c",
                    """
                    gzip list && head -c -4 list.gz > cut.gz
                    server='http://127.0.0.1:\(server.port)'
                    exec curl -sS "$server/v1/sends/filter?scope=newsletter" \
                      -H "Authorization: Bearer $(cat heed-data/admin.key)" \
                      -H 'Content-Type: text/plain' -H 'Content-Encoding: gzip' \
                      --data-binary @cut.gz
                    """,
                ]
            )
            #expect(ending.exitCode == 18, "\(ending.errors)")
            #expect(
                ending.output
                    == #"{"detail":"the gzip stream ends before its end; it was cut off","#
                    + #""problem":"malformed-body"}"# + "\n"
            )
        }
    }
}
