// A person's way to their own data: a button, a message, a page, a button, an archive.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

private let formType = "application/x-www-form-urlencoded"

extension Call {
    fileprivate static func press(_ path: String, _ body: String) -> Call {
        .post(path, body).with(.contentType, formType)
    }
}

extension Server {
    fileprivate func preferences(
        _ address: String = "ada@mail.example",
        region: String? = nil
    ) async throws -> String {
        let add = try AddContact(
            addresses: [Address(email: address)],
            externalID: nil,
            locale: nil,
            region: region
        )
        _ = try await installation.engine.perform(add, as: Sample.actor)
        try await installation.decide(Address(email: address))
        let question = MakePreferenceLink(.address(try Address(email: address)), validFor: 3600)
        return try #require(try await installation.engine.ask(question))
    }

    /// The link in the one message that waits.
    fileprivate func mailed() async throws -> String {
        let claim = ClaimJobs(lane: .mail, limit: 99, leaseSeconds: 30)
        let jobs = try await installation.engine.perform(claim, as: .system("worker")).receipt
        guard jobs.count == 1, case .mail(.dataLink(let contact, _))? = jobs.first?.kind else {
            Issue.record("no message with a link waits")
            return ""
        }
        let details = try await installation.engine.ask(DataLinkDetails(contact: contact))
        return try #require(details).token
    }
}

