// Tests public sign-up forms: what a submission records, and what it never tells or does.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

extension Call {
    fileprivate static func sign(_ body: String, form: String = "footer") -> Call {
        .post("/v1/forms/\(form)", body).with(.contentType, "application/x-www-form-urlencoded")
    }
}

@Suite("Form routes")
struct FormRoutesTests {
    private static let yes = "email=ada%40mail.example&scope=newsletter"

    private func withForm(
        options: ServerOptions = .sample,
        confirmation: SignUpForm.Confirmation = .none,
        _ body: @escaping @Sendable (Server) async throws -> Void
    ) async throws {
        try await withServer(options: options) { server in
            let form = try SignUpForm(
                name: "footer",
                boxes: [
                    .init(scope: Sample.newsletter, wording: "Yes & please <now>."),
                    .init(scope: Sample.promotions, wording: "Offers"),
                ],
                policyVersion: Sample.version,
                redirects: ["https://shop.example/thanks?a=1&b=2"],
                circumstances: .none,
                confirmation: confirmation
            )
            _ = try await server.installation.engine.perform(AddForm(form), as: Sample.actor)
            try await body(server)
        }
    }

    @Test func aTickIsAYesAndAMissingBoxIsNothing() async throws {
        try await withForm { server in
            let reply = try await server.send(.sign(FormRoutesTests.yes))
            #expect(reply.status == 200)
            #expect(reply.body.contains("<h1>Thank you</h1>"))
            #expect(try await server.check().allowed)
            #expect(try await server.check("ada@mail.example", "promotions").reason == "noConsent")
            server.installation.clock.advance(seconds: 1)
            let again = try await server.send(.sign(FormRoutesTests.yes))
            #expect(again.visible == reply.visible)
        }
    }

    @Test(arguments: [
        ("", 422), ("email=ada%40mail.example", 422), ("scope=newsletter", 422),
        ("email=nobody&scope=newsletter", 422), ("email=ada%40mail.example&scope=receipts", 422),
        ("email=ada%40mail.example&scope=newsletter&website=x", 200),
    ])
    func whatChangesNothing(_ body: String, _ status: Int) async throws {
        try await withForm { server in
            let reply = try await server.sendWithoutEffect(.sign(body))
            #expect(reply.status == status)
            #expect(reply.body.contains("<!DOCTYPE html>"))
        }
    }

    /// Whoever was shown terms that no longer hold is not thanked for a yes that does not count.
    @Test(arguments: SignUpForm.Confirmation.allCases)
    func aFormWithOutdatedTermsTakesNothing(_ confirmation: SignUpForm.Confirmation) async throws {
        try await withForm(options: .withMail, confirmation: confirmation) { server in
            let since = server.installation.surroundings.now()
            let newer = try Sample.policy(
                "2026-09",
                effectiveAt: since,
                reconsent: [Sample.newsletter]
            )
            _ = try await server.installation.engine.perform(PublishPolicy(newer), as: Sample.actor)
            let reply = try await server.sendWithoutEffect(.sign(FormRoutesTests.yes))
            #expect(reply.status == 409)
            #expect(reply.body.contains("<h1>This form is out of date</h1>"))
            // Another box of it still shows what holds.
            let other = "email=ada%40mail.example&scope=promotions"
            #expect(try await server.send(.sign(other)).status == 200)
        }
    }

