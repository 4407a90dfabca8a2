// That a job comes back from its stored form, and that what is unknown is not guessed.

import Testing

@testable import HeedConsent

@Suite("Job")
struct JobTests {
    @Test(arguments: [
        (Job.Kind.startOptOut(Fixture.optOut), "start-opt-out", Fixture.optOut.bytes),
        (.tellConnector(Fixture.target), "tell-connector", Fixture.target.bytes),
    ])
    func comesBack(_ kind: Job.Kind, _ name: String, _ subject: [UInt8]) {
        #expect(kind.stored.name == name)
        #expect(kind.stored.subject == subject)
        #expect(Job.Kind(stored: name, subject: subject) == kind)
    }

    @Test(arguments: ["start-opt-out", "tell-connector"], [0, 15, 17])
    func needsAWholeID(_ name: String, _ count: Int) {
        #expect(Job.Kind(stored: name, subject: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test(arguments: ["", "Start-opt-out", "start-opt-out ", "brew-tea"])
    func anUnknownNameIsNone(_ name: String) {
        #expect(Job.Kind(stored: name, subject: Fixture.optOut.bytes) == nil)
    }

    @Test func storedNamesAndTheLimitAreStable() {
        #expect(Job.Lane.allCases.map(\.rawValue) == ["opt-out", "general", "mail"])
        #expect(Job.attemptsMaximum == 12)
    }

    @Test func aNewJobWasNeverClaimed() {
        let job = Job(
            id: Fixture.job,
            kind: .startOptOut(Fixture.optOut),
            lane: .optOut,
            priority: 0,
            runAt: Fixture.now
        )
        #expect(job.attempts == 0)
    }
}
