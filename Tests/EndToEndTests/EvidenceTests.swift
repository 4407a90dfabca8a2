// Evidence with the real program: made beside a server, and checked where there is no database.

import Foundation
import Testing

@Suite("Evidence")
struct EvidenceTests {
    private static let address = "zaphod.beeblebrox@mail.example"

    /// Somebody who agreed, was written to, and left.
    private func withPerson(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            let words = "consent grant \(EvidenceTests.address) --scope newsletter --policy 2026-01"
            try await place.did(words)
            let check = "check \(EvidenceTests.address) --scope newsletter --campaign spring"
            try await place.did(check + " --record-decisions")
            try await place.did("opt-out \(EvidenceTests.address) --scope newsletter")
            try await test(place)
        }
    }

    private func key(_ place: Workplace) async throws -> String {
        try await place.done("log", "key").output.trimmingCharacters(in: .newlines)
    }

    @Test func itIsCheckedOfflineAndOneChangedByteIsNamed() async throws {
        try await withPerson { place in
            let made = try await place.heed(
                "evidence",
                EvidenceTests.address,
                "--reason",
                "case 17",
                "-o",
                "case"
            )
            #expect(made.exitCode == 0, "\(made.errors)")
            #expect(made.output.contains("case: ") && made.output.contains("evidence.html"))
            let key = try await key(place)
            let attributes = try FileManager.default.attributesOfItem(
                atPath: place.path("case/evidence.html")
            )
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            // There is nothing else to look at.
            try FileManager.default.removeItem(atPath: place.path("heed-data"))
            let check = ["log", "verify", "--bundle", "case", "--key", key]
            let good = try await place.heed(check + ["--json"])
            #expect(good.exitCode == 0, "\(good.output)")
            #expect(try (good.json["files"].number ?? 0) > 8)
            let files = try FileManager.default.subpathsOfDirectory(atPath: place.path("case"))
                .filter { $0 != "events" }
            #expect(files.contains("manifest.txt") && files.contains { $0.hasSuffix(".document") })
            for file in files {
                let path = URL(filePath: place.path("case/\(file)"))
                let bytes = try Data(contentsOf: path)
                var spoiled = bytes
                spoiled[spoiled.count / 2] ^= 1
                try spoiled.write(to: path)
                let bad = try await place.heed(check)
                #expect(bad.exitCode == 1 && bad.output.contains("bad: \(file):"), "\(bad.output)")
                try bytes.write(to: path)
            }
            #expect(try await place.heed(check).exitCode == 0)
            let sums = try await place.run(
                "/bin/sh",
                ["-c", "cd \(place.path("case")) && sha256sum --quiet -c manifest.txt"]
            )
            #expect(sums.exitCode == 0, "\(sums.errors)")
        }
    }

    @Test func itSaysWhatItWrote() async throws {
        try await withPerson { place in
            let made = try await place.did("evidence \(EvidenceTests.address) --reason x --json")
            let json = try made.json
            let folder = try #require(json["folder"].string)
            #expect(folder == "evidence-\(json["export"].string ?? "?")")
            #expect((json["counts"]["timeline"].number ?? 0) > 0)
            let sum = try await place.run("/usr/bin/sha256sum", ["\(folder)/manifest.txt"])
            #expect(sum.output.hasPrefix(json["manifestSha256"].string ?? "?"))
            // A receipt of somebody else's installation is not looked for here.
            let url = "https://evil.example/v1/receipts/00112233445566778899aabbccddeeff"
            let wrong = try await place.heed("evidence", "--receipt", url, "--reason", "x")
            #expect(wrong.exitCode == 2 && wrong.errors.contains("receipt: "))
            #expect(wrong.errors.contains("not at evil.example"))
        }
    }

    @Test func itSaysByWhichRecordAMessageWasAllowed() async throws {
        try await withPerson { place in
            try await place.did("evidence \(EvidenceTests.address) --reason case -o case")
            let json = try #require(
                try JSONSerialization.jsonObject(
                    with: Data(contentsOf: URL(filePath: place.path("case/evidence.json")))
                ) as? [String: Any]
            )
            let send = try #require((json["sends"] as? [[String: Any]])?.first)
            #expect(send["reason"] as? String == "allowed")
            #expect(send["campaign"] as? String == "spring")
            let consents = json["consents"] as? [[String: Any]]
            #expect(send["recordId"] as? String == consents?.first?["id"] as? String)
            let explained = try await place.did("explain \(EvidenceTests.address)").output
            #expect(explained.contains("newsletter, campaign spring: allowed as of position"))
            #expect(explained.contains("by record \(send["recordId"] as? String ?? "?")"))
        }
    }

    @Test func aServerProvesItWhileItRuns() async throws {
        try await withPerson { place in
            let key = try await place.did("key create --role auditor --label audit").output
            let secret = try #require(
                key.split(whereSeparator: \.isWhitespace).first {
                    $0.hasPrefix("heed_")
                }
            )
            let server = try await place.serve()
            let made = try await place.run(
                "/usr/bin/env",
                [
                    "curl", "-sS", "--fail", "-H", "Authorization: Bearer \(secret)", "-o",
                    place.path("case.zip"),
                    "http://127.0.0.1:\(server.port)/v1/evidence?from=2020-01-01&reason=audit",
                ]
            )
            #expect(made.exitCode == 0, "\(made.errors)")
            let opened = try await place.run(
                "/usr/bin/env",
                [
                    "python3", "-m", "zipfile", "-e", place.path("case.zip"), place.path("case"),
                ]
            )
            #expect(opened.exitCode == 0, "\(opened.errors)")
            let log = try await self.key(place)
            let check = try await place.heed("log", "verify", "--bundle", "case", "--key", log)
            #expect(check.exitCode == 0, "\(check.output)")
            #expect(!place.read("case/evidence.json").contains("zaphod"))
            #expect(try await server.stop() == 0)
        }
    }

    @Test(arguments: [
        (["evidence", "a@mail.example"], "--reason"),
        (["evidence", "--reason", "x"], "address: "),
        (["evidence", "a@mail.example", "--from", "2026-01-01", "--reason", "x"], "address: "),
        (["evidence", "a@mail.example", "--reason", "for a@mail.example"], "reason: "),
        (["evidence", "--contact", "1", "--reason", "x"], "contact: "),
        (["evidence", "--from", "yesterday", "--reason", "x"], "from: "),
        (["evidence", "a@mail.example", "--reason", "x", "--time-zone", "Mars"], "timeZone: "),
        (["evidence", "a@mail.example", "--reason", "x"], "nothing is kept about it"),
    ])
    func whatIsWrongIsNamed(_ words: [String], _ complaint: String) async throws {
        try await Workplace.open { place in
            try await place.register()
            let refused = try await place.heed(words)
            #expect(refused.exitCode != 0)
            #expect(refused.errors.contains(complaint), "\(refused.errors)")
        }
    }
}

extension Workplace {
    /// Runs a line that must end well.
    @discardableResult
    fileprivate func did(_ line: String) async throws -> Ending {
        let ending = try await heed(line.split(separator: " ").map(String.init))
        #expect(ending.exitCode == 0, "\(line): \(ending.errors)")
        return ending
    }
}
