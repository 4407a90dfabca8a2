// Slots, pace and breaker of each connector, by a clock of the test's own.

import HeedConnectors
import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("ConnectorGate")
struct ConnectorGateTests {
    private let clock = TestClock(at: Timestamp(seconds: 1_770_000_000))
    private let gate: ConnectorGate

    init() {
        gate = ConnectorGate(slots: 4, surroundings: .seeded(1, clock: clock))
    }

    private func rules(_ perMinute: Int?, _ simultaneous: Int) -> ProviderRules {
        ProviderRules(
            requestsPerMinute: perMinute,
            simultaneousRequests: simultaneous,
            done: [200],
            giveUp: []
        )
    }

    private func fail(_ times: Int) {
        for _ in 0..<times { gate.note(.failed, of: "esp") }
    }

    @Test func eachConnectorHasItsOwnSlots() {
        for _ in 0..<4 { gate.begin("esp") }
        #expect(gate.room(for: "esp") == 0)
        #expect(gate.room(for: "crm") == 4)
        gate.end("esp")
        #expect(gate.room(for: "esp") == 1)
        gate.learn("esp", rules(nil, 2))
        #expect(gate.room(for: "esp") == 0)
        gate.learn("crm", rules(nil, 100))
        #expect(gate.room(for: "crm") == 4)
    }

    @Test func theFifthFailureInARowOpensTheBreaker() {
        fail(4)
        gate.note(.answered, of: "esp")
        fail(4)
        #expect(gate.state(of: "esp") == .closed)
        #expect(gate.room(for: "esp") == 4)
        fail(1)
        #expect(gate.state(of: "esp") == .open)
        #expect(gate.room(for: "esp") == 0)
        #expect(gate.room(for: "crm") == 4)
    }

    @Test func oneIsTriedAfterThePauseAndDecides() {
        fail(5)
        // What was under way when it opened neither prolongs the pause nor counts as the trial.
        fail(3)
        clock.advance(seconds: 14)
        #expect(gate.room(for: "esp") == 0)
        clock.advance(seconds: 1)
        #expect(gate.state(of: "esp") == .trying)
        #expect(gate.room(for: "esp") == 1)
        gate.begin("esp")
        #expect(gate.room(for: "esp") == 0)
        fail(1)
        gate.end("esp")
        clock.advance(seconds: 29)
        #expect(gate.room(for: "esp") == 0)
        clock.advance(seconds: 1)
        #expect(gate.room(for: "esp") == 1)
        gate.note(.answered, of: "esp")
        #expect(gate.state(of: "esp") == .closed)
        #expect(gate.room(for: "esp") == 4)
    }

    @Test func thePauseGrowsToFiveMinutesAndNoFurther() {
        fail(5)
        var pauses: [Int64] = []
        for _ in 0..<7 {
            var seconds: Int64 = 0
            while gate.room(for: "esp") == 0 {
                clock.advance(seconds: 1)
                seconds += 1
            }
            pauses.append(seconds)
            fail(1)
        }
        #expect(pauses == [15, 30, 60, 120, 240, 300, 300])
    }

    @Test func aProviderThatIsBusyIsLeftAlone() {
        gate.note(.busy(seconds: 7), of: "esp")
        gate.note(.busy(seconds: 3), of: "esp")
        clock.advance(seconds: 6)
        #expect(gate.room(for: "esp") == 0)
        #expect(gate.state(of: "esp") == .closed)
        clock.advance(seconds: 1)
        #expect(gate.room(for: "esp") == 4)
        // An hour would pass the legal window by unnoticed; it is asked again after five minutes.
        gate.note(.busy(seconds: 3600), of: "esp")
        clock.advance(seconds: 300)
        #expect(gate.room(for: "esp") == 4)
    }

    @Test func aPaceIsKept() {
        gate.learn("esp", rules(20, 4))
        #expect(gate.room(for: "esp") == 2)
        for _ in 0..<3 { gate.spend("esp") }
        #expect(gate.room(for: "esp") == 0)
        // One is owed: 20 a minute are one in three seconds.
        clock.advance(seconds: 3)
        #expect(gate.room(for: "esp") == 0)
        clock.advance(seconds: 3)
        #expect(gate.room(for: "esp") == 1)
        clock.advance(seconds: 3600)
        #expect(gate.room(for: "esp") == 2)
    }

    /// A connector was removed, and another one has its name.
    @Test func aNewPaceTakesTheOldOnesPlace() {
        gate.learn("esp", rules(20, 4))
        for _ in 0..<2 { gate.spend("esp") }
        gate.learn("esp", rules(20, 4))
        #expect(gate.room(for: "esp") == 0)
        gate.learn("esp", rules(nil, 4))
        #expect(gate.room(for: "esp") == 4)
    }

    /// An operator's word is good for one job at once; many jobs under one word are one trial.
    @Test func anOperatorsWordLetsOneThrough() {
        fail(5)
        let asked = clock.now
        #expect(gate.room(for: "esp") == 0)
        #expect(gate.room(for: "esp", redrivenAt: asked) == 1)
        // Another process may have taken the job: room is not yet a trial.
        #expect(gate.room(for: "esp", redrivenAt: asked) == 1)
        gate.begin("esp")
        #expect(gate.room(for: "esp", redrivenAt: asked) == 0)
        fail(1)
        gate.end("esp")
        #expect(gate.room(for: "esp", redrivenAt: asked) == 0)
        #expect(gate.room(for: "esp", redrivenAt: asked.adding(seconds: -60)) == 0)
        // The trial that failed does not prolong the pause.
        clock.advance(seconds: 14)
        #expect(gate.room(for: "esp") == 0)
        #expect(gate.room(for: "esp", redrivenAt: clock.now) == 1)
        gate.begin("esp")
        gate.note(.answered, of: "esp")
        gate.end("esp")
        #expect(gate.room(for: "esp") == 4)
    }

    @Test func anOperatorsWordCountsForABusyProviderToo() {
        gate.note(.busy(seconds: 60), of: "esp")
        #expect(gate.room(for: "esp", redrivenAt: clock.now) == 1)
        gate.begin("esp")
        #expect(gate.room(for: "esp", redrivenAt: clock.now) == 0)
    }
}
