// What connectors exchange prints nothing that could name a person or open a door.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Connector values")
struct ConnectorTests {
    private let notice = OptOutNotice(
        target: "t-1",
        address: "ana@mail.example",
        extent: "newsletter",
        contact: "c-1",
        requestedAt: Timestamp(seconds: 0)
    )

    @Test func nothingPersonalIsPrinted() {
        let request = OutboundRequest(
            method: "POST",
            url: "https://ana.example/token",
            headers: [("authorization", "ana")],
            body: Array("ana".utf8)
        )
        let response = OutboundResponse(
            status: 500,
            headers: [("x-echo", "ana")],
            body: Array("ana".utf8)
        )
        for text in [
            "\(notice)", String(reflecting: notice), "\([notice])", "\(request)",
            String(reflecting: request), "\(response)", String(reflecting: response),
        ] {
            #expect(!text.contains("ana"))
        }
        #expect("\(notice) \(request) \(response)" == expectedText)
    }

    private let expectedText = "<opt-out notice> <POST request> <HTTP 500 response>"

    @Test func dumpsShowNothingEither() {
        let erasure = ErasureNotice(
            target: "t-1",
            address: "ana@mail.example",
            contact: "c-1",
            requestedAt: Timestamp(seconds: 0)
        )
        let delivery = WebhookDelivery(query: "ana", headers: [("ana", "ana")], body: [])
        for value in [notice, erasure, delivery] as [Any] {
            var text = ""
            dump(value, to: &text)
            #expect(!text.contains("ana"))
            #expect(!"\(value)".contains("ana"))
        }
    }
}

@Suite("Conversations")
struct ConnectorStepTests {
    private func step(_ answers: [ConnectorAnswer]) throws -> ConnectorStep {
        let places = answers.indices.map(String.init)
        return try ConnectorStep.each(places, at: Scene.now) { place, _ in
            .answer(answers[Int(place) ?? 0])
        }
    }

    @Test(
        arguments: [
            ([], .alreadyDone("not sent through this system")),
            ([.done("a")], .done("a")),
            ([.alreadyDone("a"), .done("b")], .done("b")),
            ([.done("a"), .alreadyDone("b")], .done("a")),
            ([.alreadyDone("a"), .alreadyDone("b")], .alreadyDone("b")),
            ([.done("a"), .retry(after: 5, "b"), .done("c")], .retry(after: 5, "b")),
            ([.giveUp("a"), .done("b")], .giveUp("a")),
            ([.done("a"), .absent("b")], .absent("b")),
        ] as [([ConnectorAnswer], ConnectorAnswer)]
    )
    func severalPlacesGiveOneAnswer(
        _ answers: [ConnectorAnswer],
        _ expected: ConnectorAnswer
    ) throws {
        guard case .answer(let answer) = try step(answers) else {
            Issue.record("the conversation did not end")
            return
        }
        #expect(answer == expected)
    }

    @Test func aWalkCarriesEachRequestAtItsOwnTime() async throws {
        var seconds: Int64 = 0
        var carried: [String] = []
        let connector = try made(
            .mailgun,
            ["secret": "key", "global": "mg.a.example/*,mg.b.example/*"]
        )
        let step = try connector.suppress(Scene.notice("global"), at: Timestamp(seconds: 0))
        let answer = try await step.walk(
            now: { Timestamp(seconds: seconds) },
            carry: { request in
                seconds += 1
                carried.append(request.url)
                return OutboundResponse(status: 200)
            }
        )
        #expect(answer == .done("HTTP 200"))
        #expect(carried.count == 2)
        #expect(seconds == 2)
    }

    @Test func aWalkPassesOnThatNothingWasCarried() async throws {
        let connector = try made(.brevo, ["secret": "key"])
        let step = try connector.suppress(Scene.notice("global"), at: Scene.now)
        await #expect(throws: CancellationError.self) {
            try await step.walk(now: { Scene.now }, carry: { _ in throw CancellationError() })
        }
    }

    @Test func aWalkWithoutEndIsGivenUp() async throws {
        let request = OutboundRequest(method: "GET", url: "", headers: [], body: [])
        @Sendable func again() -> ConnectorStep { .send(request) { _, _ in again() } }
        var carried = 0
        let answer = try await again().walk(
            now: { Scene.now },
            carry: { _ in
                carried += 1
                return OutboundResponse(status: 200)
            }
        )
        #expect(answer == .giveUp("a conversation had no end"))
        #expect(carried == ConnectorStep.requestsMaximum)
    }
}
