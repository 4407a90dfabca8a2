// Tests the way out against RFC 8058: one POST stops, nothing else does, and no answer tells.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import HummingbirdTesting
import TestSupport
import Testing

@testable import HeedServer

private let oneClick = "List-Unsubscribe=One-Click"

extension Call {
    fileprivate static func click(_ token: String, _ body: String? = oneClick) -> Call {
        .post("/u/\(token)", body).with(.contentType, "application/x-www-form-urlencoded")
    }
}

extension Server {
    /// The opt-out behind the guard's refusal.
    fileprivate func standing(_ scope: String = "newsletter") async throws -> OptOutReply {
        let id = try #require(try await check("ada@mail.example", scope).evidence.optOutId)
        return try await send(.get("/v1/opt-outs/\(id)", as: .auditor)).decode()
    }
}

@Suite("Unsubscribe routes: stopping")
struct UnsubscribeTests {
    @Test func oneClickStopsTheScope() async throws {
        try await withServer { server in
            let token = try await server.link()
            try await server.installation.decide(
                Address(email: "ada@mail.example"),
                in: Sample.promotions
            )
            let reply = try await server.send(.click(token))
            #expect(reply.status == 200)
            #expect(reply.body.contains("<h1>You are unsubscribed</h1>"))
            let check = try await server.check()
            #expect(check.reason == "optOut")
            #expect(check.optOutStatus == "pending")
            #expect(try await server.standing().source == "one-click")
            #expect(try await server.check("ada@mail.example", "promotions").allowed)
        }
    }

    @Test func multipartStopsToo() async throws {
        try await withServer { server in
            let token = try await server.link()
            let body =
                "---FormBoundaryjWmhtjORrn\r\n"
                + "Content-Disposition: form-data; name=\"List-Unsubscribe\""
                + "\r\n\r\nOne-Click\r\n---FormBoundaryjWmhtjORrn--"
            let type = "multipart/form-data; boundary=-FormBoundaryjWmhtjORrn"
            let call = Call.post("/u/\(token)", body).with(.contentType, type)
            #expect(try await server.send(call).status == 200)
            #expect(try await server.check().reason == "optOut")
        }
    }

    @Test func thePagesButtonsStopThisOrAll() async throws {
        try await withServer { server in
            let token = try await server.link()
            for scope in [Sample.promotions, Sample.receipts] {
                try await server.installation.decide(Address(email: "ada@mail.example"), in: scope)
            }
            #expect(try await server.send(.click(token, "leave=this")).status == 200)
            #expect(try await server.standing().source == "unsubscribe-page")
            #expect(try await server.check("ada@mail.example", "promotions").allowed)
            #expect(try await server.send(.click(token, "leave=all")).status == 200)
            #expect(
                try await server.check("ada@mail.example", "promotions").reason == "globalOptOut"
            )
            #expect(try await server.standing("promotions").scope == "global")
            #expect(try await server.check("ada@mail.example", "receipts").allowed)
        }
    }

    @Test func aRepeatGetsTheSameAnswerAndChangesNothing() async throws {
        try await withServer { server in
            let token = try await server.link()
            let first = try await server.send(.click(token))
            for _ in 1...3 {
                server.installation.clock.advance(seconds: 86_400)
                let again = try await server.sendWithoutEffect(.click(token))
                #expect(again.visible == first.visible)
            }
            try await server.installation.drainQueue()
            #expect(try await server.sendWithoutEffect(.click(token)).visible == first.visible)
        }
    }

    /// RFC 8058 §3.1: no cookies, no authorization, no other context.
    @Test func contextIsIgnored() async throws {
        try await withServer { server in
            let token = try await server.link()
            let plain = try await server.send(.get("/u/\(token)"))
            let dressed = Call.get("/u/\(token)").with(.cookie, "a=b; session=c")
                .with(.authorization, "Bearer heed_wrong").with(.referer, "https://shop.example/")
            #expect(try await server.send(dressed).visible == plain.visible)
            let click = Call.click(token).with(.cookie, "a=b").with(.authorization, "Basic eDp5")
                .with(.origin, "https://elsewhere.example")
            let reply = try await server.send(click)
            #expect(reply.status == 200)
            #expect(try await server.check().reason == "optOut")
        }
    }

    @Test func itWorksOnTheWireWithoutRedirect() async throws {
        try await withServer(.live) { server in
            let token = try await server.link()
            for call in [Call.get("/u/\(token)"), .click(token), .click(token)] {
                let reply = try await server.send(call)
                #expect(reply.status == 200)
                #expect(reply.headers[.location] == nil)
                #expect(reply.headers[.setCookie] == nil)
                #expect(reply.headers[.contentLength] == String(reply.body.utf8.count))
            }
            #expect(try await server.check().reason == "optOut")
        }
    }
}

