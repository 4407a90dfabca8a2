// Operators are told when it begins, while it lasts, and when it is over; each channel once each.

import Testing

@testable import HeedConsent

@Suite("Alert")
struct AlertTests {
    private let rules = AlertRules(repeatSeconds: 100)
    private let start = Fixture.now

    /// What a channel hears at each instant, while `isWrong` says what is wrong and `hears` whether
    /// the channel takes what it is told.
    private func said(
        _ seconds: [Int64],
        hears: (Int64) -> Bool = { _ in true },
        isWrong: (Int64) -> Bool
    ) -> [String] {
        var incidents: [Incident] = []
        var told: Telling?
        return seconds.map { second in
            let now = start.adding(seconds: second)
            let alerts = isWrong(second) ? [Alert(.oldJob, "job 7")] : []
            incidents = rules.incidents(for: alerts, before: incidents, at: now)
            guard let incident = incidents.first,
                let notice = rules.notice(about: incident, after: told, at: now)
            else { return "" }
            guard hears(second) else { return "(\(notice.reason))" }
            told = Telling(notice.reason, at: now)
            // Whoever keeps incidents forgets one that every channel has heard the end of.
            if notice.reason == .resolved { (incidents, told) = ([], nil) }
            return "\(notice.reason)"
        }
    }

    @Test func beginsLastsAndIsResolved() {
        let said = said([0, 1, 50, 99, 100, 150, 200, 201, 202, 203]) { 1...201 ~= $0 }
        #expect(said == ["", "began", "", "", "", "lasts", "", "", "resolved", ""])
    }

    @Test func aSecondTimeIsANewBeginning() {
        let said = said([0, 1, 2, 3]) { $0 != 1 && $0 != 3 }
        #expect(said == ["began", "resolved", "began", "resolved"])
    }

    @Test func aDeafChannelIsToldAgainAndAgain() {
        let said = said(
            [0, 1, 2, 3, 102, 103, 104, 105],
            hears: { ![0, 1, 102, 104].contains($0) },
            isWrong: { $0 < 104 }
        )
        #expect(
            said == [
                "(began)", "(began)", "began", "", "(lasts)", "lasts", "(resolved)", "resolved",
            ]
        )
    }

    /// Deaf for the whole incident, it hears at least of its end.
    @Test func whoHeardNothingHearsTheEnd() {
        let said = said([0, 1, 2, 3], hears: { $0 > 1 }, isWrong: { $0 < 2 })
        #expect(said == ["(began)", "(began)", "resolved", ""])
    }

    /// It came back before this channel heard of its end, and after another one did.
    @Test func itComesBackBeforeItsEndWasHeard() throws {
        let (later, again) = (start.adding(seconds: 5), start.adding(seconds: 9))
        let alert = Alert(.logBehind, "x")
        let first = rules.incidents(for: [alert], before: [], at: start)
        let over = rules.incidents(for: [], before: first, at: later)
        #expect(over == [Incident(kind: .logBehind, since: start, detail: "x", overAt: later)])
        #expect(rules.incidents(for: [], before: over, at: again) == over)
        let back = rules.incidents(for: [alert], before: over, at: again)
        #expect(back == [Incident(kind: .logBehind, since: again, detail: "x")])
        let incident = try #require(back.first)
        let heardTheEnd = Telling(.resolved, at: later)
        #expect(rules.notice(about: incident, after: heardTheEnd, at: again)?.reason == .began)
        #expect(rules.notice(about: incident, after: Telling(.began, at: start), at: again) == nil)
    }

    @Test func kindsAreToldApart() {
        let alerts = Alert.Kind.allCases.map { Alert($0, "x") }
        let all = rules.incidents(for: alerts, before: [], at: start)
        #expect(all.map(\.kind) == Alert.Kind.allCases)
        let rest = rules.incidents(for: Array(alerts.dropFirst()), before: all, at: start)
        #expect(rest.map(\.kind) == Alert.Kind.allCases)
        #expect(rest.filter { $0.overAt != nil }.map(\.kind) == [.oldJob])
    }

    @Test func theNewestSentenceIsTold() {
        let first = rules.incidents(for: [Alert(.oldJob, "x")], before: [], at: start)
        let later = start.adding(seconds: 100)
        let next = rules.incidents(for: [Alert(.oldJob, "y")], before: first, at: later)
        #expect(next == [Incident(kind: .oldJob, since: start, detail: "y")])
    }

    /// Attempts of one notice have one id; every other notice has another.
    @Test func noticesHaveIDsOfTheirOwn() throws {
        var incident = Incident(kind: .oldJob, since: start, detail: "x")
        let later = start.adding(seconds: 100)
        let last = start.adding(seconds: 200)
        func id(_ told: Telling?, _ now: Timestamp) throws -> String {
            try #require(rules.notice(about: incident, after: told, at: now)).id
        }
        let began = try id(nil, start)
        #expect(try id(nil, later) == began)
        let lasts = try id(Telling(.began, at: start), later)
        #expect(try id(Telling(.began, at: start), last) == lasts)
        let again = try id(Telling(.lasts, at: later), last)
        incident.overAt = last
        let resolved = try id(Telling(.lasts, at: last), last)
        #expect(Set([began, lasts, again, resolved]).count == 4)
        // A name that fits a header and is covered by a signature (Standard Webhooks).
        for id in [began, lasts, again, resolved] {
            #expect(id.utf8.count <= 64)
            #expect(id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        }
    }

    @Test func everyKindFitsAnID() throws {
        for kind in Alert.Kind.allCases {
            let incident = Incident(kind: kind, since: start, detail: "", overAt: start)
            let notice = try #require(rules.notice(about: incident, after: nil, at: start))
            #expect(notice.id.utf8.count <= 64)
        }
    }

    @Test func thresholdsAreAtLeastASecond() {
        let rules = AlertRules(oldJobSeconds: 0, repeatSeconds: -5)
        #expect(rules.oldJobSeconds == 1 && rules.repeatSeconds == 1)
        #expect(AlertRules().oldJobSeconds == 3600)
    }
}
