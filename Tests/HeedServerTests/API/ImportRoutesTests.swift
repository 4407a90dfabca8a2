// Lists over HTTP: taken at once and safely, refused by name, shown, undone.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedExchange
import HeedLists
import HeedStore
import HummingbirdTesting
import TestSupport
import Testing

@testable import HeedServer

/// `GET /v1/imports/{id}`, written down a second time.
struct ImportReply: Decodable {
    let id: String
    let state: String
    let dryRun: Bool
    let format: String
    let scope: String
    let policyVersion: String
    let startedAt: String
    let finishedAt: String?
    let undoneAt: String?
    let failure: String?
    let bytesDone: Int?
    let bytesAll: Int?
    let counts: [String: Int]
    let refusals: [String: Int]
}

private struct AcceptedReply: Decodable {
    let id: String
    let state: String
    let position: Int64
}

private struct ImportsReply: Decodable {
    let imports: [ImportReply]
    let next: String?
}

extension Server {
    /// Does what the background does.
    func work() async throws {
        let worker = ImportWorker(
            engine: installation.engine,
            spool: uploads.spool,
            holder: [UInt8](repeating: 1, count: 16)
        )
        try await worker.round()
    }

    fileprivate func show(_ id: String) async throws -> ImportReply {
        try await send(.get("/v1/imports/\(id)", as: .auditor)).decode()
    }

    fileprivate func upload(_ call: Call) async throws -> String {
        let reply = try await send(call)
        #expect(reply.status == 202, "\(reply.body)")
        let accepted = try reply.decode(AcceptedReply.self)
        #expect(accepted.state == "running")
        #expect(reply.headers[.location] == "/v1/imports/\(accepted.id)")
        return accepted.id
    }
}

@Suite("Imports over HTTP")
struct ImportRoutesTests {
    private static let path = "/v1/imports?scope=newsletter&policyVersion=2026-01"
    private static let list = """
        email,status
        ada@mail.example,subscribed
        nobody,subscribed
        grace@mail.example,unsubscribed
        grace@mail.example,subscribed
        """

    private func call(_ more: String = "", _ body: String = ImportRoutesTests.list) -> Call {
        Call.post(ImportRoutesTests.path + more, body, as: .collector)
            .with(.contentType, "text/csv")
    }

    @Test func aListIsTakenAtOnceAndImportedAfterwards() async throws {
        try await withServer { server in
            let id = try await server.upload(call("&filename=news.csv"))
            #expect(server.uploads.files == ["\(id).json", "\(id).list"])
            let waiting = try await server.show(id)
            #expect(waiting.state == "running")
            #expect(waiting.bytesAll == ImportRoutesTests.list.utf8.count)
            #expect(try await server.check().allowed == false)
            try await server.work()
            let done = try await server.show(id)
            #expect(done.state == "finished")
            #expect(done.counts["rows"] == 4)
            #expect(done.counts["granted"] == 1)
            #expect(done.counts["optedOut"] == 1)
            #expect(done.counts["invalid"] == 1)
            #expect(done.counts["refused"] == 1)
            #expect(done.refusals.values.reduce(0, +) == 1)
            #expect(done.bytesDone == done.bytesAll)
            #expect(try await server.check().allowed)
            #expect(try await server.check("grace@mail.example").allowed == false)
            #expect(server.uploads.files.isEmpty)
            let rejected = try await server.send(.get("/v1/imports/\(id)/rejected", as: .auditor))
            #expect(rejected.headers[.contentType] == "text/csv; charset=utf-8")
            let lines = rejected.body.split(separator: "\n")
            #expect(lines.first == "file,line,outcome,reason")
            #expect(lines.dropFirst().map { $0.prefix(18) }.first == "news.csv,3,invalid")
            #expect(lines.count == 3)
            #expect(!rejected.body.contains("grace") && !rejected.body.contains("nobody"))
        }
    }

    @Test func aRepeatIsTheSameBatch() async throws {
        try await withServer { server in
            let first = call().with(.idempotencyKey, "k-1")
            let id = try await server.upload(first)
            #expect(try await server.upload(first) == id)
            #expect(server.uploads.files == ["\(id).json", "\(id).list"])
            try await server.work()
            #expect(try await server.upload(first) == id)
            #expect(server.uploads.files.isEmpty)
            let other = call("", "email,status\nmary@mail.example\n").with(.idempotencyKey, "k-1")
            let reply = try await server.sendWithoutEffect(other)
            #expect(reply.status == 422)
            #expect(try reply.problem().field == "Idempotency-Key")
            #expect(server.uploads.files.isEmpty)
        }
    }

