// Lists over HTTP on the built program: the server is killed in the middle of an import, and a list
// that went out comes in again elsewhere.

import Foundation
import Testing

@Suite("Import over HTTP")
struct ImportUploadTests {
    private static let path = "/v1/imports?scope=newsletter&policyVersion=2026-01"
    private static let count = 60_000

    private func list() -> String {
        let people = (0..<ImportUploadTests.count).map { "p\($0)@mail.example,subscribed" }
        let left = ["nobody,subscribed", "left@mail.example,unsubscribed"]
        return (["email,status"] + left + people).joined(separator: "\n")
    }

    private func files(_ place: Workplace) -> [String] {
        let folder = place.path("heed-data/imports")
        return (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    private func show(_ id: String, _ server: Server) async throws -> JSON {
        let reply = try await server.get("/v1/imports/\(id)")
        guard reply.status == 200 else { throw Failure("\(reply.status): \(reply.text)") }
        return try reply.json
    }

    @Test func aKilledServerGoesOnAndCountsEachRowOnce() async throws {
        try await Workplace.open { place in
            var server = try await place.serve()
            try await place.register()
            let reply = try await server.upload(ImportUploadTests.path, list())
            #expect(reply.status == 202, "\(reply.text)")
            let id = try #require(try reply.json["id"].string)
            try await eventually("some rows are in") { [server] in
                try await show(id, server)["counts"]["granted"].number ?? 0 > 0
            }
            try await server.cut()
            let before = try await place.rows("SELECT count(*) FROM consent_records")
            #expect(before != ["0"] && before != ["\(ImportUploadTests.count + 1)"])
            #expect(files(place).count == 2)
            server = try await place.serve()
            try await eventually("the import ends", withinSeconds: 300) { [server] in
                try await show(id, server)["state"].string == "finished"
            }
            let counts = try await show(id, server)["counts"]
            #expect(counts["rows"].number == ImportUploadTests.count + 2)
            #expect(counts["granted"].number == ImportUploadTests.count)
            #expect(counts["optedOut"].number == 1)
            #expect(counts["invalid"].number == 1)
            #expect(counts["unchanged"].number == 0)
            let after = try await place.rows("SELECT count(*) FROM consent_records")
            #expect(after == ["\(ImportUploadTests.count + 1)"])
            let rejected = try await server.get("/v1/imports/\(id)/rejected")
            #expect(rejected.text.contains("upload,2,invalid,"))
            try await eventually("the file is gone") { files(place).isEmpty }
            #expect(try await server.stop() == 0)
            #expect(
                !server.program.errors.contains("left@") && !server.program.errors.contains("p1@")
            )
        }
    }

    @Test func aListThatWentOutComesInElsewhere() async throws {
        let list = """
            email,status,consented_at,unsubscribed_at
            ada@mail.example,subscribed,2025-01-01T10:00:00Z,
            mary@mail.example,unsubscribed,,2025-01-03T10:00:00Z
            """
        let text = try await Workplace.open { place in
            try await place.register()
            try place.write(list, to: "list.csv")
            let options = ["--scope", "newsletter", "--policy", "2026-01"]
            _ = try await place.heed(["import", "list.csv"] + options)
            try await place.done("list", "export", "--scope", "newsletter", "-o", "out.csv")
            let attributes = try FileManager.default.attributesOfItem(atPath: place.path("out.csv"))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            return place.read("out.csv")
        }
        #expect(text.contains("mary@mail.example,unsubscribed,optOut,"))
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            let reply = try await server.upload(ImportUploadTests.path, text)
            let id = try #require(try reply.json["id"].string)
            try await eventually("the import ends") {
                try await show(id, server)["state"].string == "finished"
            }
            let exported = try await server.get("/v1/exports?scope=newsletter")
            #expect(exported.text.contains("ada@mail.example,subscribed,allowed,2025-01-01"))
            #expect(exported.text.contains("mary@mail.example,unsubscribed,optOut,,2025-01-03"))
            let unknown = try await place.heed("list", "export", "--scope", "none", "-o", "no.csv")
            #expect(unknown.exitCode == 2)
            #expect(unknown.errors.contains("scope: "))
            #expect(!FileManager.default.fileExists(atPath: place.path("no.csv")))
            #expect(try await server.stop() == 0)
        }
    }
}
