// A list of any length through the guard: in order, counted, and never whole when it is not.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import Logging
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

    private func ask(_ server: Server, _ bytes: [UInt8], _ type: String) async throws -> [String] {
        var call = Call.post("/v1/sends/filter?scope=newsletter", nil, as: .sender)
            .with(.contentType, type)
        if GzipReader.begins(bytes) { call = call.with(.contentEncoding, "gzip") }
        call.bytes = bytes
        let reply = try await server.send(call)
        #expect(reply.status == 200)
        return reply.body.split(separator: "\n").map(String.init)
    }

    /// CSV as spreadsheets write it, plain and packed, gets a decision a row.
    @Test(arguments: [",", ";", "\t"], [true, false])
    func csvIsReadByItsHeaderLine(_ delimiter: String, _ isPacked: Bool) async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let rows = [
                "\u{FEFF}name,E-Mail", "\"Lovelace \"\"A\"\"\",ada@mail.example", "",
                "\"two\r\nlines\",mary@mail.example", "Nobody,", "Ada\", ADA@mail.example ",
                "A,ada@mail.example",
            ]
            let text = rows.joined(separator: "\r\n").replacing(",", with: delimiter)
            let bytes = isPacked ? try Gzip.pack(Array(text.utf8)) : Array(text.utf8)
            let answer = try await ask(server, bytes, "text/csv; charset=UTF-8")
            try #require(answer.count == 6)
            #expect(answer[0].contains(#""allowed":true,"reason":"allowed""#))
            #expect(answer[1].contains(#""reason":"unknownContact""#))
            #expect(!answer[1].contains("invalid"))
            #expect(answer[2].contains(#""invalid":"the row has no address","line":6"#))
            #expect(answer[3].contains(#""recipient":"ADA@mail.example""#))
            #expect(answer[4].contains(#""allowed":true"#))
            #expect(answer[5].contains(#""counts":{"allowed":3,"unknownContact":2}"#))
            // The first line tells it where the request does not.
            let told = try await ask(server, bytes, "application/octet-stream")
            #expect(told.dropLast() == answer.dropLast())
        }
    }

    @Test func everyFormMayBePacked() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let lines = (1...2500).map { "person\($0)@mail.example" } + ["ada@mail.example"]
            let packed = try Gzip.pack(Array(lines.joined(separator: "\n").utf8))
            for type in ["text/plain", "application/x-ndjson"] {
                let answer = try await ask(server, packed, type)
                #expect(answer.count == 2502)
                #expect(answer.last?.contains(#""allowed":1,"unknownContact":2500"#) == true)
            }
            #expect(try await ask(server, Gzip.pack([]), "text/plain").count == 1)
        }
    }

    /// The answer breaks off: it has no counts, and is no whole answer of HTTP, either.
    @Test func whatIsCutOffHasNoCounts() async throws {
        try await withServer { server in
            let packed = try Gzip.pack(Array("ada@mail.example\n".utf8))
            await #expect(throws: Refusal.self) {
                try await ask(server, packed.dropLast(3), "text/plain")
            }
            // Whoever runs the server sees that it happened, and nothing of the list.
            let lines = server.log.of(.warning).filter { $0.contains("the answer about a list") }
            #expect(lines.count == 1 && lines[0].contains("problem=malformed-body"))
            #expect(!server.log.all.contains { $0.contains("mail.example") })
        }
    }

    /// So does what the database refuses in the middle.
    @Test func whatFailsInTheMiddleIsInTheLog() async throws {
        try await withServer { server in
            server.faults.set(.writes(.full))
            await #expect(throws: StoreError.self) {
                _ = try await ask(server, ["ada@mail.example"])
            }
            let lines = server.log.of(.error).filter { $0.contains("the answer about a list") }
            #expect(lines.count == 1 && lines[0].contains("problem=not-stored"))
            #expect(!server.log.all.contains { $0.contains("mail.example") })
        }
    }

    @Test func whatUnpacksToTooMuchIsRefused() async throws {
        var options = ServerOptions.sample
        options.unpackedBytesMaximum = 40
        try await withServer(options: options) { server in
            let fits = try Gzip.pack(Array("email\nada@mail.example\n".utf8))
            #expect(try await ask(server, fits, "text/csv").count == 2)
            var call = Call.post("/v1/sends/filter?scope=newsletter", nil, as: .sender)
                .with(.contentType, "text/csv").with(.contentEncoding, "gzip")
            call.bytes = try Gzip.pack([UInt8](repeating: 0x61, count: 1 << 20))
            let reply = try await server.sendWithoutEffect(call)
            let problem = try reply.problem()
            #expect(reply.status == 413 && problem.field == "body")
            #expect(problem.detail.contains("unpacked it is more than 40 bytes"))
        }
    }

    @Test func whatIsPackedHasToSaySo() async throws {
        try await withServer { server in
            var call = Call.post("/v1/sends/filter?scope=newsletter", nil, as: .sender)
            call.bytes = try Gzip.pack(Array("email\nada@mail.example\n".utf8))
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == 400)
            #expect(try reply.problem().detail.contains("Content-Encoding: gzip"))
        }
    }

    @Test(arguments: [
        ("text/csv", "", "body"), ("text/csv", "ada@mail.example\n", "body"),
        ("text/csv", "name,telephone\n", "body"),
    ])
    func aHeaderLineIsNeeded(_ type: String, _ text: String, _ field: String) async throws {
        try await withServer { server in
            let call = Call.post("/v1/sends/filter?scope=newsletter", text, as: .sender)
            let reply = try await server.sendWithoutEffect(call.with(.contentType, type))
            #expect(reply.status == 422)
            #expect(try reply.problem().field == field)
        }
    }

    @Test(arguments: [
        ("application/json", nil, "sends/check"),
        ("multipart/form-data; boundary=x", nil, "text/csv"),
        ("application/x-www-form-urlencoded", nil, "--data-binary"),
        ("image/png", nil, "image/png"),
        ("text/csv; charset=utf-16", nil, "UTF-8"), ("application/gzip", nil, "Content-Encoding"),
        ("text/csv", "br", "gzip"), ("text/plain", "gzip, gzip", "gzip"),
    ])
    func whatNobodyReadsIsRefused(
        _ type: String,
        _ encoding: String?,
        _ word: String
    ) async throws {
        try await withServer { server in
            var call = Call.post("/v1/sends/filter?scope=newsletter", "a@b.example", as: .sender)
                .with(.contentType, type)
            if let encoding { call = call.with(.contentEncoding, encoding) }
            let reply = try await server.sendWithoutEffect(call)
            #expect(reply.status == 415)
            #expect(try reply.problem().detail.contains(word))
        }
    }
}
