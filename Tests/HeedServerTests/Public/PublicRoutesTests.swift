// Tests what holds for all public pages: no robot changes anything, and leaving is no harder than
// joining.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Public routes")
struct PublicRoutesTests {
    /// A link of each kind, by its path in the description; one of two people has to confirm.
    private func links(_ server: Server) async throws -> [String: String] {
        let unsubscribe = try await server.link()
        let question = MakePreferenceLink(
            .address(try Address(email: "ada@mail.example")),
            validFor: 3600
        )
        let preferences = try #require(try await server.installation.engine.ask(question))
        let contact = try await server.installation.decide(Address(email: "ada@mail.example"))
        let mailed = DataLinkDetails(contact: contact)
        let data = try #require(try await server.installation.engine.ask(mailed)).token
        let confirmation = try await server.confirmationToken("bob@mail.example")
        let form = try SignUpForm(
            name: "footer",
            boxes: [.init(scope: Sample.newsletter, wording: "Yes.")],
            policyVersion: Sample.version,
            redirects: [],
            circumstances: .none
        )
        _ = try await server.installation.engine.perform(AddForm(form), as: Sample.actor)
        return [
            "/u": "/u", "/u/{token}": "/u/\(unsubscribe)", "/c/{token}": "/c/\(confirmation)",
            "/d/{token}": "/d/\(data)",
            "/p": "/p", "/p/{token}": "/p/\(preferences)", "/v1/forms/{form}": "/v1/forms/footer",
        ]
    }

    /// Every path that the description calls public and that a person may be given.
    private static var publicPaths: Set<String> {
        let paths = OpenAPIFile.published.statuses.keys.filter { $0.method == "POST" }.map(\.path)
        return Set(paths.filter { !$0.hasPrefix("/v1") || $0.hasPrefix("/v1/forms") })
    }

    private enum Robot: CaseIterable {
        case get, head, options, prefetch

        func call(_ path: String) throws -> Call {
            let call = Call.get(path).with(.privacySignal, "1")
            switch self {
            case .get: return call
            case .head: return call.by(.head)
            case .options: return call.by(.options)
            case .prefetch:
                let purpose = try #require(HTTPField.Name("Sec-Purpose"))
                return call.with(purpose, "prefetch;prerender")
            }
        }
    }

    /// Scanners, previews and prefetching: a thousand times a link, and nothing has changed.
    @Test func robotsChangeNothing() async throws {
        try await withServer(options: .withMail) { server in
            let links = try await links(server)
            #expect(Set(links.keys) == PublicRoutesTests.publicPaths)
            let before = try await server.installation.contents()
            for path in links.values {
                for robot in Robot.allCases {
                    let call = try robot.call(path)
                    let first = try await server.send(call)
                    #expect(first.status < 500)
                    for _ in 1..<250 { try await server.send(call) }
                    #expect(try await server.send(call).visible == first.visible)
                }
            }
            #expect(try await server.installation.contents().changed(since: before) == [])
            #expect(try await server.check().allowed)
            #expect(try await server.check("bob@mail.example").reason == "unconfirmed")
        }
    }

    /// What a person has to press, tick or type on a page until its form is sent.
    private func presses(_ html: String, for button: String, boxes: Int = 0) throws -> Int {
        let forms = html.matches(of: /<form[\s\S]*?<\/form>/).map(\.0)
        let form = try #require(forms.first { $0.contains(button) }, "no form has \(button)")
        return boxes + form.matches(of: /<input[^>]*\srequired/).count + 1
    }

    /// Never more presses to leave than to join, counted from the pages themselves.
    @Test func leavingIsAsEasyAsJoining() async throws {
        try await withServer(options: .withMail) { server in
            let links = try await links(server)
            let found = try await server.installation.engine.ask(FindForm(name: "footer"))
            let form = FormHTML.text(
                try #require(found),
                publicURL: "https://news.example",
                in: try PageLanguages(folder: nil, fallback: nil).best(of: [])
            )
            // What the browser asks for decides where nobody named a language.
            #expect(!form.contains("name=\"locale\""))
            // An address, a tick, a button; with double opt-in another button.
            func link(_ path: String) throws -> String { try #require(links[path]) }
            let joining = try presses(form, for: "<button", boxes: 1)
            let confirm = try await server.send(.get(try link("/c/{token}"))).body
            let confirming = try presses(confirm, for: "name=\"confirm\"")
            #expect(joining == 3 && confirming == 1)

            let ask = try await server.send(.get(try link("/u/{token}"))).body
            let leaving = try presses(ask, for: "value=\"this\"")
            let leavingAll = try presses(ask, for: "value=\"all\"")
            #expect(leaving <= joining && leavingAll <= joining && leaving <= confirming)

            let choices = try await server.send(.get(try link("/p/{token}"))).body
            let leavingHere = try presses(choices, for: "value=\"leave-all\"")
            let changing = try presses(choices, for: "value=\"save\"", boxes: 1)
            #expect(leavingHere == 1 && leavingHere <= changing)
            // One box joins and one box leaves: both are enabled, and by the same button.
            let boxes = choices.matches(of: /<input type="checkbox"[^>]*>/).map(\.0)
            #expect(boxes.count == 2 && boxes.filter { $0.contains(" checked") }.count == 1)
            #expect(!boxes.contains { $0.contains(" disabled") })
            // Without any link: an address and a button, then one press; no more than by the form.
            let entry = try await server.send(.get("/p")).body
            let wayIn = try presses(entry, for: "name=\"address\"")
            #expect(wayIn + leavingHere <= joining)
        }
    }
}