    @Test(arguments: [
        ("?policyVersion=2026-01", list, 422, "scope"),
        ("?scope=newsletter", list, 422, "policyVersion"),
        ("?scope=nothing&policyVersion=2026-01", list, 422, "scope"),
        ("?scope=newsletter&policyVersion=none", list, 422, "policyVersion"),
        ("?scope=newsletter&policyVersion=2026-01&format=word", list, 422, "format"),
        ("?scope=newsletter&policyVersion=2026-01&status=gone", list, 422, "status"),
        ("?scope=newsletter&policyVersion=2026-01&dryRun=maybe", list, 422, "dryRun"),
        ("?scope=newsletter&policyVersion=2026-01&filename=a/b", list, 422, "filename"),
        ("?scope=newsletter&policyVersion=2026-01&wat=1", list, 422, "wat"),
        ("?scope=newsletter&policyVersion=2026-01", "", 422, "file"),
        ("?scope=newsletter&policyVersion=2026-01", "name,colour\na,b\n", 422, "file"),
        ("?scope=newsletter&policyVersion=2026-01", "PK\u{3}\u{4}broken", 422, "file"),
    ])
    func whatCannotBeImportedIsRefusedByNameAndKeptNowhere(
        _ query: String,
        _ body: String,
        _ status: Int,
        _ field: String
    ) async throws {
        try await withServer { server in
            let call = Call.post("/v1/imports" + query, body, as: .collector)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == status)
            #expect(try reply.problem().field == field)
            #expect(server.uploads.files.isEmpty)
        }
    }

    @Test func aTooLargeListAndAFormAreRefused() async throws {
        try await withServer(.live) { server in
            let rows = String(repeating: "a@mail.example\n", count: 80_000)
            let huge = call("", "email,status\n" + rows)
            let reply = try await server.sendWithoutEffect(huge)
            #expect(reply.status == 413)
            #expect(try reply.problem().field == "body")
            #expect(try reply.problem().detail.contains("1048576"))
            let form = call().with(.contentType, "multipart/form-data; boundary=x")
            #expect(try await server.sendWithoutEffect(form).status == 415)
            #expect(server.uploads.files.isEmpty)
        }
    }

    @Test func whatCannotBeStoredIsSaidAndKeptNowhere() async throws {
        try await withServer { server in
            server.faults.set(.writes(.full))
            let reply = try await server.send(call())
            #expect(reply.status == 503)
            #expect(server.uploads.files.isEmpty)
            // It worked, but nobody knows: the list stays until somebody looks.
            server.faults.set(.replies(.unknown))
            #expect(try await server.send(call()).status == 503)
            server.faults.set(nil)
            #expect(server.uploads.files.count == 2)
            try await server.work()
            #expect(server.uploads.files.isEmpty)
            #expect(try await server.check().allowed)
        }
    }

    @Test func aDryRunOnlyCounts() async throws {
        try await withServer { server in
            let id = try await server.upload(call("&dryRun=true"))
            try await server.work()
            let done = try await server.show(id)
            #expect(done.state == "finished")
            #expect(done.dryRun)
            #expect(done.counts["granted"] == 1)
            #expect(try await server.check().allowed == false)
            #expect(server.uploads.files.isEmpty)
            let undo = Call.post("/v1/imports/\(id)/undo", nil, as: .admin)
            #expect(try await server.sendWithoutEffect(undo).status == 409)
        }
    }

    @Test func undoingTakesConsentsBackAndKeepsOptOuts() async throws {
        try await withServer { server in
            let id = try await server.upload(call())
            try await server.work()
            let undo = Call.post("/v1/imports/\(id)/undo", nil, as: .admin)
            #expect(try await server.send(undo).decode(ImportReply.self).state == "undoing")
            try await server.work()
            #expect(try await server.send(undo).decode(ImportReply.self).state == "undone")
            #expect(try await server.check().allowed == false)
            #expect(try await server.check("grace@mail.example").reason == "optOut")
            let unknown = Call.post("/v1/imports/\(ImportID(high: 1, low: 1).text)/undo", nil)
            var asAdmin = unknown
            asAdmin.role = .admin
            #expect(try await server.sendWithoutEffect(asAdmin).status == 404)
        }
    }

    /// The file is gone as soon as the import is, however it ends.
    @Test func undoingWhatStillWaitsRemovesItsFile() async throws {
        try await withServer { server in
            let id = try await server.upload(call())
            try await server.send(.post("/v1/imports/\(id)/undo", nil, as: .admin))
            try await server.work()
            #expect(server.uploads.files.isEmpty)
            #expect(try await server.show(id).state == "undone")
            #expect(try await server.check("grace@mail.example").reason == "unknownContact")
        }
    }

    @Test func theNewestComesFirst() async throws {
        try await withServer { server in
            var ids: [String] = []
            for _ in 0..<3 { ids.append(try await server.upload(call())) }
            let all = try await server.send(.get("/v1/imports", as: .auditor))
            let page = try all.decode(ImportsReply.self)
            #expect(page.imports.map(\.id) == ids.sorted().reversed())
            #expect(page.next == nil)
            let first = try await server.send(.get("/v1/imports?limit=2", as: .auditor))
            let next = try #require(try first.decode(ImportsReply.self).next)
            let rest = try await server.send(.get("/v1/imports?after=\(next)", as: .auditor))
            #expect(try rest.decode(ImportsReply.self).imports.map(\.id) == [ids.min()])
            for limit in ["0", "501", "x"] {
                let call = Call.get("/v1/imports?limit=\(limit)", as: .auditor)
                #expect(try await server.sendWithoutEffect(call).status == 422)
            }
        }
    }
}