@Suite("Unsubscribe routes: changing nothing")
struct UnsubscribeWithoutEffectTests {
    /// Scanners and mail programs open every link before a person does.
    @Test(arguments: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "UNSUBSCRIBE"])
    func otherMethods(_ name: String) async throws {
        try await withServer { server in
            let method = try #require(HTTPRequest.Method(name))
            let token = try await server.link()
            let call = Call.click(token).by(method)
            let reply = try await server.sendWithoutEffect(call)
            let isPage = ["GET", "HEAD"].contains(name)
            #expect(reply.status == (isPage ? 200 : 405))
            #expect(reply.headers[.allow] == (isPage ? nil : "GET, HEAD, POST"))
            #expect(reply.headers[.location] == nil)
            let other = try await server.sendWithoutEffect(Call.click("none").by(method))
            #expect(other.visible == reply.visible)
            #expect(try await server.check().allowed)
            // A thousand times in all methods together.
            let before = try await server.installation.contents()
            for _ in 1...130 {
                #expect(try await server.send(call).status == reply.status)
            }
            #expect(try await server.installation.contents().changed(since: before) == [])
        }
    }

    @Test(arguments: [
        nil, "", "List-Unsubscribe=one-click", "list-unsubscribe=One-Click", "List-Unsubscribe=",
        "List-Unsubscribe", "List-Unsubscribe=Two-Click", "leave=", "leave=everything", "leave",
        "{\"List-Unsubscribe\":\"One-Click\"}", "\u{0}",
    ])
    func otherBodiesGetThePage(_ body: String?) async throws {
        try await withServer { server in
            let token = try await server.link()
            let page = try await server.send(.get("/u/\(token)"))
            let reply = try await server.sendWithoutEffect(.click(token, body))
            #expect(reply.visible == page.visible)
            #expect(reply.body.contains("<button"))
            #expect(try await server.check().allowed)
        }
    }

    @Test func aHugeBodyIsRefusedForEveryToken() async throws {
        try await withServer { server in
            let huge = oneClick + "&" + String(repeating: "x", count: 4096)
            let token = try await server.link()
            for token in [token, "none"] {
                let wrong = WrongInput("", 413, "too-large")
                try await server.expectRefusal(of: .click(token, huge), as: wrong)
            }
        }
    }

    /// Nobody may learn from an answer which tokens are good.
    @Test func noAnswerTellsAGoodTokenFromABadOne() async throws {
        try await withServer { server in
            let good = try await server.link()
            let page = try await server.send(.get("/u/\(good)"))
            let wrong = try await server.send(.click(good, "x=y"))
            let bad = UnsubscribeWithoutEffectTests.badTokens(from: good)
            #expect(bad.count > 2 * good.utf8.count)
            let answers = try await server.send(.click(good))
            #expect(answers.status == 200)
            for token in bad {
                #expect(try await server.send(.get("/u/\(token)")).visible == page.visible)
                #expect(try await server.send(.click(token, "x=y")).visible == wrong.visible)
                let before = try await server.installation.contents()
                for body in [oneClick, "leave=this", "leave=all"] {
                    let reply = try await server.send(.click(token, body))
                    #expect(reply.visible == answers.visible, "\(token)")
                }
                let after = try await server.installation.contents()
                #expect(after.changed(since: before).isEmpty, "\(token)")
            }
        }
    }

    private static func badTokens(from good: String) -> [String] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let characters = Array(good)
        var tokens = [
            "", "/", ".", "v1", "v1.k1.", "v1.k2." + good.dropFirst(6), "%20", good + "=",
        ]
        tokens += [good + "A", good + good, good.lowercased(), "x" + good]
        tokens.append(String(repeating: "A", count: 5000))
        tokens.append("v1.k1." + String(repeating: "A", count: 134))
        for place in characters.indices {
            tokens.append(String(characters[..<place]))
            var flipped = characters
            let digit = digits.firstIndex(of: characters[place]).map { digits[$0 ^ 1] }
            flipped[place] = digit ?? "!"
            tokens.append(String(flipped))
        }
        return tokens
    }

    /// A tag made for another installation is no tag here.
    @Test func anotherInstallationsTokenIsNotOurs() async throws {
        try await withServer { server in
            let good = try await server.link()
            try await Backend.sqlite.withEngine(seed: 7) { other in
                let id = try await other.decide(Address(email: "ada@mail.example"))
                #expect(id.text.count == 36)
                let answer = try await other.engine.ask(
                    MaySend(subject: .contact(id), scope: Sample.newsletter, withLinks: true)
                )
                let foreign = try #require(answer.links?.unsubscribe)
                #expect(foreign != good)
                try await server.sendWithoutEffect(.click(foreign))
            }
            #expect(try await server.check().allowed)
        }
    }
}

