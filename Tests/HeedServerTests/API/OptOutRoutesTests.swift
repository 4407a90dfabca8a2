// Tests opt-outs over HTTP: acknowledged at once, in force at once, and followed to the end.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

private let optOut = JSONBody(["address": "\"ada@mail.example\"", "scope": "\"newsletter\""])

@Suite("Opt-out routes: request")
struct OptOutRequestTests {
    @Test func itIsAcknowledgedAndTheNextCheckRefuses() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            #expect(try await server.check().allowed)
            let body = optOut.with("source", "\"support-desk\"").with("reason", "\"by phone\"").text
            let reply = try await server.send(.post("/v1/opt-outs", body, as: .collector))
            #expect(reply.status == 202)
            let stored = try reply.decode(AcknowledgementReply.self)
            #expect(stored.status == "pending")
            #expect(stored.requestedAt == "2026-01-31T09:30:00Z")
            #expect(stored.deadlineAt == "2026-02-02T09:30:00Z")
            #expect(reply.headers[.location] == "/v1/opt-outs/\(stored.id)")
            let check = try await server.check()
            #expect(!check.allowed)
            #expect(check.reason == "optOut")
            #expect(check.optOutStatus == "pending")
            #expect(check.evidence.optOutId == stored.id)
            #expect(check.position >= stored.position)
            let followed = try await server.send(.get("/v1/opt-outs/\(stored.id)", as: .collector))
            #expect(try followed.decode(OptOutReply.self).source == "support-desk")
            let sealed = try await server.installation.number(
                "SELECT count(*) FROM opt_outs WHERE details IS NOT NULL"
            )
            #expect(sealed == 1)
        }
    }

    @Test func anAddressNobodyKnowsIsNotTurnedAway() async throws {
        try await withServer { server in
            let reply = try await server.send(.post("/v1/opt-outs", optOut.text, as: .collector))
            #expect(reply.status == 202)
            #expect(try await server.check().reason == "optOut")
        }
    }

    @Test func aRepeatAnswersWithTheFirstOnesID() async throws {
        try await withServer { server in
            let call = Call.post("/v1/opt-outs", optOut.text, as: .collector)
            let first = try await server.send(call).decode(AcknowledgementReply.self)
            server.installation.clock.advance(seconds: 3600)
            let again = try await server.sendWithoutEffect(call)
            #expect(again.status == 202)
            let repeated = try again.decode(AcknowledgementReply.self)
            #expect(repeated.id == first.id)
            #expect(repeated.requestedAt == first.requestedAt)
            #expect(repeated.status == "pending")
        }
    }

    @Test func aGlobalOneStopsCampaignsOfTodayAndTomorrow() async throws {
        try await withServer { server in
            let installation = server.installation
            let scopes = [Sample.newsletter, Sample.promotions, Sample.receipts]
            for scope in scopes {
                try await installation.decide(Address(email: "ada@mail.example"), in: scope)
            }
            let body = optOut.with("scope", "\"global\"").text
            #expect(
                try await server.send(.post("/v1/opt-outs", body, as: .collector)).status == 202
            )
            let tomorrow = Scope(name: try ScopeName("tomorrow"), channel: .email, kind: .campaign)
            _ = try await installation.engine.perform(AddScope(tomorrow), as: Sample.actor)
            for scope in ["newsletter", "promotions", "tomorrow"] {
                let check = try await server.check("ada@mail.example", scope)
                #expect(check.reason == "globalOptOut")
                #expect(check.optOutStatus == "pending")
            }
            #expect(try await server.check("ada@mail.example", "receipts").allowed)
        }
    }

    @Test func theRegionDecidesTheDeadline() async throws {
        try await withServer { server in
            let contact = #"{"addresses":[{"value":"ada@mail.example"}],"region":"us"}"#
            try await server.send(.post("/v1/contacts", contact, as: .collector))
            let body = optOut.with("requestedAt", "\"2026-01-30T10:00:00+01:00\"").text
            let reply = try await server.send(.post("/v1/opt-outs", body, as: .collector))
            let stored = try reply.decode(AcknowledgementReply.self)
            #expect(stored.requestedAt == "2026-01-30T09:00:00Z")
            #expect(stored.deadlineAt == "2026-02-13T03:59:59Z")
        }
    }

    @Test(arguments: WrongInput.unreadable + [.huge] + inputs)
    func wrongInput(_ wrong: WrongInput) async throws {
        try await withServer { server in
            let call = Call.post("/v1/opt-outs", wrong.body, as: .collector)
            try await server.expectRefusal(of: call, as: wrong)
        }
    }

    @Test(arguments: [StoreError.Code.full, .busy, .unavailable])
    func whatIsNotStoredIs503(_ code: StoreError.Code) async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            server.faults.set(.writes(code))
            let call = Call.post("/v1/opt-outs", optOut.text, as: .collector)
            let wrong = WrongInput("", 503, "not-stored")
            try await server.expectRefusal(of: call, as: wrong)
            let reply = try await server.send(call)
            #expect(reply.headers[.retryAfter].flatMap(Int.init).map { $0 > 0 } == true)
            server.faults.set(nil)
            #expect(try await server.send(call).status == 202)
        }
    }

    private static let inputs: [WrongInput] = {
        let id = "\"01900000-0000-7000-8000-000000000001\""
        let invalid: [(String, String)] = [
            ("address", "5"), ("address", "\"nobody\""), ("address", "\"a@-mail.example\""),
            ("contactId", id), ("scope", "5"), ("scope", "[]"), ("scope", "\"unknown\""),
            ("scope", "\"Global\""), ("scope", #""a\u0000""#), ("source", "5"),
            ("source", "\"Support Desk\""), ("source", #""api\u0000""#),
            ("reason", "5"), ("reason", "{}"), ("requestedAt", "5"), ("requestedAt", "\"today\""),
            ("requestedAt", "\"2026-02-01T00:00:00Z\""),
        ]
        return invalid.map { WrongInput(optOut.with($0, $1).text, 422, "invalid-field", $0) } + [
            WrongInput(optOut.without("scope").text, 422, "missing-field", "scope"),
            WrongInput(optOut.with("scope", "null").text, 422, "missing-field", "scope"),
            WrongInput(optOut.with("scope", "\"\"").text, 422, "missing-field", "scope"),
            WrongInput(optOut.without("address").text, 422, "missing-field", "address"),
            WrongInput(
                optOut.without("address").with("contactId", id).text,
                422,
                "invalid-field",
                "contactId"
            ),
            WrongInput(optOut.with("force", "true").text, 422, "unknown-field", "force"),
            WrongInput(
                optOut.with("reason", "\"\(String(repeating: "x", count: 2001))\"").text,
                413,
                "too-large",
                "reason"
            ),
        ]
    }()
}

@Suite("Opt-out routes: progress")
struct OptOutProgressRouteTests {
    @Test func itIsFollowedToTheEnd() async throws {
        try await withServer { server in
            let installation = server.installation
            _ = try await installation.engine.perform(
                AddConnector(Sample.connector("crm")),
                as: Sample.actor
            )
            let stored = try await server.send(
                .post("/v1/opt-outs", optOut.text, as: .collector)
            ).decode(AcknowledgementReply.self)
            let call = Call.get("/v1/opt-outs/\(stored.id)", as: .auditor)
            let pending = try await server.sendWithoutEffect(call).decode(OptOutReply.self)
            #expect(pending.id == stored.id)
            #expect(pending.scope == "newsletter")
            #expect(pending.status == "pending")
            #expect(pending.source == "api")
            #expect(pending.regime == "mailbox-48h@1")
            #expect(pending.processedAt == nil)
            #expect(pending.targets.map(\.connector) == ["crm"])
            #expect(pending.targets.map(\.state) == ["pending"])
            #expect(pending.timeline.map(\.kind).prefix(1) == ["optout.requested"])

            installation.clock.advance(seconds: 2)
            try await installation.drainQueue()
            let done = try await server.send(call).decode(OptOutReply.self)
            #expect(done.status == "completed")
            #expect(done.processedAt == "2026-01-31T09:30:02Z")
            #expect(done.processingMs == 2000)
            #expect(done.targets.map(\.state) == ["confirmed"])
            #expect(done.targets.map(\.answer) == ["200 OK"])
            #expect(done.targets.first?.confirmedAt == "2026-01-31T09:30:02Z")
            #expect(
                done.timeline.map(\.kind).filter { $0.hasPrefix("optout.") } == [
                    "optout.requested", "optout.enqueued", "optout.started",
                    "optout.local-cascade-completed", "optout.esp-confirmed", "optout.completed",
                ]
            )
            #expect(done.timeline.map(\.position) == done.timeline.map(\.position).sorted())
            #expect(try await server.check().optOutStatus == "completed")
        }
    }

    @Test(arguments: [
        "01900000-0000-7000-8000-000000000001", "none", "1", "ada@mail.example", "%00", "..",
        "01900000-0000-7000-8000-00000000000g", "0190000000007000800000000000000001",
        String(repeating: "0", count: 5000),
    ])
    func whatIsNoOptOutIs404(_ id: String) async throws {
        try await withServer { server in
            let wrong = WrongInput("", 404, "not-found", "id")
            try await server.expectRefusal(of: .get("/v1/opt-outs/\(id)", as: .auditor), as: wrong)
        }
    }
}
