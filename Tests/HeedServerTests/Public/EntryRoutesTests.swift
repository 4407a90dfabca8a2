// Tests the way to the preference centre by an address: nobody learns who is known.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

extension Call {
    fileprivate static func enter(_ body: String?, _ path: String = "/p") -> Call {
        .post(path, body).with(.contentType, "application/x-www-form-urlencoded")
    }

    fileprivate static func enter(address: String) -> Call {
        enter("address=" + address.replacing("@", with: "%40"))
    }
}

extension Server {
    fileprivate func jobs() async throws -> [OwnMail] {
        let claim = ClaimJobs(lane: .mail, limit: 99, leaseSeconds: 30)
        return try await installation.engine.perform(claim, as: .system("worker")).receipt
            .compactMap { if case .mail(let mail) = $0.kind { mail } else { nil } }
    }
}

@Suite("Entry routes")
struct EntryRoutesTests {
    @Test func fromAnAddressToThePage() async throws {
        try await withServer(options: .withMail) { server in
            let address = try Address(email: "ada@mail.example")
            try await server.installation.decide(address)
            let form = try await server.sendWithoutEffect(.get("/p?lang=de"))
            #expect(form.status == 200 && form.headers[.contentLanguage] == "de")
            #expect(form.body.contains("<form method=\"post\">"))
            #expect(form.body.contains("<label for=\"address\">E-Mail-Adresse</label>"))
            let reply = try await server.send(
                .enter("address=ada%40mail.example", "/p?lang=de")
            )
            #expect(reply.status == 200)
            #expect(reply.body.contains("<h1>Sehen Sie in Ihr Postfach</h1>"))
            guard case .preferenceLink(let key, "de")? = try await server.jobs().first else {
                Issue.record("no message waits")
                return
            }
            let question = PreferenceLinkDetails(key: key)
            let details = try #require(try await server.installation.engine.ask(question))
            #expect(details.address == address)
            let page = try await server.send(.get("/p/\(details.token)?lang=de"))
            #expect(page.status == 200 && page.body.contains("<h1>Ihre Auswahl</h1>"))
        }
    }

    /// The same answer, the same tables, whoever it is.
    @Test func knownOrNotIsTheSame() async throws {
        try await withServer(options: .withMail) { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            try await server.installation.optOut(Address(email: "bob@mail.example"), from: .global)
            var replies: Set<String> = []
            for name in ["ada", "bob", "nobody"] {
                for repetition in 1...2 {
                    let before = try await server.installation.contents()
                    let reply = try await server.send(.enter(address: "\(name)@mail.example"))
                    let changed = try await server.installation.contents().changed(since: before)
                    #expect(changed == (repetition == 1 ? ["idempotency_keys", "jobs"] : []))
                    replies.insert(reply.visible)
                }
            }
            #expect(replies.count == 1)
            #expect(try await server.jobs().count == 3)
            #expect(!server.log.all.contains { $0.contains("mail.example") })
        }
    }

    @Test(arguments: [
        nil, "", "address=", "address=ada", "address=a%00b%40mail.example", "email=x",
    ])
    func whatIsNoAddress(_ body: String?) async throws {
        try await withServer(options: .withMail) { server in
            let reply = try await server.sendWithoutEffect(.enter(body))
            #expect(reply.status == 422)
            #expect(reply.body.contains("class=\"notice\" role=\"alert\""))
            // The form is there again, and does not repeat what was typed.
            #expect(reply.body.contains("name=\"address\"") && !reply.body.contains("mail.example"))
        }
    }

    @Test func oneClientIsLimited() async throws {
        var options = ServerOptions.withMail
        options.entryLimit = RateLimit(most: 2, seconds: 60, keysMaximum: 10)
        options.trustedProxies = 1
        try await withServer(options: options) { server in
            try await server.installation.decide(Address(email: "a1@mail.example"))
            func send(_ number: Int, _ client: String) async throws -> Reply {
                let call = Call.enter(address: "a\(number)@mail.example")
                return try await server.send(call.with(.xForwardedFor, client))
            }
            for number in 3...4 { #expect(try await send(number, "198.51.100.7").status == 200) }
            let before = try await server.installation.contents()
            let refused = try await send(1, "198.51.100.7")
            #expect(refused.status == 429 && refused.headers[.retryAfter] != nil)
            #expect(try await send(2, "198.51.100.7").visible == refused.visible)
            #expect(try await server.installation.contents().changed(since: before) == [])
            #expect(try await send(1, "198.51.100.8").status == 200)
            server.installation.clock.advance(seconds: 60)
            #expect(try await send(2, "198.51.100.7").status == 200)
        }
    }

    @Test func withoutMailThePageSaysSo() async throws {
        try await withServer { server in
            for call in [Call.get("/p"), .enter(address: "ada@mail.example")] {
                let reply = try await server.sendWithoutEffect(call)
                #expect(reply.status == (call.method == .get ? 200 : 503))
                #expect(reply.body.contains("<h1>No link can be sent</h1>"))
                #expect(!reply.body.contains("<form"))
            }
            #expect(try await !server.send(.get("/p/old")).body.contains("../p"))
        }
    }

    /// A link that opens nothing leads to the way that does.
    @Test func anOldLinkLeadsHere() async throws {
        try await withServer(options: .withMail) { server in
            let reply = try await server.send(.get("/p/old?lang=pl"))
            #expect(reply.status == 404)
            #expect(reply.body.contains("<a href=\"../p?lang=pl\">"))
        }
    }

    @Test(arguments: [
        ("cross-site", nil, 403), ("same-site", nil, 403), ("same-origin", nil, 200),
        ("none", nil, 200), (nil, "https://news.example", 200), (nil, "null", 403),
        (nil, "https://evil.example", 403), (nil, nil, 200),
    ])
    func anotherSitesPageCannotAsk(
        _ site: String?,
        _ origin: String?,
        _ status: Int
    ) async throws {
        try await withServer(options: .withMail) { server in
            var call = Call.enter(address: "ada@mail.example")
            call.headers[.fetchSite] = site
            call.headers[.origin] = origin
            #expect(try await server.send(call).status == status)
            #expect(try await server.jobs().count == (status == 200 ? 1 : 0))
            // With `no-referrer` the page's own form would come from nowhere.
            let page = try await server.send(.get("/p"))
            #expect(page.headers[.referrerPolicy] == "same-origin")
        }
    }

    @Test func whatIsNotStoredIsSaid() async throws {
        try await withServer(options: .withMail) { server in
            server.faults.set(.writes(.unavailable))
            let call = Call.enter(address: "ada@mail.example")
            let reply = try await server.send(call)
            #expect(reply.status == 503 && reply.headers[.retryAfter] == "30")
            // It was stored and the reply was lost; sent again it is one message.
            server.faults.set(.replies(.unknown))
            #expect(try await server.send(call).status == 503)
            server.faults.set(nil)
            #expect(try await server.send(call).status == 200)
            #expect(try await server.jobs().count == 1)
        }
    }
}