@Suite("Unsubscribe routes: faults and headers")
struct UnsubscribeFaultTests {
    @Test(arguments: [StoreError.Code.full, .busy, .unavailable, .unknown, .refused, .corrupt])
    func whatIsNotStoredIs503(_ code: StoreError.Code) async throws {
        try await withServer { server in
            let token = try await server.link()
            for fault in [FaultyDatabase.Fault.writes(code), .reads(code)] {
                server.faults.set(fault)
                let reply = try await server.sendWithoutEffect(.click(token))
                #expect(reply.status == 503)
                #expect(reply.headers[.retryAfter].flatMap(Int.init).map { $0 > 0 } == true)
                #expect(reply.headers[.contentType] == "text/html; charset=utf-8")
                #expect(reply.body.contains("role=\"alert\""))
                #expect(!reply.body.contains("You are unsubscribed"))
            }
            server.faults.set(nil)
            #expect(try await server.check().allowed)
            #expect(try await server.send(.click(token)).status == 200)
            #expect(try await server.check().reason == "optOut")
        }
    }

    /// It worked but the reply was lost: sending it again is harmless.
    @Test func aLostReplyIsSafe() async throws {
        try await withServer { server in
            let token = try await server.link()
            server.faults.set(.replies(.unknown))
            #expect(try await server.send(.click(token)).status == 503)
            server.faults.set(nil)
            #expect(try await server.check().reason == "optOut")
            #expect(try await server.sendWithoutEffect(.click(token)).status == 200)
        }
    }

    /// The page needs no database, so a link always shows its button.
    @Test func thePageIsThereWithoutADatabase() async throws {
        try await withServer { server in
            let token = try await server.link()
            let page = try await server.send(.get("/u/\(token)"))
            server.faults.set(.reads(.unavailable))
            #expect(try await server.send(.get("/u/\(token)")).visible == page.visible)
        }
    }

    @Test func everyPageIsGuarded() async throws {
        try await withServer { server in
            let token = try await server.link()
            let policy = try Pages().contentSecurityPolicy
            var replies = [
                try await server.send(.get("/u/\(token)")),
                try await server.send(Call(method: .head, path: "/u/\(token)")),
                try await server.send(.click(token)),
            ]
            server.faults.set(.writes(.full))
            replies.append(try await server.send(.click(server.link(for: "bob@mail.example"))))
            for reply in replies {
                #expect(reply.headers[.contentSecurityPolicy] == policy)
                #expect(reply.headers[.cacheControl] == "no-store")
                #expect(reply.headers[.xContentTypeOptions] == "nosniff")
                #expect(reply.headers[.xRobotsTag] == "noindex, nofollow")
                #expect(reply.headers[.referrerPolicy] == "no-referrer")
                #expect(reply.headers[.contentType] == "text/html; charset=utf-8")
                #expect(reply.headers[.setCookie] == nil)
            }
            #expect(replies.map(\.status) == [200, 200, 200, 503])
            #expect(replies[1].body.isEmpty)
        }
    }
}
