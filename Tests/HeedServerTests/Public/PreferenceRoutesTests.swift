// Tests the preference centre: what it shows, what its form changes, and what changes nothing.

import Crypto
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

private let formType = "application/x-www-form-urlencoded"
private let hash = String(repeating: "ab", count: 32)

extension Call {
    fileprivate static func choose(_ token: String, _ body: String) -> Call {
        .post("/p/\(token)", body).with(.contentType, formType)
    }
}

extension Server {
    /// A link for a person who agreed to the newsletter.
    fileprivate func preferences(
        region: String? = nil,
        locale: String? = nil
    ) async throws -> String {
        let address = try Address(email: "ada@mail.example")
        let add = try AddContact(
            addresses: [address],
            externalID: nil,
            locale: locale,
            region: region
        )
        _ = try await installation.engine.perform(add, as: Sample.actor)
        try await installation.decide(address)
        installation.clock.advance(seconds: 1)
        let question = MakePreferenceLink(.address(address), validFor: 3600)
        return try #require(try await installation.engine.ask(question))
    }
}

@Suite("Preference routes")
struct PreferenceRoutesTests {
    @Test func thePageShowsWhatIs() async throws {
        try await withServer { server in
            let text = try ScopeText(language: "de", title: "Rund & Brief", description: "<b>")
            let describe = DescribeScope(Sample.newsletter, as: text)
            _ = try await server.installation.engine.perform(describe, as: Sample.actor)
            let token = try await server.preferences()
            try await server.installation.decide(
                Address(email: "ada@mail.example"),
                in: Sample.receipts
            )
            let reply = try await server.send(.get("/p/\(token)").with(.acceptLanguage, "de"))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentLanguage] == "de")
            #expect(reply.body.contains("<bdi>Rund &amp; Brief</bdi></label>"))
            #expect(reply.body.contains("<bdi>&lt;b&gt;</bdi>"))
            let boxes = reply.body.matches(of: /name="box\.([a-z]+)" value="([0-9a-f]{64})"([^>]*)/)
            #expect(boxes.map(\.1) == ["newsletter", "promotions"])
            #expect(boxes.map { $0.3.contains(" checked") } == [true, false])
            #expect(!reply.body.contains(" disabled"))
            #expect(reply.body.contains("<input type=\"hidden\" name=\"on\" value=\"newsletter\">"))
            #expect(
                reply.body.contains("Fassung 2026-01. <a href=\"https://shop.example/privacy\"")
            )
            // What is needed is told about and has no box; what was chosen is listed.
            #expect(reply.body.contains("<li><b><bdi>receipts</bdi></b>"))
            #expect(reply.body.contains("Anmeldeformular · Fassung 2026-01"))
            for id in reply.body.matches(of: /aria-describedby="([^"]+)"/).map(\.1) {
                #expect(reply.body.contains("id=\"\(id)\""))
            }
        }
    }

    /// A message that the guard would not let through is not promised.
    @Test func whatNobodySaidYesToIsNotPromised() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let reply = try await server.send(.get("/p/\(token)"))
            #expect(try await server.check("ada@mail.example", "receipts").reason == "noConsent")
            #expect(reply.status == 200 && !reply.body.contains("receipts"))
        }
    }

    /// A yes to what the page does not offer was shown to nobody.
    @Test func aBoxThatThePageDoesNotHaveIsNoYes() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let body =
                "do=save&on=newsletter&box.newsletter=\(hash)&policy=2026-01"
                + "&box.receipts=\(hash)"
            let reply = try await server.send(.choose(token, body))
            #expect(reply.status == 200)
            #expect(try await server.check("ada@mail.example", "receipts").reason == "noConsent")
        }
    }

    @Test func thePolicyTextIsShownAsItIs() async throws {
        try await withServer { server in
            let text = "We mail you.\n<b>Never</b> more."
            let policy = try Policy(
                version: "2026-09",
                url: nil,
                textHash: Array(SHA256.hash(data: Array(text.utf8))),
                effectiveAt: server.installation.surroundings.now(),
                reconsent: []
            )
            let publish = try PublishPolicy(policy.showing(text))
            _ = try await server.installation.engine.perform(publish, as: Sample.actor)
            let page = try await server.send(.get("/p/\(server.preferences())"))
            #expect(page.body.contains(">We mail you.\n&lt;b&gt;Never&lt;/b&gt; more.</div>"))
            #expect(page.body.contains("Version 2026-09."))
        }
    }

    /// A page that was open while the terms changed takes no yes to the old ones.
    @Test func aPageWithOutdatedTermsTakesNoYes() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let newer = try Sample.policy(
                "2026-09",
                effectiveAt: server.installation.surroundings.now(),
                reconsent: [Sample.promotions]
            )
            _ = try await server.installation.engine.perform(PublishPolicy(newer), as: Sample.actor)
            let body = "do=save&on=newsletter&policy=2026-01&box.promotions=\(hash)"
            let reply = try await server.send(.choose(token, body))
            #expect(reply.body.contains("These could not be added: <b><bdi>promotions</bdi></b>"))
            #expect(reply.body.contains("name=\"policy\" value=\"2026-09\""))
            let reason = try await server.check("ada@mail.example", "promotions").reason
            #expect(reason == "noConsent")
            // The stop beside it is taken as always.
            #expect(try await server.check().reason == "optOut")
        }
    }

    /// No page shows terms that do not hold yet.
    @Test func noYesToTermsOfTomorrow() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let later = server.installation.surroundings.now().adding(seconds: 3600)
            let publish = PublishPolicy(try Sample.policy("2026-09", effectiveAt: later))
            _ = try await server.installation.engine.perform(publish, as: Sample.actor)
            let body =
                "do=save&on=newsletter&policy=2026-09&box.newsletter=\(hash)"
                + "&box.promotions=\(hash)"
            let reply = try await server.send(.choose(token, body))
            #expect(reply.body.contains("These could not be added: <b><bdi>promotions</bdi></b>"))
        }
    }

    @Test func savingLeavesAndJoins() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let body = "do=save&on=newsletter&policy=2026-01&box.promotions=\(hash)"
            let reply = try await server.send(.choose(token, body))
            #expect(reply.status == 200)
            #expect(reply.body.contains("class=\"notice\" role=\"status\">Your choices are saved"))
            #expect(try await server.check().reason == "optOut")
            #expect(try await server.check("ada@mail.example", "promotions").allowed)
            #expect(reply.body.contains("name=\"on\" value=\"promotions\""))
            // The same page sent again is about what it showed, and changes nothing.
            let again = try await server.send(.choose(token, body))
            #expect(try await server.check().reason == "optOut")
            #expect(again.status == 200)
        }
    }

    /// One press leaves all; coming back takes two.
    @Test func onePressLeavesAllAndTheWayBackIsOpen() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            #expect(try await server.send(.choose(token, "do=leave-all")).status == 200)
            #expect(try await server.check().reason == "globalOptOut")
            server.installation.clock.advance(seconds: 1)
            let body = "do=save&on=&policy=2026-01&box.newsletter=\(hash)"
            _ = try await server.send(.choose(token, body))
            #expect(try await server.check().allowed)
        }
    }

    @Test func afterAComplaintNothingIsOffered() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let complaint = Suppression(
                reason: .complaint,
                scope: nil,
                since: server.installation.surroundings.now(),
                source: .provider,
                optOut: nil
            )
            let event = Event.suppressionAdded(
                complaint,
                .address(try Address(email: "ada@mail.example"))
            )
            try await server.installation.record([event])
            let page = try await server.send(.get("/p/\(token)"))
            #expect(page.body.ranges(of: " disabled>").count == 2)
            #expect(page.body.contains("You reported one of our messages as spam"))
            let body = "do=save&on=&policy=2026-01&box.newsletter=\(hash)"
            let reply = try await server.sendWithoutEffect(.choose(token, body))
            #expect(reply.body.contains("role=\"alert\">These could not be added: <b><bdi>news"))
        }
    }

    @Test(arguments: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
    func robotsChangeNothing(_ name: String) async throws {
        try await withServer { server in
            let method = try #require(HTTPRequest.Method(name))
            let tokens = [try await server.preferences(region: "US-CA"), "none"]
            let before = try await server.installation.contents()
            for round in 0..<150 {
                let token = tokens[round % 2]
                let call = Call.choose(token, "do=leave-all").by(method)
                    .with(.privacySignal, "1")
                let reply = try await server.send(call)
                #expect([200, 404, 405].contains(reply.status))
            }
            #expect(try await server.installation.contents().changed(since: before) == [])
        }
    }

    @Test(arguments: ["", "do=", "do=everything", "box.newsletter=x", "List-Unsubscribe=One-Click"])
    func otherBodiesGetThePage(_ body: String) async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let page = try await server.send(.get("/p/\(token)"))
            let reply = try await server.sendWithoutEffect(.choose(token, body))
            #expect(reply.visible == page.visible)
        }
    }

    @Test func wrongAndOldLinksGetTheSamePage() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let wrong = try await server.send(.get("/p/none"))
            #expect(wrong.status == 404)
            #expect(wrong.body.contains("<h1>This link does not work</h1>"))
            server.installation.clock.advance(seconds: 3601)
            #expect(try await server.send(.get("/p/\(token)")).visible == wrong.visible)
            let unsubscribe = try await server.link()
            #expect(try await server.send(.get("/p/\(unsubscribe)")).visible == wrong.visible)
            for token in ["none", token, unsubscribe] {
                let reply = try await server.sendWithoutEffect(.choose(token, "do=leave-all"))
                #expect(reply.visible == wrong.visible)
            }
        }
    }

    @Test(arguments: [
        ("cross-site", nil, 403), ("same-site", nil, 403), ("same-origin", nil, 200),
        ("none", nil, 200), (nil, "https://news.example", 200), (nil, "null", 403),
        (nil, "https://evil.example", 403), (nil, nil, 200),
        ("cross-site", "https://news.example", 403),
    ])
    func anotherSitesPageCannotChoose(
        _ site: String?,
        _ origin: String?,
        _ status: Int
    ) async throws {
        try await withServer { server in
            var call = Call.choose(try await server.preferences(), "do=leave-all")
            call.headers[.fetchSite] = site
            call.headers[.origin] = origin
            let before = try await server.installation.contents()
            #expect(try await server.send(call).status == status)
            let changed = try await server.installation.contents().changed(since: before)
            #expect(changed.isEmpty == (status == 403))
        }
    }

    @Test func theLanguageIsTheAskedOneThenThePersonsThenTheBrowsers() async throws {
        try await withServer { server in
            let token = try await server.preferences(locale: "pl-PL")
            for (query, accept, tag) in [
                ("", "de", "pl"), ("?lang=fr", "de", "fr"), ("?lang=xx", "de", "pl"),
            ] {
                let call = Call.get("/p/\(token)\(query)").with(.acceptLanguage, accept)
                let reply = try await server.send(call)
                #expect(reply.headers[.contentLanguage] == tag)
                #expect(reply.body.contains("<html lang=\"\(tag)\" dir=\"ltr\">"))
            }
            let other = Call.get("/p/none").with(.acceptLanguage, "es-MX,es;q=0.9")
            #expect(try await server.send(other).headers[.contentLanguage] == "es")
        }
    }

    /// The signal is its own matter: it stops no mailing, and a POST without a wish stays one.
    @Test func theBrowsersSignalIsRecordedBesideTheChoice() async throws {
        try await withServer { server in
            let token = try await server.preferences(region: "US-CO")
            let body = "do=save&on=newsletter&policy=2026-01&box.newsletter=\(hash)"
            let reply = try await server.send(.choose(token, body).with(.privacySignal, "1"))
            #expect(reply.body.contains("Global Privacy Control"))
            #expect(reply.body.contains("Sale and sharing of your data"))
            #expect(try await server.check().allowed)
            _ = try await server.sendWithoutEffect(
                .choose(token, body).with(.privacySignal, "1")
            )
            #expect(try await server.check("ada@mail.example", "promotions").reason == "noConsent")
        }
    }

    /// A browser's signal comes with the unsubscribe page's button, too.
    @Test func theSignalIsHeardOnTheWayOut() async throws {
        try await withServer { server in
            _ = try await server.preferences(region: "US-CA")
            let token = try await server.link()
            let call = Call.post("/u/\(token)", "leave=this").with(.contentType, formType)
                .with(.privacySignal, "1")
            #expect(try await server.send(call).status == 200)
            let subject = Subject.address(try Address(email: "ada@mail.example"))
            let history = try await server.installation.engine.ask(History(subject))
            #expect(history.consents.filter { $0.scope == "sale-sharing" }.count == 1)
            #expect(try await server.check().reason == "optOut")
            #expect(try await server.check("ada@mail.example", "promotions").reason == "noConsent")
        }
    }

    @Test func whatIsNotStoredIsSaid() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            for fault in [FaultyDatabase.Fault.writes(.unavailable), .replies(.unavailable)] {
                server.faults.set(fault)
                let reply = try await server.send(.choose(token, "do=leave-all"))
                #expect(reply.status == 503)
                #expect(reply.headers[.retryAfter] == "30")
                #expect(reply.body.contains("role=\"alert\""))
            }
        }
    }

    @Test func nothingOfAPersonIsLoggedOrKept() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let reply = try await server.send(.get("/p/\(token)"))
            #expect(reply.headers[.cacheControl] == "no-store")
            #expect(reply.headers[.setCookie] == nil)
            #expect(reply.headers[.referrerPolicy] == "same-origin")
            #expect(!server.log.all.contains { $0.contains(token) })
        }
    }
}
