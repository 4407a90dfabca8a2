// An opt-out holds at once, whatever else is down.

import Foundation
import Testing

@Suite("Opt-out while everything else is down")
struct OutageTests {
    private func withOutage(_ test: (Workplace, Server, Receiver) async throws -> Void) async throws
    {
        try await Workplace.open { place in
            let receiver = try Receiver()
            let server = try await place.serve("--role", "api")
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            for scope in ["newsletter", "promotions", "receipts"] {
                try await server.grant("ada@mail.example", scope)
                #expect(try await server.check("ada@mail.example", scope)["allowed"].flag == true)
            }
            try await test(place, server, receiver)
        }
    }

    @Test func oneScopeIsStoppedAndTheOthersAreNot() async throws {
        try await withOutage { place, server, receiver in
            let reply = try await server.optOut("ADA@mail.example", "newsletter")
            #expect(reply.status == 202)
            #expect(try reply.json["status"].string == "pending")

            let answer = try await server.check("ada@mail.example", "newsletter")
            #expect(answer["allowed"].flag == false)
            #expect(answer["reason"].string == "optOut")
            #expect(answer["optOutStatus"].string == "pending")
            #expect(answer["evidence"]["optOutId"] == (try reply.json["id"]))
            for scope in ["promotions", "receipts"] {
                #expect(try await server.check("ada@mail.example", scope)["allowed"].flag == true)
            }
            let check = try await place.heed("check", "ada@mail.example", "--scope", "newsletter")
            #expect(check.exitCode == 1)
            #expect(check.output == "refused: optOut, opt-out pending\n")

            let repeated = try await server.optOut("ada@mail.example", "newsletter")
            #expect(repeated.status == 202)
            #expect(try repeated.json["id"] == reply.json["id"])
        }
    }

    @Test func aGlobalOneCoversScopesOfTomorrowAndLeavesReceipts() async throws {
        try await withOutage { place, server, _ in
            #expect(try await server.optOut("ada@mail.example", "global").status == 202)
            try await place.done("scope", "add", "partners", "--kind", "campaign")
            for scope in ["newsletter", "promotions", "partners"] {
                let answer = try await server.check("ada@mail.example", scope)
                #expect(answer["reason"].string == "globalOptOut")
                #expect(answer["optOutStatus"].string == "pending")
            }
            #expect(try await server.check("ada@mail.example", "receipts")["allowed"].flag == true)
        }
    }

    @Test func anAddressNobodyKnowsIsStoppedToo() async throws {
        try await withOutage { place, server, _ in
            #expect(try await server.optOut("new@mail.example", "newsletter").status == 202)
            let answer = try await server.check("new@mail.example", "newsletter")
            #expect(answer["reason"].string == "optOut")
            try place.write("email,status\nnew@mail.example,subscribed\n", to: "list.csv")
            let report = try await place.done(
                "import",
                "list.csv",
                "--scope",
                "newsletter",
                "--policy",
                "2026-01",
                "--json"
            )
            #expect(try report.json["refused"].number == 1)
            let after = try await server.check("new@mail.example", "newsletter")
            #expect(after["reason"].string == "optOut")
        }
    }

    @Test func itIsDeliveredOnceAllIsBack() async throws {
        try await withOutage { place, server, receiver in
            let id = try await server.optOut("ada@mail.example", "newsletter").json["id"]
            let path = "/v1/opt-outs/\(id.string ?? "")"
            let worker = try await place.start(worker: [])
            try await eventually("a first attempt fails") {
                try await server.get(path).json["targets"].list.first?["attempts"].number ?? 0 > 0
            }
            let during = try await server.get(path).json
            #expect(during["status"].string == "processing")
            #expect(during["targets"].list.first?["state"].string == "pending")
            #expect(during["targets"].list.first?["answer"].string == "unreachable")
            receiver.goUp()
            try await eventually("the opt-out completes") {
                try await server.get(path).json["status"].string == "completed"
            }
            let after = try await server.get(path).json
            #expect(after["processedAt"] != .null)
            #expect(after["targets"].list.first?["answer"].string == "HTTP 204")
            let kinds = after["timeline"].list.compactMap { $0["kind"].string }
            let stages = [
                "optout.requested", "optout.enqueued", "optout.started",
                "optout.local-cascade-completed", "optout.esp-confirmed", "optout.completed",
            ]
            #expect(kinds.filter(stages.contains) == stages)
            let answer = try await server.check("ada@mail.example", "newsletter")
            #expect(answer["optOutStatus"].string == "completed")
            worker.send(SIGTERM)
            #expect(try await worker.end() == 0)
        }
    }
}
