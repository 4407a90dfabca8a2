// A conversation over a wire that answers, fails, or takes too long, and what the gate learns.

import HeedConnectors
import HeedConsent
import HeedStore
import Synchronization
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("Conversation")
struct ConversationTests {
    /// A wire on which each request takes so many seconds of the test's clock.
    private final class SlowWire: Transport {
        let clock: TestClock
        let seconds: Int64
        let limits = Mutex<[Int64]>([])

        init(_ clock: TestClock, seconds: Int64) {
            self.clock = clock
            self.seconds = seconds
        }

        func send(
            _ request: OutboundRequest,
            timeoutSeconds: Int64
        ) async throws -> OutboundResponse {
            limits.withLock { $0.append(timeoutSeconds) }
            clock.advance(seconds: seconds)
            return OutboundResponse(status: 200, headers: [("retry-after", "20")])
        }
    }

    private let clock = TestClock(at: Timestamp(seconds: 1_770_000_000))
    private let gate: ConnectorGate
    private let connector: any Connector
    private let notice = OptOutNotice(
        target: "t-1",
        address: "ada@mail.example",
        extent: "newsletter",
        contact: "c-1",
        requestedAt: Timestamp(seconds: 1_769_999_999)
    )

    init() throws {
        gate = ConnectorGate(slots: 4, surroundings: .seeded(1, clock: clock))
        connector = try ConnectorKind.webhook.make(
            ConnectorSettings(
                name: "crm",
                kind: "webhook",
                url: "https://crm.example/hook",
                secret: WebhookSecret(bytes: Array(repeating: 7, count: 32)).text
            )
        )
    }

    private func talk(_ transport: some Transport) async -> ConnectorAnswer {
        let conversation = Conversation(
            with: connector,
            over: transport,
            gate: gate,
            surroundings: .seeded(1, clock: clock),
            seconds: 18
        )
        return await conversation.walk { now throws(Refusal) in
            try connector.suppress(notice, at: now)
        }
    }

    @Test func anAnswerIsReadAndClosesTheBreaker() async {
        for _ in 0..<5 { gate.note(.failed, of: "crm") }
        clock.advance(seconds: 15)
        #expect(gate.state(of: "crm") == .trying)
        #expect(await talk(ScriptedTransport(.answer(204))) == .done("HTTP 204"))
        #expect(gate.state(of: "crm") == .closed)
    }

    @Test(arguments: [
        (Turn.answer(500), "HTTP 500"), (.fail(.unreachable), "unreachable"),
        (.fail(.timeout), "timeout"), (.loseReply, "reply-lost"),
    ])
    func fiveFailuresInARowOpenTheBreaker(_ turn: Turn, _ text: String) async {
        for _ in 0..<4 { _ = await talk(ScriptedTransport(turn)) }
        #expect(gate.state(of: "crm") == .closed)
        #expect(await talk(ScriptedTransport(turn)) == .retry(after: nil, text))
        #expect(gate.state(of: "crm") == .open)
    }

    /// What is wrong with one request, or with us, says nothing about the others.
    @Test(arguments: [
        Turn.answer(400), .answer(410), .fail(.invalidRequest), .fail(.forbidden), .fail(.shutDown),
    ])
    func otherFailuresDoNot(_ turn: Turn) async {
        for _ in 0..<20 { _ = await talk(ScriptedTransport(turn)) }
        #expect(gate.state(of: "crm") == .closed)
    }

    @Test func noRequestOutlastsTheJob() async throws {
        let wire = SlowWire(clock, seconds: 10)
        let conversation = Conversation(
            with: connector,
            over: wire,
            gate: gate,
            surroundings: .seeded(1, clock: clock),
            seconds: 18
        )
        let request = OutboundRequest(
            method: "POST",
            url: "https://crm.example/",
            headers: [],
            body: []
        )
        _ = try await conversation.carry(request)
        _ = try await conversation.carry(request)
        await #expect(throws: TransportError.self) { try await conversation.carry(request) }
        #expect(wire.limits.withLock { $0 } == [15, 8])
    }
}
