// What is wrong, from facts alone: thresholds to the second, and the right thing named.

import Testing

@testable import HeedConsent

@Suite("Situation")
struct SituationTests {
    private let rules = AlertRules()
    private let now = Fixture.now

    private func job(_ number: UInt64, lane: String = "opt-out", age: Int64) -> Situation.WaitingJob
    {
        Situation.WaitingJob(
            id: JobID(high: 0x0190, low: number),
            lane: lane,
            kind: "tell-connector",
            dueSince: now.adding(seconds: -age)
        )
    }

    private func alerts(_ change: (inout Situation) -> Void) -> [Alert] {
        var situation = Situation(at: now)
        change(&situation)
        return rules.alerts(in: situation)
    }

    @Test func nothingIsWrongAtFirst() { #expect(alerts { _ in }.isEmpty) }

    @Test(arguments: [(3599, 0), (3600, 1), (3601, 1), (-5, 0)] as [(Int64, Int)])
    func aJobIsOldAtOneHourAndNotASecondBefore(_ age: Int64, _ count: Int) {
        let found = alerts { $0.oldestJobs = [job(1, age: age)] }
        #expect(found.map(\.kind) == Array(repeating: .oldJob, count: count))
    }

    @Test func theOldestJobOfAllLanesIsNamed() {
        let (old, older) = (job(1, age: 3700), job(2, lane: "general", age: 3720))
        let found = alerts { $0.oldestJobs = [old, older] }
        #expect(
            found == [
                Alert(
                    .oldJob,
                    "the oldest job, \(older.id.text) (tell-connector, lane general), is due since "
                        + "2026-01-31T08:28:00Z, for 62 minutes"
                )
            ]
        )
    }

    /// The threshold may be a second, and then zero minutes would say nothing.
    @Test(
        arguments: [
            (1, "1 second"), (2, "2 seconds"), (59, "59 seconds"), (60, "1 minute"),
            (119, "1 minute"), (120, "2 minutes"),
        ] as [(Int64, String)]
    )
    func aShortAgeIsToldInSeconds(_ age: Int64, _ words: String) {
        var situation = Situation(at: now)
        situation.oldestJobs = [job(1, age: age)]
        let found = AlertRules(oldJobSeconds: 1).alerts(in: situation)
        #expect(found.first?.detail.hasSuffix(", for \(words)") == true)
    }

    @Test(arguments: [(1, "found 1 difference between"), (2, "found 2 differences between")])
    func oneDifferenceIsOne(_ findings: Int, _ words: String) {
        let found = alerts { $0.verified = .init(at: now, findings: findings) }
        #expect(found.first?.detail.contains(words) == true)
    }

    @Test func whatWasGivenUpIsCountedByConnector() {
        let (one, two) = (TargetID(high: 7, low: 1), TargetID(high: 7, low: 2))
        let found = alerts {
            $0.buried = [
                .init(connector: "crm", count: 2, first: two),
                .init(connector: "esp", count: 1, first: one),
                .init(connector: "gone", count: 0, first: TargetID(high: 0, low: 0)),
            ]
        }
        #expect(found.map(\.kind) == [.buriedTargets])
        #expect(found[0].detail.contains("(crm 2, esp 1), first for target \(one.text);"))
    }

    @Test func aMessageThatWasGivenUpIsTold() {
        let found = alerts { $0.buriedMail = .init(count: 2, first: Fixture.job) }
        #expect(found.map(\.kind) == [.buriedMail])
        #expect(found[0].detail.hasPrefix("2 messages to people given up, first job "))
        #expect(found[0].detail.contains(Fixture.job.text))
    }

    @Test func deadlinesNearAndPastAreTwoThings() {
        let deadlines = Situation.Deadlines(
            count: 3,
            first: Fixture.optOut,
            regime: "gdpr@1",
            deadlineAt: now
        )
        let near = alerts { $0.near = deadlines }
        let past = alerts { $0.past = deadlines }
        #expect(near.map(\.kind) == [.deadlineNear])
        #expect(past.map(\.kind) == [.deadlinePast])
        for alert in near + past {
            let end = ": 3, first \(Fixture.optOut.text) (gdpr@1) at 2026-01-31T09:30:00Z"
            #expect(alert.detail.hasSuffix(end))
        }
    }

    @Test func requestsHaveDeadlinesOfTheirOwn() {
        let deadlines = Situation.RequestDeadlines(
            count: 2,
            first: RequestID(high: 1, low: 2),
            kind: .access,
            deadlineAt: now
        )
        let near = alerts { $0.requestsNear = deadlines }
        let past = alerts { $0.requestsPast = deadlines }
        #expect(near.map(\.kind) == [.requestNear])
        #expect(past.map(\.kind) == [.requestPast])
        #expect(near[0].detail.hasPrefix("people's open requests within 7 days of their legal"))
        for alert in near + past {
            let id = RequestID(high: 1, low: 2).text
            let end = ": 2, first \(id) (access) at 2026-01-31T09:30:00Z; `heed request list`"
            #expect(alert.detail.contains(end))
        }
    }

    @Test func aVerificationWithFindingsIsToldAndOneWithoutIsNot() {
        #expect(alerts { $0.verified = .init(at: now, findings: 0) }.isEmpty)
        let found = alerts { $0.verified = .init(at: now, findings: 2) }
        #expect(found.map(\.kind) == [.logDiffers])
        #expect(found[0].detail.contains("2026-01-31T09:30:00Z found 2 differences"))
    }

    @Test(arguments: [(299, 0), (300, 1)] as [(Int64, Int)])
    func theLogIsBehindAfterFiveMinutes(_ age: Int64, _ count: Int) {
        let found = alerts { $0.unsequencedSince = now.adding(seconds: -age) }
        #expect(found.map(\.kind) == Array(repeating: .logBehind, count: count))
    }
}
