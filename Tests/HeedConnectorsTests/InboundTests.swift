// What arrives: header fields, counts of what means nothing, and times as providers write them.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Inbound values")
struct InboundTests {
    private let event = InboundEvent(
        .unsubscribed,
        "ana@mail.example",
        at: Scene.now,
        id: "e-1"
    )

    @Test func nothingPersonalIsPrinted() {
        let batch = InboundBatch(events: [event], ignored: 2)
        let arrival = Arrival(query: "secret=ana", headers: [("ana", "ana")], body: "ana")
        for value in [event, batch, arrival.delivery, InboundStep.accepted(batch)] as [Any] {
            var text = ""
            dump(value, to: &text)
            text += "\(value)" + String(reflecting: value)
            #expect(!text.contains("ana"))
        }
        #expect("\(event)" == "<unsubscribed event>")
    }

    @Test func anEventIsAboutEverythingUnlessItSaysOtherwise() {
        #expect(event.extents == ["global"])
        #expect(event.place == nil)
    }

    @Test(
        arguments: [
            (.number(1_769_851_800), 1, 1_769_851_800_000_000),
            (.number(1_769_851_800.5), 1, 1_769_851_800_500_000),
            (.text("1769851800"), 1, 1_769_851_800_000_000),
            (.text("1769851800.25"), 1, 1_769_851_800_250_000),
            (.number(1_769_851_800_123), 1000, 1_769_851_800_123_000),
            (.number(0), 1, 0), (.number(-1), 1, nil), (.number(1e300), 1, nil),
            (.number(253_402_300_800), 1, nil), (.text("nan"), 1, nil), (.text("inf"), 1, nil),
            (.text("soon"), 1, nil), (.flag(true), 1, nil), (nil, 1, nil),
        ] as [(JSON?, Double, Int64?)]
    )
    func epochs(_ json: JSON?, _ perSecond: Double, _ expected: Int64?) {
        #expect(Timestamp(epoch: json, perSecond: perSecond)?.microseconds == expected)
    }

    @Test(
        arguments: [
            ("2026-01-31T09:30:00.000Z", 1_769_851_800), ("2026-01-31 09:30:00", 1_769_851_800),
            ("2026-01-31T09:30:00.1234567Z", 1_769_851_800),
            ("2026-01-31T10:30:00.894719+01:00", 1_769_851_800), ("31 Jan 2026", nil), ("", nil),
        ] as [(String, Int64?)]
    )
    func dates(_ text: String, _ expected: Int64?) {
        #expect(Timestamp(date: .text(text))?.wholeSeconds == expected)
    }

    @Test func aWalkFetchesWhatAMessageNeedsAndNoMore() async throws {
        let request = OutboundRequest(method: "GET", url: "", headers: [], body: [])
        @Sendable func step(_ left: Int) -> InboundStep {
            left == 0
                ? .accepted(InboundBatch(ignored: 7)) : .fetch(request) { _, _ in step(left - 1) }
        }
        func walk(_ count: Int) async throws -> InboundBatch {
            try await step(count).walk(
                now: { Scene.now },
                carry: { _ in OutboundResponse(status: 200) }
            )
        }
        for count in 0...InboundStep.requestsMaximum {
            #expect(try await walk(count).ignored == 7)
        }
        await #expect(throws: Refusal.self) { try await walk(InboundStep.requestsMaximum + 1) }
    }
}
