// A list over HTTP: who may have it, in which form, and what is written down about it.

import HTTPTypes
import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Exports over HTTP")
struct ExportRoutesTests {
    @Test func anAdminGetsTheListAndTheLogKnows() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let optOut = #"{"address":"mary@mail.example","scope":"newsletter","source":"api"}"#
            try await server.send(.post("/v1/opt-outs", optOut, as: .collector))
            let reply = try await server.send(.get("/v1/exports?scope=newsletter", as: .admin))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(reply.headers[.cacheControl] == "no-store")
            #expect(
                reply.headers[.contentDisposition] == "attachment; filename=\"newsletter-csv.csv\""
            )
            let lines = reply.body.split(separator: "\n").map(String.init)
            #expect(lines.count == 3)
            #expect(lines.contains { $0.hasPrefix("ada@mail.example,subscribed,allowed,") })
            #expect(lines.contains { $0.hasPrefix("mary@mail.example,unsubscribed,optOut,") })
            let events = try await server.installation.number(
                "SELECT count(*) FROM audit_events WHERE kind LIKE 'list.export%'"
            )
            #expect(events == 2)
        }
    }

    @Test func aProgramWithAFileForEachStatusIsAskedForOne() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let path = "/v1/exports?scope=newsletter&format=mailchimp"
            let missing = try await server.sendWithoutEffect(.get(path, as: .admin))
            #expect(missing.status == 422)
            #expect(try missing.problem().field == "status")
            let reply = try await server.send(.get(path + "&status=subscribed", as: .admin))
            #expect(reply.body.hasPrefix("Email Address,OPTIN_TIME,"))
            #expect(reply.body.contains("ada@mail.example"))
        }
    }

    @Test(arguments: [
        ("", "scope"), ("?scope=nothing", "scope"), ("?scope=newsletter&format=auto", "format"),
        ("?scope=newsletter&status=gone", "status"), ("?scope=newsletter&wat=1", "wat"),
    ])
    func whatCannotBeExportedIsRefusedByName(_ query: String, _ field: String) async throws {
        try await withServer { server in
            let call = Call.get("/v1/exports" + query, as: .admin)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == 422)
            #expect(try reply.problem().field == field)
        }
    }

    /// Every role but one.
    @Test(arguments: [APIKey.Role.sender, .collector, .auditor])
    func nobodyElseGetsIt(_ role: APIKey.Role) async throws {
        try await withServer { server in
            let call = Call.get("/v1/exports?scope=newsletter", as: role)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == 403)
        }
    }
}
