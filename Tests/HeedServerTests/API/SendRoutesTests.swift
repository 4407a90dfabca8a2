// Tests the guard over HTTP: one person or many, in order, with headers for one-click on request.

import HTTPTypes
import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

private let path = "/v1/sends/check"

@Suite("Send routes")
struct SendRoutesTests {
    @Test func oneAnswerSaysWhyAndUntilWhen() async throws {
        try await withServer { server in
            let id = try await server.installation.decide(Address(email: "ada@mail.example"))
            let check = try await server.check()
            #expect(check.allowed)
            #expect(check.reason == "allowed")
            #expect(check.optOutStatus == nil)
            #expect(check.validUntil == "2026-01-31T09:35:00Z")
            #expect(check.evidence.contactId == id.text)
            #expect(check.evidence.recordId != nil)
            #expect(check.unsubscribe == nil)
            let byID = #"{"scope":"newsletter","contactId":"\#(id.text)"}"#
            let same = try await server.sendWithoutEffect(.post(path, byID, as: .sender))
            #expect(try same.decode(CheckReply.self).allowed)
            #expect(try await server.check("nobody@mail.example").reason == "unknownContact")
            let unknown = byID.replacing(id.text, with: "01900000-0000-7000-8000-00000000000f")
            let reply = try await server.send(.post(path, unknown, as: .sender))
            #expect(try reply.decode(CheckReply.self).reason == "unknownContact")
        }
    }

