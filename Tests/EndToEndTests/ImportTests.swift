// The sample export of Mailchimp, brought in by the command line.

import Testing

@Suite("Import")
struct ImportTests {
    private func expectCounts(_ report: JSON) {
        let expected = [
            "rows": 4100, "contacts": 4051, "granted": 2971, "optedOut": 649, "complaints": 281,
            "hardBounces": 150, "duplicates": 12, "refused": 30, "unchanged": 0, "passedOver": 0,
        ]
        for (name, count) in expected { #expect(report[name].number == count, "\(name)") }
        let files = Dictionary(
            uniqueKeysWithValues: report["files"].list.map { ($0["name"].string ?? "", $0) }
        )
        let subscribed = files["mailchimp-subscribed.csv"] ?? .null
        #expect(subscribed["rows"].number == 3020)
        #expect(subscribed["contacts"].number == 3001)
        #expect(subscribed["duplicates"].number == 12)
        #expect(subscribed["invalid"].number == 7)
        #expect(files["mailchimp-unsubscribed.csv"]?["contacts"].number == 930)
        #expect(files["mailchimp-cleaned.csv"]?["contacts"].number == 150)
        let lines = report["invalid"].list.compactMap { $0["line"].number }
        #expect(lines == [577, 979, 1282, 1543, 1891, 2217, 2224])
    }

    @Test func countsEveryRowAndASecondRunChangesNobodysStanding() async throws {
        try await Workplace.open { place in
            try await place.register()
            expectCounts(try await place.importSamples())
            let counts = try await place.rowCounts()
            let consents = "SELECT count(*) FROM consent_records WHERE decision = 'granted'"
            #expect(try await place.rows(consents) == ["2971"])
            let standing =
                "SELECT contact_id, scope, state, decided_at FROM permissions ORDER BY 1, 2"
            let before = try await place.rows(standing)

            let again = try await place.importSamples()
            #expect(again["granted"].number == 0)
            #expect(again["optedOut"].number == 0)
            #expect(again["complaints"].number == 0)
            #expect(again["hardBounces"].number == 0)
            #expect(again["unchanged"].number == 4051)
            #expect(again["refused"].number == 30)
            // What the second list says again is written down with its batch, and nothing else is.
            #expect(try await place.rowCounts().dropFirst() == counts.dropFirst())
            #expect(try await place.rows(consents) == ["5942"])
            #expect(try await place.rows(standing) == before)
        }
    }

    @Test func anArchiveIsTakenAsItIsAndTheRowsLeftOutAreListed() async throws {
        try await Workplace.open { place in
            try await place.register()
            let files = Workplace.samples.map {
                "z.write('\($0)', 'x/' + os.path.basename('\($0)'))"
            }
            let script =
                "import os, zipfile; z = zipfile.ZipFile('export.zip', 'w', zipfile.ZIP_DEFLATED); "
                + files.joined(separator: "; ") + "; z.close()"
            let packed = try await place.run("/usr/bin/env", ["python3", "-c", script])
            #expect(packed.exitCode == 0, "\(packed.errors)")
            let report = try await place.done(
                "import",
                "export.zip",
                "--scope",
                "newsletter",
                "--policy",
                "2026-01",
                "--rejected",
                "rejected.csv",
                "--json"
            )
            expectCounts(try report.json)
            let lines = place.read("rejected.csv").split(separator: "\n")
            #expect(lines.first == "file,line,outcome,reason")
            #expect(lines.filter { $0.contains(",invalid,") }.count == 7)
            #expect(lines.filter { $0.contains(",refused,") }.count == 30)
            #expect(lines.contains { $0.hasPrefix("mailchimp-subscribed.csv,577,invalid,") })
            #expect(place.read("rejected.csv").firstMatch(of: /[a-z0-9]@/) == nil)
        }
    }

    /// Nobody watches the streams of these programs.
    @Test func theBatchIsNamedFirstAndListed() async throws {
        try await Workplace.open { place in
            try await place.register()
            var batches: [String] = []
            for _ in 0..<2 {
                let done = try await place.done(
                    "import",
                    Workplace.samples[2],
                    "--scope",
                    "newsletter",
                    "--policy",
                    "2026-01",
                    "--json"
                )
                let id = try #require(try done.json["batch"].string)
                #expect(done.errors.contains("batch \(id); --resume \(id) if it breaks off"))
                batches.insert(id, at: 0)
            }
            let first = try await place.done("import", "list", "--json", "--limit", "1").json
            #expect(first["imports"].list.map { $0["id"].string } == [batches[0]])
            #expect(first["next"].string == batches[0])
            let rest = try await place.done("import", "list", "--json", "--after", batches[0]).json
            #expect(rest["imports"].list.map { $0["id"].string } == [batches[1]])
            #expect(rest["next"].string == nil)
            let table = try await place.done("import", "list").output.split(separator: "\n")
            #expect(table.first?.hasPrefix("batch ") == true)
            let named = table.dropFirst().map { String($0.prefix { $0 != " " }) }
            #expect(named == batches)
            #expect(table.dropFirst().allSatisfy { $0.contains("finished") })
        }
    }

    @Test func aDryRunCountsTheSameAndWritesNothing() async throws {
        try await Workplace.open { place in
            try await place.register()
            let counts = try await place.allRowCounts()
            let files = Workplace.samples
            let dry = try await place.done(
                "import",
                files[0],
                files[1],
                files[2],
                "--scope",
                "newsletter",
                "--policy",
                "2026-01",
                "--json",
                "--dry-run"
            )
            expectCounts(try dry.json)
            #expect(try await place.allRowCounts() == counts)
        }
    }

    @Test func whoSaidNoIsRefused() async throws {
        try await Workplace.open { place in
            try await place.register()
            _ = try await place.importSamples()
            let lists = try Workplace.samples.map(SampleList.init)
            let both = lists[0].matches.intersection(lists[1].matches).sorted()
            #expect(both.count == 30)
            for address in both {
                let check = try await place.heed(
                    "check",
                    address,
                    "--scope",
                    "newsletter",
                    "--json"
                )
                #expect(check.exitCode == 1)
                #expect(try check.json["reason"].string == "optOut")
            }
            let cleaned = try #require(lists[2].rows.first?["Email Address"])
            let bounced = try await place.heed("check", cleaned, "--scope", "receipts")
            #expect(bounced.exitCode == 1)
            #expect(bounced.output == "refused: hardBounce\n")
            let row = lists[1].rows.first { $0["UNSUB_REASON"] == "SPAM" }
            let spam = try #require(row?["Email Address"])
            let complained = try await place.heed("check", spam, "--scope", "receipts")
            #expect(complained.exitCode == 1)
            #expect(complained.output == "refused: complaint\n")
            // Everybody else of the campaign's list may be written to.
            let filter = try await place.done(
                "filter",
                "--scope",
                "newsletter",
                Workplace.samples[0],
                "--json"
            )
            let last = try JSON(String(filter.output.split(separator: "\n").last ?? ""))
            #expect(last["counts"]["allowed"].number == 2983)
            #expect(last["counts"]["optOut"].number == 30)
            #expect(last["counts"]["unknownContact"].number == 7)
        }
    }
}
