// A row's yes beside the yes that stands: new, known, or not enough any more.

import HeedConsent
import HeedLists
import TestSupport
import Testing

@testable import HeedExchange

@Suite("Yes rule")
struct YesRuleTests {
    private func day(_ day: Int64) -> Timestamp { Timestamp(seconds: day * 86_400) }

    private func row(_ time: Timestamp?) throws -> ImportRow {
        ImportRow(
            line: 2,
            address: try Address(email: "a@m.example"),
            status: .subscribed,
            decidedAt: time,
            evidence: Evidence()
        )
    }

    private func standing(
        _ permission: Permission,
        _ time: Int64?,
        since: Int64? = nil,
        policy: Int64 = 10
    ) throws -> String {
        let rule = YesRule(
            Scope(name: Sample.newsletter, channel: .email, kind: .campaign),
            try Sample.policy(effectiveAt: day(policy)),
            since: since.map(day)
        )
        switch rule.standing(of: try row(time.map(day)), permission, at: day(100)) {
        case .new: return "new"
        case .known: return "known"
        case .tooOld: return "too old"
        }
    }

    private var granted: Permission {
        var permission = Permission()
        permission.state = .granted
        permission.decidedAt = day(50)
        permission.policyEffectiveAt = day(10)
        return permission
    }

    @Test func nothingStandsOrANoDoes() throws {
        #expect(try standing(Permission(), nil) == "new")
        var no = granted
        no.state = .withdrawn
        #expect(try standing(no, nil) == "new")
    }

    /// A list cannot say that somebody agreed to a text that asks everybody again before it did.
    @Test(arguments: [(nil, "too old"), (69, "too old"), (70, "new"), (200, "new")])
    func aYesOfSomebodyNewToATextThatAsksAgain(_ time: Int64?, _ expected: String) throws {
        #expect(try standing(Permission(), time, since: 70, policy: 70) == expected)
        // To the older text they may have, and the guard knows what that is worth.
        #expect(try standing(Permission(), time, since: 70, policy: 69) == "new")
    }

    /// Nobody can have agreed yet to what holds from tomorrow on.
    @Test(arguments: [nil, 49, 200] as [Int64?])
    func aPolicyOfTomorrow(_ time: Int64?) throws {
        #expect(try standing(Permission(), time, policy: 101) == "too old")
        #expect(try standing(granted, time, policy: 101) == "too old")
    }

    /// A list with older terms takes nothing from who agreed to newer ones.
    @Test(arguments: [nil, 49, 51, 200] as [Int64?])
    func anOlderTextReplacesNoNewer(_ time: Int64?) throws {
        #expect(try standing(granted, time, policy: 9) == "too old")
    }

    @Test(arguments: [(nil, "known"), (49, "known"), (50, "known"), (51, "new"), (200, "new")])
    func aYesThatStands(_ time: Int64?, _ expected: String) throws {
        #expect(try standing(granted, time) == expected)
    }

    @Test(arguments: [(nil, "too old"), (55, "too old"), (60, "too old"), (61, "new")])
    func aYesThatRanOut(_ time: Int64?, _ expected: String) throws {
        var permission = granted
        permission.expiresAt = day(60)
        #expect(try standing(permission, time) == expected)
        permission.state = .expired
        #expect(try standing(permission, time) == expected)
    }

    @Test(arguments: [(nil, "too old"), (50, "too old"), (69, "too old"), (70, "new")])
    func aYesToAnOldPolicy(_ time: Int64?, _ expected: String) throws {
        #expect(try standing(granted, time, since: 70, policy: 70) == expected)
        // The list's own policy is as old.
        #expect(try standing(granted, time, since: 70, policy: 69) == "too old")
        #expect(try standing(granted, nil, since: 10, policy: 10) == "known")
    }
}
