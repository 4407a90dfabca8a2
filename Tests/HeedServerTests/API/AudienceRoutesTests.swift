// The audience over HTTP: who may have it, in which form, and what is written down about it.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedExchange
import HeedStore
import Hummingbird
import NIOCore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Audience over HTTP")
struct AudienceRoutesTests {
    private func fill(_ server: Server) async throws {
        for name in ["ada", "+grace", "mary"] {
            try await server.installation.decide(Address(email: "\(name)@mail.example"))
        }
        try await server.installation.optOut(Address(email: "mary@mail.example"))
    }

    @Test func anAdminGetsTheAllowedAndTheCountsLast() async throws {
        try await withServer { server in
            try await fill(server)
            let reply = try await server.send(.get("/v1/audience?scope=newsletter", as: .admin))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "application/x-ndjson")
            #expect(reply.headers[.cacheControl] == "no-store")
            let lines = reply.body.split(separator: "\n").map(String.init)
            try #require(lines.count == 3)
            let form = #/\{"address":"(ada|\+grace)@mail.example","contactId":"[0-9a-f-]{36}"\}/#
            for line in lines.dropLast() { #expect(line.wholeMatch(of: form) != nil, "\(line)") }
            #expect(lines[2].hasPrefix(#"{"counts":{"allowed":2,"optOut":1},"position":"#))
            #expect(lines[2].hasSuffix(#""validUntil":"2026-01-31T09:35:00Z"}"#))
            let events = try await server.installation.number(
                "SELECT count(*) FROM audit_events WHERE kind LIKE 'list.export%'"
            )
            #expect(events == 2)
        }
    }

    /// What comes out goes through the filter, and its links work.
    @Test func itGoesThroughTheFilter() async throws {
        try await withServer { server in
            try await fill(server)
            for format in ["csv", "ndjson"] {
                let path = "/v1/audience?scope=newsletter&links=true&format=\(format)"
                let list = try await server.send(.get(path, as: .admin))
                let rows = list.body.split(separator: "\n").map(String.init)
                #expect(rows.count == 3)
                let people = format == "csv" ? rows : rows.dropLast()
                let type = format == "csv" ? "text/csv" : "application/x-ndjson"
                let call = Call.post(
                    "/v1/sends/filter?scope=newsletter",
                    people.joined(separator: "\n"),
                    as: .sender
                ).with(.contentType, type)
                let answer = try await server.send(call).body
                #expect(answer.contains(#""counts":{"allowed":2}"#), "\(answer)")
                if format == "csv" {
                    #expect(
                        rows[0] == "email,contact_id,unsubscribe_url,list_unsubscribe,"
                            + "list_unsubscribe_post,preferences_url"
                    )
                    #expect(list.headers[.contentType] == "text/csv; charset=utf-8")
                    #expect(
                        list.headers[.contentDisposition]
                            == "attachment; filename=\"newsletter-audience.csv\""
                    )
                }
                let link = try #require(list.body.firstMatch(of: #/https://[^/]+(/u/v1\.[^",>]+)/#))
                let left = try await server.send(
                    .post(String(link.1), "List-Unsubscribe=One-Click").with(
                        .contentType,
                        "application/x-www-form-urlencoded"
                    )
                )
                #expect(left.status == 200)
                let after = try await server.send(.get(path, as: .admin))
                #expect(after.body.split(separator: "\n").count == 2)
                server.installation.clock.advance(seconds: 1)
                for name in ["ada", "+grace"] {
                    let address = try Address(email: "\(name)@mail.example")
                    let yes = try await server.installation.check(address)
                    if !yes.allowed { try await server.installation.decide(address) }
                }
            }
        }
    }

    @Test(arguments: [
        ("", "scope"), ("?scope=nothing", "scope"), ("?scope=newsletter&format=xml", "format"),
        ("?scope=newsletter&links=1", "links"), ("?scope=newsletter&wat=1", "wat"),
    ])
    func whatIsWrongIsNamed(_ query: String, _ field: String) async throws {
        try await withServer { server in
            let call = Call.get("/v1/audience" + query, as: .admin)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == 422)
            #expect(try reply.problem().field == field)
        }
    }

    @Test(arguments: [APIKey.Role.sender, .collector, .auditor])
    func nobodyElseGetsIt(_ role: APIKey.Role) async throws {
        try await withServer { server in
            let call = Call.get("/v1/audience?scope=newsletter", as: role)
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == 403)
        }
    }

    /// A client that goes away: the work ends, and the log says how much may have left.
    @Test func whoGoesAwayIsWrittenDown() async throws {
        try await Backend.sqlite.withEngine { installation in
            for number in 0..<501 { try await installation.decide(Sample.address(number)) }
            let run = try await ListExporter(
                engine: installation.engine,
                audienceOf: "newsletter",
                form: .ndjson(.none, publicURL: "https://news.example"),
                actor: Sample.actor
            ).begin()
            let body = ResponseBody(run) { run in try AudienceSummary(run)?.line() ?? "" }
            await #expect(throws: ChannelError.self) { try await body.write(LostClient()) }
            let lines = try await installation.sql(
                "SELECT body FROM audit_events WHERE kind = 'list.exported'"
            ).compactMap { AuditEvent(canonical: try $0.blob(0)) }
            #expect(
                lines.map(\.facts) == [
                    ["format": "audience", "outcome": "broken-off", "allowed": "500"]
                ]
            )
        }
    }
}

/// A client whose connection is gone.
private struct LostClient: ResponseBodyWriter {
    mutating func write(_ buffer: ByteBuffer) async throws {
        throw ChannelError.ioOnClosedChannel
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
