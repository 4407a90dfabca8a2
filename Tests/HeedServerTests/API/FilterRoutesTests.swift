// A list of any length through the guard: in order, counted, and never whole when it is not.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Filter route")
struct FilterRoutesTests {
    private func ask(
        _ server: Server,
        _ lines: [String],
        _ query: String = "scope=newsletter"
    ) async throws -> [String] {
        let body = lines.joined(separator: "\n")
        let reply = try await server.send(.post("/v1/sends/filter?\(query)", body, as: .sender))
        #expect(reply.status == 200)
        #expect(reply.headers[.contentType] == "application/x-ndjson")
        return reply.body.split(separator: "\n").map(String.init)
    }

    @Test func decisionsComeInOrderAndTheCountsLast() async throws {
        try await withServer { server in
            let installation = server.installation
            let count = 2 * FilterRoutes.batchSize + 7
            for number in stride(from: 1, through: count, by: 500) {
                try await installation.decide(Sample.address(number))
            }
            try await installation.optOut(Sample.address(501))
            let list = (1...count).map { "person\($0)@mail.example" }
            let answer = try await ask(server, list)
            try #require(answer.count == count + 1)
            for (line, address) in zip(answer, list) { #expect(line.contains("\"\(address)\"")) }
            #expect(answer[0].contains(#""allowed":true"#))
            #expect(answer[500].contains(#""reason":"optOut""#))
            let last = answer[count]
            #expect(last.contains(#""allowed":4"#) && last.contains(#""optOut":1"#))
            #expect(last.contains(#""unknownContact":\#(count - 5)"#))
            #expect(last.contains(#""validUntil":"2026-01-31T09:35:00Z""#))
        }
    }

    @Test func everyFormOfALineIsRead() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let forms = [
                "ada@mail.example", #""ada@mail.example""#, #"{"email":"ada@mail.example"}"#,
                #"{"address":"ada@mail.example","id":7}"#, #"{"recipient":"ada@mail.example"}"#, "",
                "  ada@mail.example\r",
            ]
            let answer = try await ask(server, forms, "scope=newsletter&links=true")
            #expect(answer.count == 7)
            for line in answer.dropLast() {
                #expect(line.contains(#""allowed":true"#), "\(line)")
                #expect(line.contains(#""listUnsubscribe":"<https://"#) || line.contains("/u/v1."))
            }
            let broken = ["nope", "{", "{}", "[1]", "\"", "ada@mail.example"]
            let verdicts = try await ask(server, broken)
            #expect(verdicts.count == 7)
            for line in verdicts.dropLast(2) { #expect(line.contains(#""invalid":"#), "\(line)") }
            #expect(verdicts[5].contains(#""allowed":true"#))
            #expect(try await ask(server, []).count == 1)
        }
    }

    @Test func whatIsWrongIsNamedBeforeTheFirstLine() async throws {
        try await withServer { server in
            let wrong = [
                ("", "scope"), ("?scope=Nope", "scope"), ("?scope=nosuch", "scope"),
                ("?scope=newsletter&links=1", "links"), ("?scope=newsletter&more=1", "more"),
            ]
            for (query, field) in wrong {
                let call = Call.post("/v1/sends/filter\(query)", "a@b.example", as: .sender)
                let reply = try await server.sendWithoutEffect(call)
                #expect(reply.status == 422, "\(query)")
                #expect(try reply.problem().field == field)
            }
        }
    }
}
