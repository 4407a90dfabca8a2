// People's requests over HTTP: taken, verified, listed by urgency, and the receipt for its token.

import Crypto
import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Request routes")
struct RequestRoutesTests {
    private struct Answer: Decodable {
        struct Target: Decodable {
            let connector: String
            let state: String
            let answer: String?
        }
        let id: String
        let kind: String
        let status: String
        let deadlineAt: String
        let daysLeft: Int?
        let verifiedBy: String?
        let blockKept: Bool?
        let targets: [Target]
        let receiptToken: String
        let receiptUrl: String
    }

    private func take(
        _ server: Server,
        _ path: String = "/v1/erasures",
        _ more: String = ""
    ) async throws -> Answer {
        let body = #"{"address":"ada@mail.example"\#(more)}"#
        let reply = try await server.send(.post(path, body, as: .collector))
        #expect(reply.status == 202)
        return try reply.decode(Answer.self)
    }

    private func act(
        _ server: Server,
        _ answer: Answer,
        _ act: String,
        _ body: String
    ) async throws
        -> Reply
    { try await server.send(.post("/v1/requests/\(answer.id)/\(act)", body, as: .admin)) }

    /// Does every step of every request, with connectors confirming.
    private func work(_ server: Server) async throws {
        let installation = server.installation
        while true {
            let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 60)
            let jobs = try await installation.engine.perform(claim, as: .system("test")).receipt
            if jobs.isEmpty { return }
            for job in jobs { try await installation.finish(job) }
        }
    }

    @Test func anErasureIsTakenVerifiedAndProved() async throws {
        try await withServer { server in
            let installation = server.installation
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.decide(Address(email: "ada@mail.example"))
            let taken = try await take(server)
            #expect(taken.kind == "erasure" && taken.status == "received")
            #expect(taken.blockKept == true && taken.daysLeft == 28)
            #expect(taken.receiptUrl.hasSuffix("/v1/receipts/\(taken.receiptToken)"))
            let path = "/v1/receipts/\(taken.receiptToken)"
            #expect(try await server.send(.get(path)).status == 404)
            let verified = try await act(server, taken, "verify", #"{"verifiedBy":"mail-link"}"#)
            #expect(verified.status == 200)
            #expect(try verified.decode(Answer.self).verifiedBy == "mail-link")
            try await work(server)
            let done = try await server.send(.get("/v1/erasures/\(taken.id)", as: .auditor))
                .decode(Answer.self)
            #expect(done.status == "completed" && done.daysLeft == nil)
            #expect(done.targets.map(\.connector) == ["crm"])
            #expect(try await server.check().reason == "erased")
            let receipt = try await server.send(.get(path))
            #expect(receipt.status == 200)
            #expect(receipt.body.contains(#""outcome":"completed""#))
            #expect(!receipt.body.contains("ada@"))
            try await prove(receipt, at: path, in: server)
        }
    }

    /// The receipt's hash is in the event, and the event's proof leads to the signed head.
    private func prove(_ receipt: Reply, at path: String, in server: Server) async throws {
        let pending = try await server.send(.get(path + "?part=proof"))
        #expect(pending.status == 404)
        try await server.installation.sequence()
        let event = try await server.send(.get(path + "?part=event"))
        let hash = SHA256.hash(data: receipt.bytes).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        #expect(event.body.contains(#""details":"\#(hash.joined())""#))
        let proof = try await server.send(.get(path + "?part=proof"))
        #expect(proof.body.hasPrefix("c2sp.org/tlog-proof@v1\n"))
        #expect(try await server.send(.get(path + "?part=all")).status == 422)
    }

    @Test func requestsAreListedByUrgencyAndAnswered() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let access = try await take(server, "/v1/requests", #","kind":"access""#)
            // Ids are in the order of time.
            server.installation.clock.advance(seconds: 1)
            let sale = try await take(
                server,
                "/v1/requests",
                #","kind":"do-not-sell","verifiedBy":"account-login""#
            )
            #expect(sale.status == "completed")
            let list = try await server.send(.get("/v1/requests", as: .auditor))
            #expect(list.body.contains(access.id) && !list.body.contains(sale.id))
            #expect(!list.body.contains("ada@"))
            #expect(try await act(server, access, "extend", #"{"reason":"complex"}"#).status == 409)
            let refused = try await act(server, access, "refuse", #"{"reason":"not-shown"}"#)
            #expect(try refused.decode(Answer.self).status == "refused")
            #expect(try await act(server, sale, "complete", "{}").status == 409)
            let open = try await server.send(.get("/v1/requests?state=open", as: .auditor))
            #expect(!open.body.contains(access.id) && !open.body.contains(sale.id))
            let all = try await server.send(.get("/v1/requests?state=all&limit=1", as: .auditor))
            #expect(all.body.contains(access.id) && !all.body.contains(sale.id))
            let rest = "/v1/requests?state=all&after=\(access.id)"
            #expect(try await server.send(.get(rest, as: .auditor)).body.contains(sale.id))
            #expect(try await act(server, sale, "retry", "{}").status == 409)
        }
    }

    private struct List: Decodable {
        struct Line: Decodable { let id: String }
        let requests: [Line]
        let next: String?
    }

    @Test(arguments: ["open", "all"])
    func pagesLeadToEveryRequestAndEnd(_ state: String) async throws {
        try await withServer { server in
            for name in ["ada", "eve", "joan"] {
                let address = "\(name)@mail.example"
                try await server.installation.decide(Address(email: address))
                let body = #"{"address":"\#(address)","kind":"access"}"#
                try await server.send(.post("/v1/requests", body, as: .collector))
                server.installation.clock.advance(seconds: 1)
            }
            var seen: [String] = []
            var query = "?state=\(state)&limit=1"
            while true {
                let page = try await server.send(.get("/v1/requests\(query)", as: .auditor))
                let list = try page.decode(List.self)
                seen += list.requests.map(\.id)
                guard let next = list.next else { break }
                try #require(seen.count < 4)
                query = "?state=\(state)&limit=1&after=\(next)"
            }
            #expect(seen.count == 3 && Set(seen).count == 3)
            for wrong in ["0", "-1", "201", "9223372036854775807"] {
                let path = "/v1/requests?limit=\(wrong)"
                let reply = try await server.sendWithoutEffect(.get(path, as: .auditor))
                #expect(reply.status == 422)
                #expect(try reply.problem().field == "limit")
            }
        }
    }

    @Test func anAddressIsPutRight() async throws {
        try await withServer { server in
            let installation = server.installation
            try await installation.decide(Address(email: "ada@mail.example"))
            try await installation.optOut(Address(email: "ada@mail.example"))
            try await installation.drainQueue()
            let taken = try await take(
                server,
                "/v1/requests",
                #","kind":"rectification","verifiedBy":"account-login""#
            )
            let missing = try await act(server, taken, "rectify", "{}")
            #expect(try missing.status == 422 && missing.problem().field == "address")
            let same = try await act(server, taken, "rectify", #"{"address":"ada@mail.example"}"#)
            #expect(try same.status == 409 && same.problem().field == "address")
            let body = #"{"address":"ada@post.example","replaces":"ada@mail.example"}"#
            let done = try await act(server, taken, "rectify", body)
            #expect(try done.decode(Answer.self).status == "completed")
            #expect(try await server.check("ada@post.example").reason == "optOut")
            #expect(!server.log.all.contains { $0.contains("post.example") })
        }
    }

    /// People read a page in their language; whatever asks for JSON, or for nothing, gets JSON.
    @Test func theReceiptIsAPageForPeople() async throws {
        try await withServer { server in
            try await server.installation.record([.connectorAdded(Sample.connector("crm"))])
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let taken = try await take(server, "/v1/erasures", #","verifiedBy":"account-login""#)
            try await work(server)
            let path = "/v1/receipts/\(taken.receiptToken)"
            let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
            for (accept, isPage) in [
                (browser, true), ("text/html;q=0.5, application/json", false), ("*/*", false),
                ("text/*", true), ("application/json, text/html;q=0.9", false), ("", false),
            ] {
                let reply = try await server.send(.get(path).with(.accept, accept))
                #expect(reply.status == 200)
                #expect(reply.headers[.vary]?.hasPrefix("Accept") == true)
                #expect(reply.body.hasPrefix(isPage ? "<!DOCTYPE html>" : "{"), "\(accept)")
            }
            let german = try await server.send(.get(path + "?lang=de").with(.accept, browser))
            #expect(german.headers[.contentLanguage] == "de")
            #expect(german.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
            for text in [
                "<h1>Bestätigung zu Ihrem Verlangen</h1>", "Löschung", "erledigt", taken.id,
                "<b><bdi>crm</bdi></b>: bestätigt", "200 OK", "href=\"?part=proof\"",
                "contact_keys",
            ] { #expect(german.body.contains(text), "\(text)") }
            #expect(!german.body.contains("ada@"))
            let part = try await server.send(.get(path + "?part=receipt").with(.accept, browser))
            #expect(part.body.hasPrefix("{"))
            for token in ["nope", String(repeating: "0", count: 32)] {
                let call = Call.get("/v1/receipts/\(token)")
                let page = try await server.send(call.with(.accept, browser))
                #expect(page.status == 404 && page.body.hasPrefix("<!DOCTYPE html>"))
                #expect(page.headers[.contentType]?.hasPrefix("text/html") == true)
                let json = try await server.send(call)
                #expect(json.status == 404)
                _ = try json.problem()
            }
        }
    }

    /// What another system answers is text, whatever is in it.
    @Test func anAnswerFromOutsideIsTextOnTheReceipt() async throws {
        try await withServer { server in
            let installation = server.installation
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.decide(Address(email: "ada@mail.example"))
            let taken = try await take(server, "/v1/erasures", #","verifiedBy":"account-login""#)
            let evil = "<script>alert('1')</script>&\"quoted\""
            while true {
                let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 60)
                let jobs = try await installation.engine.perform(claim, as: .system("test")).receipt
                if jobs.isEmpty { break }
                for job in jobs {
                    guard case .rights(.tell(let target)) = job.kind else {
                        try await installation.finish(job)
                        continue
                    }
                    let outcome = RecordErasureOutcome(
                        target: target,
                        outcome: .confirmed(evil),
                        job: job.id
                    )
                    _ = try await installation.engine.perform(outcome, as: .system("test"))
                }
            }
            let path = "/v1/receipts/\(taken.receiptToken)"
            let page = try await server.send(.get(path).with(.accept, "text/html"))
            #expect(!page.body.contains("<script"))
            #expect(page.body.contains("&lt;script&gt;alert("))
            #expect(try await server.send(.get(path)).body.contains("<script>alert('1')"))
        }
    }

    @Test func whatIsWrongIsNamedAndChangesNothing() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let unknown = "01900000-0000-7000-8000-00000000000f"
            let ada = #""address":"ada@mail.example""#
            let wrong: [(Call, Int, String)] = [
                (.post("/v1/erasures", "{}", as: .admin), 422, "address"),
                (.post("/v1/erasures", #"{"address":"nope"}"#, as: .admin), 422, "address"),
                (.post("/v1/erasures", #"{"address":"x@y.example"}"#, as: .admin), 404, "address"),
                (
                    .post("/v1/erasures", "{\(ada),\"verifiedBy\":\"A b\"}", as: .admin), 422,
                    "verifiedBy"
                ),
                (
                    .post("/v1/erasures", "{\(ada),\"removeBlock\":1}", as: .admin), 422,
                    "removeBlock"
                ),
                (.post("/v1/erasures", "{\(ada),\"more\":1}", as: .admin), 422, "more"),
                (.post("/v1/requests", "{\(ada)}", as: .admin), 422, "kind"),
                (.post("/v1/requests", "{\(ada),\"kind\":\"x\"}", as: .admin), 422, "kind"),
                (.get("/v1/requests?state=x", as: .admin), 422, "state"),
                (.get("/v1/requests/nope", as: .admin), 404, "id"),
                (.get("/v1/erasures/\(unknown)", as: .admin), 404, "id"),
                (
                    .post("/v1/requests/\(unknown)/verify", #"{"verifiedBy":"x"}"#, as: .admin),
                    404, "id"
                ),
                (.post("/v1/requests/\(unknown)/extend", "{}", as: .admin), 422, "reason"),
            ]
            for (call, status, field) in wrong {
                let reply = try await server.sendWithoutEffect(call)
                #expect(reply.status == status, "\(call): \(reply.body)")
                #expect(try reply.problem().field == field)
            }
            for token in ["nope", String(repeating: "0", count: 32)] {
                #expect(try await server.send(.get("/v1/receipts/\(token)")).status == 404)
            }
        }
    }

    @Test func whatDoesNotAnswerIsGivenUp() async throws {
        try await withServer { server in
            let installation = server.installation
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.decide(Address(email: "ada@mail.example"))
            let taken = try await take(server, "/v1/erasures", #","verifiedBy":"account-login""#)
            let reason = #"{"reason":"system-shut-down"}"#
            #expect(try await act(server, taken, "give-up", reason).status == 409)
            let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 60)
            for job in try await installation.engine.perform(claim, as: .system("test")).receipt {
                try await installation.finish(job)
            }
            #expect(try await act(server, taken, "give-up", "{}").status == 422)
            let unknown = #"{"reason":"x","connector":"none"}"#
            #expect(try await act(server, taken, "give-up", unknown).status == 422)
            let done = try await act(server, taken, "give-up", reason)
            #expect(done.status == 200)
            let target = try #require(try done.decode(Answer.self).targets.first)
            #expect(target.state == "buried")
            #expect(target.answer == "given up: system-shut-down")
            try await work(server)
            let ended = try await server.send(.get("/v1/erasures/\(taken.id)", as: .auditor))
            #expect(try ended.decode(Answer.self).status == "partly-refused")
        }
    }
}
