// Tests events and statistics over HTTP: every reason counted, bad rows named, roles, shapes.

import Foundation
import HTTPTypes
import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

private let path = "/v1/events"

private struct EventsReply: Decodable {
    struct Bad: Decodable, Equatable {
        let index: Int
        let field: String?
        let detail: String
    }

    let recorded: Int
    let anonymous: Int
    let duplicate: Int
    let invalid: Int
    let errors: [Bad]
    let position: Int64
}

extension Call {
    /// The same request with a later time in its body.
    fileprivate func after(_ time: String, is later: String) -> Call {
        var call = self
        call.body = body?.replacing(time, with: later)
        return call
    }
}

private struct StatsReply: Decodable {
    struct Count: Decodable, Equatable {
        let total: Int
        let unique: Int
    }

    struct Numbers: Decodable {
        let counts: [String: Count]
        let rates: [String: Double?]
    }

    struct Row: Decodable {
        let from: String
        let campaign: String?
        let scope: String?
        let counts: [String: Count]
    }

    let period: String
    let totals: Numbers
    let rows: [Row]
}

@Suite("Event routes")
struct EventRoutesTests {
    private func event(_ members: String, id: String = "e") -> String {
        #"{"id":"\#(id)","at":"2026-01-31T09:00:00Z","#
            + #""address":"ada@mail.example",\#(members)}"#
    }

    private func batch(_ events: String...) -> Call {
        .post(path, #"{"events":[\#(events.joined(separator: ","))]}"#, as: .sender)
    }

    @Test func goodOnesAreTakenAndBadOnesNamed() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let call = batch(
                event(#""kind":"delivered","message":"m","campaign":"spring""#, id: "1"),
                event(#""kind":"read""#, id: "2"),
                event(#""kind":"bounced""#, id: "3"),
                event(#""kind":"opened","bounce":"hard""#, id: "4"),
                "7",
                event(#""kind":"opened","colour":"red""#, id: "5"),
                event(#""kind":"opened","ip":"home""#, id: "6"),
                event(#""kind":"opened","scope":"none""#, id: "7"),
                event(#""kind":"opened","campaign":"to ada@mail.example""#, id: "8"),
                #"{"id":"9","kind":"opened","at":"2026-01-31T09:00:00Z","address":"nobody"}"#,
                #"{"id":"10","kind":"opened","at":"soon","address":"ada@mail.example"}"#,
                #"{"id":"11","kind":"opened","at":"2026-01-31T09:00:00Z"}"#,
                event(#""kind":"opened","message":"m""#, id: "1"),
                #"{"id":"12","kind":"opened","address":"ada@mail.example"}"#
            )
            let reply = try await server.send(call).decode(EventsReply.self)
            #expect(reply.recorded == 1 && reply.duplicate == 1 && reply.anonymous == 0)
            #expect(reply.invalid == reply.errors.count)
            let fields = reply.errors.map { "\($0.index) \($0.field ?? "-")" }
            #expect(
                fields == [
                    "1 kind", "2 bounce", "3 bounce", "4 -", "5 colour", "6 ip", "7 scope",
                    "8 campaign", "9 address", "10 at", "11 address", "13 at",
                ]
            )
            let again = try await server.sendWithoutEffect(call).decode(EventsReply.self)
            #expect(again.recorded == 0 && again.duplicate == 2 && again.invalid == 12)
        }
    }

    @Test func stopsHoldBeforeTheAnswer() async throws {
        try await withServer { server in
            for name in ["ada", "bob", "cyd"] {
                try await server.installation.decide(Address(email: "\(name)@mail.example"))
            }
            server.installation.clock.advance(seconds: 60)
            let call = batch(
                event(#""kind":"bounced","bounce":"hard""#, id: "1"),
                event(#""kind":"unsubscribed","scope":"newsletter""#, id: "2")
                    .replacing("ada@", with: "bob@"),
                event(#""kind":"complained""#, id: "3").replacing("ada@", with: "cyd@")
            ).after("09:00:00Z", is: "09:31:00Z")
            let reply = try await server.send(call).decode(EventsReply.self)
            #expect(reply.recorded == 3)
            #expect(try await server.check().reason == "hardBounce")
            #expect(try await server.check("bob@mail.example").reason == "optOut")
            #expect(try await server.check("cyd@mail.example").reason == "complaint")
        }
    }

    @Test func aBatchHasABound() async throws {
        try await withServer { server in
            let one = event(#""kind":"opened""#)
            let many = Array(repeating: one, count: 1001).joined(separator: ",")
            for (body, field, status) in [
                (#"{"events":[\#(many)]}"#, "events", 413), (#"{"events":[]}"#, "events", 422),
                (#"{"events":[\#(one)],"x":1}"#, "x", 422), ("{}", "events", 422),
                (#"{"events":{}}"#, "events", 422),
            ] {
                let reply = try await server.sendWithoutEffect(.post(path, body, as: .sender))
                #expect(reply.status == status)
                #expect(try reply.problem().field == field)
            }
        }
    }

    /// What could not be stored is asked for again, and then it is there once.
    @Test func aLostBatchIsSentAgain() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let call = batch(
                event(#""kind":"opened""#, id: "1"),
                event(#""kind":"complained""#, id: "2")
            )
            server.faults.set(.writes(.unavailable))
            #expect(try await server.sendWithoutEffect(call).status == 503)
            server.faults.set(nil)
            let reply = try await server.send(call).decode(EventsReply.self)
            #expect(reply.recorded == 2)
            #expect(try await server.check().reason == "complaint")
        }
    }

    @Test func numbersByPeriod() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let told = #""campaign":"spring","scope":"newsletter","message":"m""#
            try await server.send(
                batch(
                    event(#""kind":"sent",\#(told)"#, id: "1"),
                    event(#""kind":"delivered",\#(told)"#, id: "2"),
                    event(#""kind":"opened",\#(told)"#, id: "3"),
                    event(#""kind":"opened",\#(told)"#, id: "4")
                )
            )
            let call = Call.get(
                "/v1/stats?from=2026-01-01&to=2026-02-01&period=day&campaign=spring",
                as: .auditor
            )
            let stats = try await server.sendWithoutEffect(call).decode(StatsReply.self)
            #expect(stats.period == "day")
            #expect(stats.totals.counts["opened"] == .init(total: 2, unique: 1))
            #expect(stats.totals.counts.count == 8)
            #expect(stats.totals.rates["open"] == 1 && stats.totals.rates["delivery"] == 1)
            #expect(stats.totals.rates["click"] == 0)
            #expect(stats.rows.map(\.from) == ["2026-01-31T00:00:00Z"])
            #expect(stats.rows.first?.campaign == "spring")
            #expect(stats.rows.first?.scope == "newsletter")
            for (query, field) in [
                ("period=year", "period"), ("from=x", "from"), ("scope=none", "scope"),
                ("scope=%20", "scope"), ("from=2026-02-01&to=2026-01-01", "from"),
            ] {
                let reply = try await server.sendWithoutEffect(
                    .get("/v1/stats?" + query, as: .auditor)
                )
                #expect(reply.status == 422)
                #expect(try reply.problem().field == field)
            }
        }
    }

    /// Neither whom an event is about nor what they used gets into a log.
    @Test func nothingPersonalIsLogged() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            try await server.send(
                batch(event(#""kind":"opened","ip":"203.0.113.7","userAgent":"Mosaic""#))
            )
            for word in ["ada@", "203.0.113.7", "Mosaic"] {
                #expect(!server.log.all.contains { $0.contains(word) })
            }
        }
    }
}