    @Test func manyAnswersKeepTheOrderAndCount() async throws {
        try await withServer { server in
            let installation = server.installation
            try await installation.decide(Address(email: "ada@mail.example"))
            try await installation.decide(Address(email: "eve@mail.example"))
            try await installation.optOut(Address(email: "bob@mail.example"))
            try await installation.optOut(Address(email: "cyd@mail.example"), from: .global)
            let asked = [
                "eve@mail.example", "cyd@mail.example", "nobody", "ADA@Mail.example", "",
                "bob@mail.example", "new@mail.example", "ada@mail.example",
            ]
            let list = asked.map { "\"\($0)\"" }.joined(separator: ",")
            let body = #"{"scope":"newsletter","recipients":[\#(list)]}"#
            let reply = try await server.send(.post(path, body, as: .sender))
            let batch = try reply.decode(BatchReply.self)
            #expect(batch.decisions.map(\.recipient) == asked)
            #expect(
                batch.decisions.map(\.reason) == [
                    "allowed", "globalOptOut", "unknownContact", "allowed", "unknownContact",
                    "optOut", "unknownContact", "allowed",
                ]
            )
            #expect(
                batch.decisions.map(\.allowed) == batch.decisions.map { $0.reason == "allowed" }
            )
            #expect(
                batch.counts == ["allowed": 3, "globalOptOut": 1, "unknownContact": 3, "optOut": 1]
            )
            let bad = batch.decisions.filter { $0.invalid != nil }
            #expect(bad.map(\.recipient) == ["nobody", ""])
            #expect(bad.first?.invalid == "not a mail address: there is no '@'")
            #expect(batch.decisions.compactMap(\.optOutStatus) == ["pending", "pending"])
            #expect(batch.validUntil == "2026-01-31T09:35:00Z")
        }
    }

    @Test func anEmptyBatchIsAnAnswer() async throws {
        try await withServer { server in
            let body = #"{"scope":"newsletter","recipients":[]}"#
            let reply = try await server.send(.post(path, body, as: .sender))
            let batch = try reply.decode(BatchReply.self)
            #expect(batch.decisions.isEmpty)
            #expect(batch.counts.isEmpty)
        }
    }

    @Test func tenThousandGoAndOneMoreDoesNot() async throws {
        try await withServer { server in
            func body(_ count: Int) -> String {
                let list = (1...count).map { "\"p\($0)@mail.example\"" }.joined(separator: ",")
                return #"{"scope":"newsletter","recipients":[\#(list)]}"#
            }
            let reply = try await server.send(.post(path, body(10_000), as: .sender))
            #expect(try reply.decode(BatchReply.self).counts == ["unknownContact": 10_000])
            let wrong = WrongInput("", 413, "too-large", "recipients")
            try await server.expectRefusal(of: .post(path, body(10_001), as: .sender), as: wrong)
        }
    }

    /// RFC 8058 §3.1: one https URI in angle brackets, and the one fixed pair.
    @Test func theAllowedGetHeadersForOneClick() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let one =
                #"{"scope":"newsletter","address":"ada@mail.example","links":true}"#
            let check = try await server.send(.post(path, one, as: .sender)).decode(CheckReply.self)
            let many =
                #"{"scope":"newsletter","recipients":["bob@mail.example","ada@mail.example"],"#
                + #""links":true}"#
            let batch = try await server.send(.post(path, many, as: .sender))
                .decode(BatchReply.self)
            #expect(batch.decisions.first?.unsubscribe == nil)
            for headers in [check.unsubscribe, batch.decisions.last?.unsubscribe] {
                let headers = try #require(headers)
                let token = try #require(headers.url.split(separator: "/").last)
                #expect(headers.url == "https://news.example/u/\(token)")
                #expect(headers.listUnsubscribe == "<\(headers.url)>")
                #expect(headers.listUnsubscribePost == "List-Unsubscribe=One-Click")
                #expect(token.utf8.count <= 140)
                #expect(
                    token.allSatisfy {
                        $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0))
                    }
                )
                #expect(!headers.url.contains("ada"))
                #expect("List-Unsubscribe: \(headers.listUnsubscribe)".utf8.count < 998)
            }
        }
    }

    @Test(arguments: WrongInput.unreadable + [.huge] + inputs)
    func wrongInput(_ wrong: WrongInput) async throws {
        try await withServer { server in
            try await server.expectRefusal(of: .post(path, wrong.body, as: .sender), as: wrong)
        }
    }

    /// When the guard cannot know, it does not say yes.
    @Test func withoutADatabaseThereIsNoYes() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            server.faults.set(.reads(.unavailable))
            let body = #"{"scope":"newsletter","address":"ada@mail.example"}"#
            let reply = try await server.send(.post(path, body, as: .sender))
            #expect(reply.status == 503)
            #expect(!reply.body.contains("allowed"))
        }
    }

    private static let inputs: [WrongInput] = {
        let one = JSONBody(["address": "\"ada@mail.example\"", "scope": "\"newsletter\""])
        let many = JSONBody(["recipients": "[\"ada@mail.example\"]", "scope": "\"newsletter\""])
        let invalid: [(JSONBody, String, String, String)] = [
            (one, "scope", "5", "scope"), (one, "scope", "\"unknown\"", "scope"),
            (one, "scope", "\"global\"", "scope"), (one, "scope", "\"a b\"", "scope"),
            (one, "address", "5", "address"), (one, "address", "\"nobody\"", "address"),
            (one, "contactId", "\"ada\"", "contactId"),
            (one.without("address"), "contactId", "5", "contactId"),
            (one, "links", "\"yes\"", "links"),
            (one, "links", "1", "links"),
            (many, "scope", "\"unknown\"", "scope"), (many, "recipients", "5", "recipients"),
            (many, "recipients", "\"ada@mail.example\"", "recipients"),
            (many, "recipients", "[\"ada@mail.example\",5]", "recipients[1]"),
            (many, "recipients", "[null]", "recipients[0]"),
            (many, "links", "[]", "links"),
        ]
        return invalid.map { body, name, json, field in
            WrongInput(body.with(name, json).text, 422, "invalid-field", field)
        } + [
            WrongInput(one.without("scope").text, 422, "missing-field", "scope"),
            WrongInput(many.without("scope").text, 422, "missing-field", "scope"),
            WrongInput(one.without("address").text, 422, "missing-field", "address"),
            WrongInput(one.with("limit", "1").text, 422, "unknown-field", "limit"),
            WrongInput(
                many.with("address", "\"a@b.example\"").text,
                422,
                "unknown-field",
                "address"
            ),
        ]
    }()

    /// A call about a list is one line in the log, a check of one person none unless it is named.
    @Test func aCallIsLogged() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            func lines() async throws -> Int64 {
                try await server.installation.number(
                    "SELECT count(*) FROM audit_events WHERE kind = 'sends.checked'"
                )
            }
            let one = #"{"scope":"newsletter","address":"ada@mail.example""#
            let plain = try await server.sendWithoutEffect(.post(path, one + "}", as: .sender))
            #expect(!plain.body.contains("logged"))
            let named = one + #","campaign":"spring","record":true}"#
            let reply = try await server.send(.post(path, named, as: .sender))
            #expect(reply.body.contains("listSha256"))
            #expect(try await lines() == 1)
            let contents = try await server.installation.contents()
            #expect(contents.count(of: "send_decisions") == 1)
            let list = #"{"scope":"newsletter","recipients":["ada@mail.example"]}"#
            _ = try await server.send(.post(path, list, as: .sender))
            #expect(try await lines() == 2)
            let filter = "/v1/sends/filter?scope=newsletter&campaign=spring&record=true"
            let filtered = try await server.send(.post(filter, "ada@mail.example", as: .sender))
            #expect(filtered.body.contains("\"logged\":{\"call\":"))
            #expect(try await lines() == 3)
            let wrong = one + #","campaign":"for ada@mail.example"}"#
            let refused = try await server.sendWithoutEffect(.post(path, wrong, as: .sender))
            #expect(try refused.problem().field == "campaign")
        }
    }

    /// What is to be in the log and cannot be is not answered, or somebody would be written to
    /// without a word of it: a list, a check with a name, and records of recipients.
    @Test(arguments: [StoreError.Code.full, .busy, .unavailable])
    func whatCannotBeLoggedIsNotAnswered(_ code: StoreError.Code) async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            server.faults.set(.writes(code))
            let one = #"{"scope":"newsletter","address":"ada@mail.example""#
            let list = #"{"scope":"newsletter","recipients":["ada@mail.example"]"#
            for body in [list + "}", one + #","campaign":"spring"}"#, list + #","record":true}"#] {
                let call = Call.post(path, body, as: .sender)
                try await server.expectRefusal(of: call, as: WrongInput("", 503, "not-stored"))
                #expect(try await !server.send(call).body.contains("allowed"))
            }
            // Without its last line a filter's answer is none.
            let filter = Call.post(
                "/v1/sends/filter?scope=newsletter",
                "ada@mail.example",
                as: .sender
            )
            let text = try? await server.send(filter).body
            #expect(text?.contains("validUntil") != true)
            // A check of one person leaves nothing in the log, and needs nothing of it.
            #expect(try await server.send(.post(path, one + "}", as: .sender)).status == 200)
            server.faults.set(nil)
            #expect(try await server.send(.post(path, list + "}", as: .sender)).status == 200)
        }
    }
}
