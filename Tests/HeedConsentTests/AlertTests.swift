// Operators are told when it begins, while it lasts, and when it is over; each once.

import Testing

@testable import HeedConsent

@Suite("Alert")
struct AlertTests {
    private let rules = AlertRules(repeatSeconds: 100)
    private let start = Fixture.now

    /// What is said at each instant, while `isWrong` says what is wrong.
    private func said(_ seconds: [Int64], isWrong: (Int64) -> Bool) -> [String] {
        var states: [AlertState] = []
        return seconds.map { second in
            let alerts = isWrong(second) ? [Alert(.oldJob, "job 7")] : []
            let (notices, next) = rules.notices(
                for: alerts,
                told: states,
                at: start.adding(seconds: second)
            )
            states = next
            return notices.map { "\($0.alert.kind.rawValue) \($0.reason)" }.joined()
        }
    }

    @Test func beginsLastsAndIsResolved() {
        let said = said([0, 1, 50, 99, 100, 150, 200, 201, 202, 203]) { 1...201 ~= $0 }
        let job = "old-job"
        #expect(
            said == [
                "", "\(job) began", "", "", "", "\(job) lasts", "", "", "\(job) resolved", "",
            ]
        )
    }

    @Test func aSecondTimeIsANewBeginning() {
        let said = said([0, 1, 2, 3]) { $0 != 1 && $0 != 3 }
        #expect(said == ["old-job began", "old-job resolved", "old-job began", "old-job resolved"])
    }

    @Test func kindsAreToldApart() {
        let alerts = Alert.Kind.allCases.map { Alert($0, "x") }
        let (notices, states) = rules.notices(for: alerts, told: [], at: start)
        #expect(notices.map(\.alert.kind) == Alert.Kind.allCases)
        #expect(states.count == Alert.Kind.allCases.count)
        let (rest, _) = rules.notices(for: Array(alerts.dropFirst()), told: states, at: start)
        #expect(rest.map(\.alert.kind) == [.oldJob] && rest.map(\.reason) == [.resolved])
    }

    @Test func sinceIsWhenItBegan() {
        let (_, states) = rules.notices(for: [Alert(.oldJob, "x")], told: [], at: start)
        let later = start.adding(seconds: 100)
        let (notices, next) = rules.notices(for: [Alert(.oldJob, "y")], told: states, at: later)
        #expect(notices.map(\.since) == [start] && notices.map(\.alert.detail) == ["y"])
        #expect(next == [AlertState(kind: .oldJob, since: start, toldAt: later)])
    }

    @Test func thresholdsAreAtLeastASecond() {
        let rules = AlertRules(oldJobSeconds: 0, repeatSeconds: -5)
        #expect(rules.oldJobSeconds == 1 && rules.repeatSeconds == 1)
        #expect(AlertRules().oldJobSeconds == 3600)
    }
}
