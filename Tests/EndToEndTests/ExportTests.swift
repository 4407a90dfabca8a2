// A person's data with the real program: the archive, what others' unpackers say, and the request.

import Foundation
import Testing

@Suite("A person's export")
struct ExportTests {
    private static let address = "zaphod.beeblebrox@mail.example"

    private func withPerson(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            for name in [ExportTests.address, "tricia@mail.example"] {
                try await place.done(
                    "consent",
                    "grant",
                    name,
                    "--scope",
                    "newsletter",
                    "--policy",
                    "2026-01"
                )
            }
            try await test(place)
        }
    }

    @Test func theArchiveIsForTheOwnerOnlyAndOpensElsewhere() async throws {
        try await withPerson { place in
            let asked = try await place.done(
                "request",
                "add",
                "--kind",
                "access",
                ExportTests.address,
                "--verified-by",
                "account-login",
                "--json"
            )
            let id = try #require(try asked.json["id"].string)
            let complete = try await place.heed("request", "complete", id)
            #expect(complete.exitCode == 2 && complete.errors.contains("heed export"))
            let done = try await place.done(
                "export",
                ExportTests.address,
                "-o",
                place.path("data.zip"),
                "--language",
                "de"
            )
            #expect(done.output.contains("data.zip: "))
            let attributes = try FileManager.default.attributesOfItem(
                atPath: place.path("data.zip")
            )
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let script = """
                import json, sys, zipfile
                archive = zipfile.ZipFile(sys.argv[1])
                assert archive.testzip() is None
                data = json.loads(archive.read('data.json'))
                assert data['addresses'][0]['address'] == '\(ExportTests.address)'
                assert data['requests'][0]['id'] == '\(id)'
                page = archive.read('index.html').decode()
                assert 'Was wir über Sie wissen' in page
                for name in archive.namelist():
                    assert b'tricia' not in archive.read(name), name
                """
            let check = try await place.run(
                "/usr/bin/env",
                ["python3", "-c", script, place.path("data.zip")]
            )
            #expect(check.exitCode == 0, "\(check.errors)")
            let shown = try await place.done("request", "show", id, "--json")
            #expect(try shown.json["status"].string == "completed")
        }
    }

    @Test func aFileThatIsThereIsKept() async throws {
        try await withPerson { place in
            try place.write("somebody else's\n", to: "data.zip")
            let export = ["export", ExportTests.address, "-o", place.path("data.zip")]
            let refused = try await place.heed(export)
            #expect(refused.exitCode == 2)
            #expect(refused.errors.hasPrefix("heed: output: there is a file at"))
            #expect(place.read("data.zip") == "somebody else's\n")
            let strange = try await place.heed(export + ["--force", "--language", "zz"])
            #expect(strange.exitCode == 2)
            #expect(strange.errors.hasPrefix("heed: language: "), "\(strange.errors)")
            #expect(place.read("data.zip") == "somebody else's\n")
            let begun = try await place.rows(
                "SELECT count(*) FROM audit_events WHERE kind = 'contact.export-started'"
            )
            #expect(begun == ["0"])
            #expect(try await place.heed(export + ["--force"]).exitCode == 0)
            let data = FileManager.default.contents(atPath: place.path("data.zip")) ?? Data()
            #expect(data.starts(with: Array("PK".utf8)))
        }
    }

    @Test func nobodyMakesNoFile() async throws {
        try await withPerson { place in
            let path = place.path("none.zip")
            let refused = try await place.heed("export", "nobody@mail.example", "-o", path)
            #expect(refused.exitCode == 2)
            #expect(refused.errors.contains("address: nobody is known at this address"))
            #expect(!FileManager.default.fileExists(atPath: path))
            let nowhere = try await place.heed(
                "export",
                ExportTests.address,
                "-o",
                "/nowhere/x.zip"
            )
            #expect(nowhere.exitCode == 2 && nowhere.errors.contains("output: "))
        }
    }

    @Test func anAddressIsPutRight() async throws {
        try await withPerson { place in
            let asked = try await place.done(
                "request",
                "add",
                "--kind",
                "rectification",
                ExportTests.address,
                "--verified-by",
                "account-login",
                "--json"
            )
            let id = try #require(try asked.json["id"].string)
            try await place.done("opt-out", ExportTests.address, "--scope", "newsletter")
            let taken = try await place.heed(
                "request",
                "rectify",
                id,
                "--address",
                "tricia@mail.example"
            )
            #expect(taken.exitCode == 2 && taken.errors.contains("belongs to somebody else"))
            let right = "zaphod@mail.example"
            try await place.done("request", "rectify", id, "--address", right)
            let check = try await place.heed("check", right, "--scope", "newsletter")
            #expect(check.exitCode == 1 && check.output.contains("optOut"))
        }
    }
}
