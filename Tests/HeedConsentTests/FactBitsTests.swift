// Two bytes of facts decide as the guard's rule does on the facts themselves, for all there are.

import HeedConsent
import Testing

@Suite("Fact bits")
struct FactBitsTests {
    /// Nobody, somebody, and somebody with each permission.
    private static let people: [(known: Bool, permission: Permission?)] =
        [(false, nil), (true, nil)]
        + Permission.State.allCases.flatMap { state in
            Permission.OptOutStatus.allCases.map { status in
                var permission = Permission()
                permission.state = state
                permission.optOutStatus = status
                if status != .none { permission.optOut = OptOutID(high: 1, low: 2) }
                return (true, permission)
            }
        }

    private func block(_ reason: SuppressionReason, _ number: Int) -> Suppression {
        Suppression(
            reason: reason,
            scope: number.isMultiple(of: 2) ? nil : ScopeName(stored: "newsletter"),
            since: Timestamp(seconds: Int64(number)),
            source: .provider,
            optOut: number.isMultiple(of: 3) ? OptOutID(high: 7, low: UInt64(number)) : nil
        )
    }

    /// Every person, every set of blocks, pending and not, in both kinds of scopes.
    @Test func decidesAsTheRuleDoes() {
        var verdicts = FactVerdicts()
        var reasons: Set<SendDecision.Reason> = []
        for kind in Scope.Kind.allCases {
            for (known, permission) in FactBitsTests.people {
                for set in 0..<(1 << SuppressionReason.allCases.count) {
                    let blocks = SuppressionReason.allCases.enumerated().filter { index, _ in
                        set & 1 << index != 0
                    }.map(\.element)
                    for isPending in blocks.isEmpty ? [false] : [false, true] {
                        let scope = Scope(
                            name: ScopeName(stored: "newsletter"),
                            channel: .email,
                            kind: kind
                        )
                        var facts = GuardFacts(scope: scope)
                        facts.contact = known ? ContactID(high: 3, low: 4) : nil
                        facts.permission = permission
                        facts.suppressions = blocks.enumerated().map { block($1, $0 + set) }
                        if isPending { facts.suppressionStatus = .pending }
                        let rule = SendDecision(facts, at: Timestamp(seconds: 1))
                        var bits = known ? FactBits.known : .none
                        if let permission { bits = bits | FactBits(permission) }
                        for reason in blocks {
                            bits = bits | FactBits(reason, isPending: isPending)
                        }
                        let verdict = verdicts.verdict(bits, kind)
                        let isSame =
                            verdict.reason == rule.reason
                            && verdict.optOutStatus == rule.optOutStatus
                        if !isSame { Issue.record("\(facts) gave \(verdict), not \(rule)") }
                        reasons.insert(verdict.reason)
                    }
                }
            }
        }
        // All but those that depend on the time alone.
        #expect(reasons.count == SendDecision.Reason.allCases.count - 1)
    }
}
