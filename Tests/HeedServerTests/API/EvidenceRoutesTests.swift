// Evidence over HTTP: who may have it and why, and that the archive proves itself.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedLedger
import HeedLists
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

extension Server {
    /// Sends a call while something else extends the log, as `heed serve` does.
    func sendSequencing(_ call: Call) async throws -> Reply {
        try await withThrowingTaskGroup(of: Reply?.self) { group in
            group.addTask { try await send(call) }
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
}

extension Installation {
    /// Does every step of every request, with connectors confirming.
    func carryOut() async throws {
        while true {
            let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 60)
            let jobs = try await engine.perform(claim, as: .system("test")).receipt
            if jobs.isEmpty { return }
            for job in jobs { try await finish(job) }
        }
    }
}

@Suite("Evidence over HTTP")
struct EvidenceRoutesTests {
    private struct Taken: Decodable {
        let receiptToken: String
        let receiptUrl: String
    }

    private func send(_ call: Call, to server: Server) async throws -> Reply {
        try await server.sendSequencing(call)
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

    /// By a body, since an address and a token do not belong in a URL.
    @Test func somebodyWhoWasErasedIsFound() async throws {
        try await withServer { server in
            let installation = server.installation
            let ada = try Address(email: "ada@mail.example")
            let contact = try await installation.decide(ada)
            let body = #"{"address":"ada@mail.example","verifiedBy":"account-login"}"#
            let taken = try await server.send(.post("/v1/erasures", body, as: .collector))
            let answer = try JSONDecoder().decode(Taken.self, from: Data(taken.bytes))
            try await installation.carryOut()
            let bodies = [
                #"{"address":"Ada@mail.example","reason":"case 17"}"#,
                #"{"receipt":"\#(answer.receiptToken)","reason":"case 17"}"#,
                #"{"receipt":"\#(answer.receiptUrl)","reason":"case 17","timeZone":"UTC"}"#,
                #"{"receipt":"\#(answer.receiptToken)","address":"ada@mail.example","#
                    + #""reason":"case 17"}"#,
            ]
            for (index, body) in bodies.enumerated() {
                let reply = try await send(.post("/v1/evidence", body, as: .auditor), to: server)
                #expect(reply.status == 200, "\(reply.body)")
                let json = try #require(try reply.unpacked()["evidence.json"])
                #expect(json.contains(#""erased": true"#))
                // The address alone has the block, and who it was only by an opt-out of theirs.
                #expect(json.contains(contact.text) == (index > 0))
                #expect(json.contains(#""suppressions": [{"#) == [0, 3].contains(index))
                #expect(try await check(reply, server).findings == [])
            }
            #expect(!server.log.all.contains { $0.contains("mail.example") })
        }
    }

    @Test func somebodyWhoIsKnownIsFoundByAddress() async throws {
        try await withServer { server in
            let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
            let body = #"{"address":"ada@mail.example","reason":"case 17"}"#
            let reply = try await send(.post("/v1/evidence", body, as: .admin), to: server)
            let json = try #require(try reply.unpacked()["evidence.json"])
            #expect(json.contains(contact.text) && json.contains("ada@mail.example"))
            #expect(try await check(reply, server).findings == [])
        }
    }

    private static let token = "00112233445566778899aabbccddeeff"

    @Test(arguments: [
        (#"{}"#, 422, "reason"), (#"{"reason":"x"}"#, 422, "address"),
        (#"{"address":"ada","reason":"x"}"#, 422, "address"),
        (#"{"address":7,"reason":"x"}"#, 422, "address"),
        (#"{"address":"eve@mail.example","reason":"x"}"#, 404, "address"),
        (#"{"address":"ada@mail.example","reason":""}"#, 422, "reason"),
        (#"{"address":"ada@mail.example","reason":"a@b.example"}"#, 422, "reason"),
        (#"{"address":"ada@mail.example","reason":"x","timeZone":"Mars"}"#, 422, "timeZone"),
        (#"{"address":"ada@mail.example","reason":"x","contactId":"1"}"#, 422, "contactId"),
        (#"{"receipt":"\#(token)","reason":"x"}"#, 404, "receipt"),
        (#"{"receipt":"none","reason":"x"}"#, 404, "receipt"),
        (#"{"receipt":"https://evil.example/v1/receipts/\#(token)","reason":"x"}"#, 422, "receipt"),
        (#"{"receipt":"https://news.example/v1/receipts/\#(token)","reason":"x"}"#, 404, "receipt"),
    ])
    func aWrongBodyIsNamed(_ body: String, _ status: Int, _ field: String) async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            try await server.installation.sequence()
            let call = Call.post("/v1/evidence", body, as: .auditor)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == status, "\(reply.body)")
            #expect(try reply.problem().field == field)
        }
    }

    @Test func aPlusInAReasonIsASpace() async throws {
        try await withServer { server in
            let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
            let path = "/v1/contacts/\(contact.text)/evidence?reason=file+17%2F26+%2B+annex"
            let reply = try await send(.get(path, as: .auditor), to: server)
            let json = try #require(try reply.unpacked()["evidence.json"])
            #expect(json.contains(#""reason": "file 17/26 + annex""#))
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
            let body = #"{"address":"ada@mail.example","reason":"x"}"#
            let call = Call.post("/v1/evidence", body, as: role)
            #expect(try await server.sendWithoutEffect(call).status == 403)
        }
    }
}
