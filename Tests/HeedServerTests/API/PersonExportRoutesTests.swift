// A person's data over HTTP: who may have it, what it is, and what is written down about it.

import HTTPTypes
import HeedConsent
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

extension Reply {
    /// The files of an archive, by name.
    func unpacked() throws -> [String: String] {
        let bytes = bytes
        let archive = try ZipArchive(byteCount: bytes.count) { offset, count in
            Array(bytes.dropFirst(offset).prefix(count))
        }
        var files: [String: String] = [:]
        for entry in archive.entries {
            var text: [UInt8] = []
            let next = try archive.open(entry)
            while let piece = try next() { text += piece }
            files[entry.path] = String(decoding: text, as: UTF8.self)
        }
        return files
    }
}

@Suite("A person's export over HTTP")
struct PersonExportRoutesTests {
    @Test(arguments: [APIKey.Role.auditor, .admin])
    func whoMayReadEvidenceGetsIt(_ role: APIKey.Role) async throws {
        var options = ServerOptions.sample
        options.controller = Controller(
            name: "Shop Ltd",
            contact: "Grace",
            address: "1 Main Street",
            email: "privacy@shop.example",
            phone: "+44 1",
            url: nil,
            jurisdiction: "GB"
        )
        options.logRetentionDays = 3333
        try await withServer(options: options) { server in
            let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
            try await server.installation.decide(Address(email: "bob@mail.example"))
            let path = "/v1/contacts/\(contact.text)/export?language=de"
            let reply = try await server.send(.get(path, as: role))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "application/zip")
            #expect(reply.headers[.cacheControl] == "no-store")
            #expect(reply.headers[.contentDisposition] == "attachment; filename=\"data.zip\"")
            let files = try reply.unpacked()
            #expect(files["data.json"]?.contains("ada@mail.example") == true)
            #expect(!files.values.contains { $0.contains("bob@") })
            let page = try #require(files["index.html"])
            #expect(page.contains("lang=\"de\"") && page.contains("3333"))
            for line in ["Shop Ltd", "Grace", "1 Main Street", "privacy@shop.example"] {
                #expect(page.contains(line))
            }
            let events = try await server.installation.number(
                "SELECT count(*) FROM audit_events WHERE kind LIKE 'contact.export%'"
            )
            #expect(events == 2)
            #expect(!server.log.all.contains { $0.contains("mail.example") })
        }
    }

    @Test(arguments: [
        ("?language=x_y", 422, "language"), ("?language=zz", 422, "language"),
        ("?wat=1", 422, "wat"),
    ])
    func whatIsWrongIsNamed(_ query: String, _ status: Int, _ field: String) async throws {
        try await withServer { server in
            let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
            let call = Call.get("/v1/contacts/\(contact.text)/export" + query, as: .auditor)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == status)
            #expect(try reply.problem().field == field)
        }
    }

    @Test func nobodyIsNotFound() async throws {
        try await withServer { server in
            let path = "/v1/contacts/01900000-0000-7000-8000-00000000000f/export"
            let reply = try await server.sendWithoutEffect(.get(path, as: .auditor))
            #expect(reply.status == 404)
            #expect(try reply.problem().field == "id")
        }
    }
}
