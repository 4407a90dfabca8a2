// Evidence over HTTP: who may have it and why, and that the archive proves itself.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedLedger
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Evidence over HTTP")
struct EvidenceRoutesTests {
    /// Sends a call while something else extends the log, as `heed serve` does.
    private func send(_ call: Call, to server: Server) async throws -> Reply {
        let installation = server.installation
        return try await withThrowingTaskGroup(of: Reply?.self) { group in
            group.addTask { try await server.send(call) }
            group.addTask {
                while !Task.isCancelled {
                    try await installation.sequence()
                    await Task.yield()
                }
                return nil
            }
            defer { group.cancelAll() }
            return try #require(try await group.next() ?? nil)
        }
    }

    private func check(_ reply: Reply, _ server: Server) async throws -> ProofBundle.Report {
        let head = try #require(
            try await server.installation.engine.ask(PublishedCheckpoint())
        )
        let files = try reply.unpacked().mapValues { Array($0.utf8) }
        return ProofBundle.check(files, log: try NoteVerifier(text: head.verifier))
    }

    @Test(arguments: [APIKey.Role.auditor, .admin])
    func whoMayReadEvidenceGetsIt(_ role: APIKey.Role) async throws {
        try await withServer { server in
            let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
            try await server.installation.decide(Address(email: "bob@mail.example"))
            let path = "/v1/contacts/\(contact.text)/evidence?reason=case%2017&timeZone=UTC"
            let reply = try await send(.get(path, as: role), to: server)
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "application/zip")
            #expect(reply.headers[.cacheControl] == "no-store")
            let disposition = reply.headers[.contentDisposition] ?? ""
            #expect(disposition.hasPrefix("attachment; filename=\"evidence-"))
            let files = try reply.unpacked()
            #expect(files["evidence.json"]?.contains("ada@mail.example") == true)
            #expect(files["evidence.json"]?.contains("\"reason\": \"case 17\"") == true)
            #expect(!files.values.contains { $0.contains("bob@") })
            #expect(try await check(reply, server).findings == [])
            #expect(!server.log.all.contains { $0.contains("mail.example") })
        }
    }

    @Test func aPeriodOpensNothing() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            server.installation.clock.advance(seconds: 1)
            let path = "/v1/evidence?from=2026-01-01&reason=yearly"
            let reply = try await send(.get(path, as: .auditor), to: server)
            #expect(reply.status == 200)
            let files = try reply.unpacked()
            #expect(files["evidence.json"]?.contains("consent.granted") == true)
            #expect(!files.values.contains { $0.contains("mail.example") })
            #expect(try await check(reply, server).findings == [])
        }
    }

    @Test(arguments: [
        ("contacts/ID/evidence", 422, "reason"), ("contacts/ID/evidence?reason=", 422, "reason"),
        ("contacts/ID/evidence?reason=a%40b.example", 422, "reason"),
        ("contacts/ID/evidence?reason=x&timeZone=Nowhere", 422, "timeZone"),
        ("contacts/ID/evidence?reason=x&wat=1", 422, "wat"),
        ("contacts/01900000-0000-7000-8000-00000000000f/evidence?reason=x", 404, "id"),
        ("evidence?reason=x", 422, "from"), ("evidence?from=2026-01-01", 422, "reason"),
        ("evidence?from=x&reason=x", 422, "from"),
        ("evidence?from=2026-01-02&to=2026-01-01&reason=x", 422, "to"),
    ])
    func whatIsWrongIsNamed(_ path: String, _ status: Int, _ field: String) async throws {
        try await withServer { server in
            let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
            try await server.installation.sequence()
            let call = Call.get("/v1/" + path.replacing("ID", with: contact.text), as: .auditor)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == status)
            #expect(try reply.problem().field == field)
        }
    }

    @Test(arguments: [APIKey.Role.sender, .collector])
    func othersGetNone(_ role: APIKey.Role) async throws {
        try await withServer { server in
            let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
            for path in ["contacts/\(contact.text)/evidence", "evidence"] {
                let call = Call.get("/v1/\(path)?reason=x&from=2026-01-01", as: role)
                #expect(try await server.sendWithoutEffect(call).status == 403)
            }
        }
    }
}