    @Test(arguments: ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
    func robotsChangeNothing(_ name: String) async throws {
        try await withForm { server in
            let method = try #require(HTTPRequest.Method(name))
            let call = Call.sign(FormRoutesTests.yes).by(method)
            let before = try await server.installation.contents()
            for _ in 1...100 { #expect(try await server.send(call).status == 405) }
            #expect(try await server.installation.contents().changed(since: before) == [])
        }
    }

    @Test func onlyPlacesOfTheFormAreGoneTo() async throws {
        try await withForm { server in
            let ours = "&redirect=https%3A%2F%2Fshop.example%2Fthanks%3Fa%3D1%26b%3D2"
            let reply = try await server.send(.sign(FormRoutesTests.yes + ours))
            #expect(reply.status == 303)
            #expect(reply.headers[.location] == "https://shop.example/thanks?a=1&b=2")
            let other = "&redirect=https%3A%2F%2Fevil.example%2F"
            server.installation.clock.advance(seconds: 1)
            let stayed = try await server.send(.sign(FormRoutesTests.yes + other))
            #expect(stayed.status == 200 && stayed.headers[.location] == nil)
        }
    }

    @Test func oneClientIsLimited() async throws {
        var options = ServerOptions.sample
        options.formLimit = RateLimit(most: 2, seconds: 60, keysMaximum: 10)
        options.trustedProxies = 1
        try await withForm(options: options) { server in
            let name = try #require(HTTPField.Name("X-Forwarded-For"))
            func send(_ client: String) async throws -> Int {
                let call = Call.sign("").with(name, client)
                return try await server.send(call).status
            }
            // What a client claims comes first in the list; what the proxy saw comes last.
            for claim in ["1", "2"] {
                #expect(try await send("203.0.113.\(claim), 198.51.100.7") == 422)
            }
            #expect(try await send("203.0.113.3, 198.51.100.7") == 429)
            #expect(try await send("198.51.100.8") == 422)
        }
    }

    @Test func aFormNobodySetUp() async throws {
        try await withForm { server in
            let wrong = WrongInput("", 404, "not-found", "form")
            try await server.expectRefusal(of: .sign(FormRoutesTests.yes, form: "none"), as: wrong)
        }
    }

    @Test func theHTMLTicksNothingAndHidesTheTrap() async throws {
        try await withForm { server in
            let found = try await server.installation.engine.ask(FindForm(name: "footer"))
            let form = try #require(found)
            let html = FormHTML.text(
                form,
                publicURL: "https://news.example",
                in: try PageLanguages(folder: nil, fallback: nil).best(of: ["de"]),
                locale: "de"
            )
            #expect(html.contains("action=\"https://news.example/v1/forms/footer\""))
            #expect(!html.contains("checked"))
            #expect(html.contains("> Yes &amp; please &lt;now&gt;.</label>"))
            #expect(
                html.contains("<p hidden><label>Bitte leer lassen <input type=\"text\" name=\"web")
            )
            #expect(html.contains("value=\"https://shop.example/thanks?a=1&amp;b=2\""))
            #expect(html.contains("name=\"locale\" value=\"de\""))
            #expect(html.contains("<button>Anmelden</button>"))
            #expect(!html.contains("<script"))
        }
    }

    /// Double opt-in by a form: the page says that a message goes, and nothing is consent before.
    @Test func aFormThatIsConfirmedByMail() async throws {
        try await withForm(options: .withMail, confirmation: .mail) { server in
            let body = FormRoutesTests.yes + "&scope=promotions"
            let call = Call.sign(body).with(.acceptLanguage, "fr")
            let reply = try await server.send(call)
            #expect(reply.status == 200)
            #expect(reply.body.contains("<h1>Encore une étape</h1>"))
            #expect(try await server.check().reason == "unconfirmed")
            // Blocked, known, asked too often: whoever sends the form sees the same page.
            for _ in 1...4 {
                server.installation.clock.advance(seconds: 1)
                #expect(try await server.send(call).visible == reply.visible)
            }
            let claim = ClaimJobs(lane: .mail, limit: 9, leaseSeconds: 30)
            let jobs = try await server.installation.engine.perform(claim, as: Sample.actor).receipt
            try #require(jobs.count == 3)
            guard case .mail(.confirmation(let requests)) = jobs[0].kind else {
                Issue.record("not a confirmation")
                return
            }
            let question = ConfirmationDetails(requests)
            let details = try #require(try await server.installation.engine.ask(question))
            #expect(details.doubleOptIns.map(\.locale) == ["fr", "fr"])
            let press = Call.post("/c/\(details.token)", "confirm=yes")
                .with(.contentType, "application/x-www-form-urlencoded")
            #expect(try await server.send(press).status == 200)
            #expect(try await server.check().allowed)
            #expect(try await server.check("ada@mail.example", "promotions").allowed)
        }
    }

    @Test func withoutMailNothingIsTaken() async throws {
        try await withForm(confirmation: .mail) { server in
            let reply = try await server.sendWithoutEffect(.sign(FormRoutesTests.yes))
            #expect(reply.status == 503)
            #expect(server.log.all.contains { $0.contains("no mail server is set up") })
        }
    }
}