@Suite("Data routes")
struct DataRoutesTests {
    @Test func fromTheButtonToTheArchive() async throws {
        try await withServer(options: .withMail) { server in
            let token = try await server.preferences()
            try await server.installation.decide(Address(email: "bob@mail.example"))
            let shown = try await server.sendWithoutEffect(.get("/p/\(token)?lang=de"))
            #expect(shown.body.contains("<button name=\"do\" value=\"send-data\">"))
            let asked = try await server.send(.press("/p/\(token)?lang=de", "do=send-data"))
            #expect(asked.status == 200 && asked.body.contains("role=\"status\">Wenn an Ihre"))
            let link = try await server.mailed()
            let page = try await server.sendWithoutEffect(.get("/d/\(link)?lang=de"))
            #expect(page.status == 200 && page.body.contains("<h1>Ihre Daten</h1>"))
            #expect(!page.body.contains("ada@") && !page.body.contains(link))
            let reply = try await server.send(.press("/d/\(link)?lang=de", "do=download"))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "application/zip")
            #expect(reply.headers[.cacheControl] == "no-store")
            let files = try reply.unpacked()
            #expect(files["addresses.csv"]?.contains("ada@mail.example") == true)
            #expect(files["index.html"]?.contains("<html lang=\"de\"") == true)
            #expect(!files.values.contains { $0.contains("bob@") })
            // It was a request for access, and it is met.
            let requests = try await server.installation.engine.ask(ListRequests(openOnly: false))
            #expect(requests.requests.map(\.status) == [.completed])
            #expect(requests.requests.map(\.verifiedBy) == [.mailLink])
            #expect(!server.log.all.contains { $0.contains("mail.example") })
        }
    }

    /// Whether a message goes or not is not to be seen, and a second press sends no second one.
    @Test func theAnswerIsTheSameForEverybody() async throws {
        try await withServer(options: .withMail) { server in
            let token = try await server.preferences()
            let first = try await server.send(.press("/p/\(token)", "do=send-data"))
            let before = try await server.installation.contents()
            let again = try await server.send(.press("/p/\(token)", "do=send-data"))
            #expect(try await server.installation.contents().changed(since: before) == [])
            let bounce = Suppression(
                reason: .hardBounce,
                scope: nil,
                since: server.installation.clock.now,
                source: .provider,
                optOut: nil
            )
            let address = try Address(email: "ada@mail.example")
            try await server.installation.record([.suppressionAdded(bounce, .address(address))])
            server.installation.clock.advance(seconds: 3600)
            let question = MakePreferenceLink(.address(address), validFor: 3600)
            let fresh = try #require(try await server.installation.engine.ask(question))
            let barred = try await server.send(.press("/p/\(fresh)", "do=send-data"))
            #expect(Set([first.visible, again.visible, barred.visible]).count == 1)
        }
    }

    @Test func withoutMailNothingIsOffered() async throws {
        try await withServer { server in
            let token = try await server.preferences()
            let page = try await server.sendWithoutEffect(.get("/p/\(token)"))
            #expect(!page.body.contains("send-data"))
            let reply = try await server.sendWithoutEffect(.press("/p/\(token)", "do=send-data"))
            #expect(reply.body.contains("No link can be sent"))
        }
    }

    @Test func whatIsNoPressOfTheButtonChangesNothing() async throws {
        try await withServer(options: .withMail) { server in
            let token = try await server.preferences()
            try await server.send(.press("/p/\(token)", "do=send-data"))
            let link = try await server.mailed()
            for method in [HTTPRequest.Method.get, .head] {
                let reply = try await server.sendWithoutEffect(.get("/d/\(link)").by(method))
                #expect(reply.status == 200)
                #expect(reply.headers[.referrerPolicy] == "same-origin")
            }
            // Every token gets the same page.
            let one = try await server.sendWithoutEffect(.get("/d/\(link)"))
            #expect(try await server.sendWithoutEffect(.get("/d/nope")).visible == one.visible)
            for body in ["", "do=x", "List-Unsubscribe=One-Click"] {
                let reply = try await server.sendWithoutEffect(.press("/d/\(link)", body))
                #expect(reply.visible == one.visible)
            }
            let other = Call.press("/d/\(link)", "do=download")
                .with(.fetchSite, "cross-site")
            #expect(try await server.sendWithoutEffect(other).status == 403)
            for wrong in ["nope", token, String(link.dropLast()), link + "A"] {
                let call = Call.press("/d/\(wrong)", "do=download")
                let reply = try await server.sendWithoutEffect(call)
                #expect(reply.status == 404 && reply.body.contains("This link does not work"))
            }
            server.installation.clock.advance(seconds: 3601)
            let late = try await server.sendWithoutEffect(.press("/d/\(link)", "do=download"))
            #expect(late.status == 404)
        }
    }

    @Test func oneClientIsLimited() async throws {
        var options = ServerOptions.withMail
        options.entryLimit = RateLimit(most: 2, seconds: 60, keysMaximum: 10)
        try await withServer(options: options) { server in
            let token = try await server.preferences()
            try await server.send(.press("/p/\(token)", "do=send-data"))
            let link = try await server.mailed()
            let got = try await server.send(.press("/d/\(link)", "do=download"))
            #expect(got.status == 200)
            for call in [
                Call.press("/d/\(link)", "do=download"), .press("/p/\(token)", "do=send-data"),
            ] {
                let refused = try await server.sendWithoutEffect(call)
                #expect(refused.status == 429 && refused.headers[.retryAfter] == "600")
            }
            // What stops mailings is never limited.
            let stop = try await server.send(.press("/p/\(token)", "do=leave-all"))
            #expect(stop.status == 200)
            #expect(try await server.check().reason == "globalOptOut")
        }
    }

    @Test func aStopToSellingIsOfferedWhereALawKnowsIt() async throws {
        try await withServer { server in
            let token = try await server.preferences(region: "US-CA")
            let page = try await server.sendWithoutEffect(.get("/p/\(token)"))
            #expect(page.body.contains("value=\"do-not-sell\""))
            let reply = try await server.send(.press("/p/\(token)", "do=do-not-sell"))
            #expect(reply.status == 200 && !reply.body.contains("value=\"do-not-sell\""))
            #expect(reply.body.contains("You told us not to sell or share your data."))
            let again = try await server.sendWithoutEffect(
                .press("/p/\(token)", "do=do-not-sell")
            )
            #expect(again.status == 200)
            #expect(try await server.check().allowed)
            let german = try await server.preferences("bob@mail.example", region: "DE")
            let other = try await server.sendWithoutEffect(.get("/p/\(german)"))
            #expect(!other.body.contains("value=\"do-not-sell\""))
        }
    }
}
