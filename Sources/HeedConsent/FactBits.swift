// What the guard's rule decides on, without the times, in two bytes.

/// Facts about an address in a scope: who has it, where their permission stands, which blocks there
/// are.
///
/// Facts from several places are joined by `or`. What a yes is worth at a moment is not in them.
package struct FactBits: Hashable, Sendable {
    package let bits: UInt16

    /// So many values there are.
    static let valueCount = 1 << 15

    private static let reasons = SuppressionReason.allCases
    private static let states = Permission.State.allCases
    private static let statuses = Permission.OptOutStatus.allCases
    private static let pendingBlock: UInt16 = 1 << 8
    private static let statusShift: UInt16 = 9
    private static let stateShift: UInt16 = 11
    private static let isKnown: UInt16 = 1 << 14

    /// Takes bits that came from one of these.
    package init(bits: UInt16) { self.bits = bits }

    /// Nobody knows the address.
    package static let none = FactBits(bits: 0)
    /// Somebody has the address, and has decided nothing.
    package static let known = FactBits(bits: isKnown)

    /// Somebody has the address, with a permission.
    package init(_ permission: Permission) {
        let status = FactBits.statuses.firstIndex(of: permission.optOutStatus) ?? 0
        let state = FactBits.states.firstIndex(of: permission.state) ?? 0
        bits =
            FactBits.isKnown | UInt16(status) << FactBits.statusShift
            | UInt16(state + 1) << FactBits.stateShift
    }

    /// There is a block.
    package init(_ reason: SuppressionReason, isPending: Bool) {
        let place = UInt16(FactBits.reasons.firstIndex(of: reason) ?? 0)
        bits = 1 << place | (isPending ? FactBits.pendingBlock : 0)
    }

    /// Both.
    package static func | (left: FactBits, right: FactBits) -> FactBits {
        FactBits(bits: left.bits | right.bits)
    }

    /// The facts in the form the guard's rule takes, with a yes that never ends.
    ///
    /// Dates and ids are none: the rule's reason and opt-out status do not depend on them.
    func facts(_ kind: Scope.Kind) -> GuardFacts {
        let name = ScopeName(stored: "any")
        var facts = GuardFacts(scope: Scope(name: name, channel: .email, kind: kind))
        if bits & FactBits.isKnown != 0 { facts.contact = ContactID(high: 0, low: 0) }
        let state = Int(bits >> FactBits.stateShift & 7)
        if state > 0 {
            var permission = Permission()
            permission.state = FactBits.states[state - 1]
            permission.optOutStatus = FactBits.statuses[Int(bits >> FactBits.statusShift & 3)]
            facts.permission = permission
        }
        for (index, reason) in FactBits.reasons.enumerated() where bits & 1 << index != 0 {
            facts.suppressions.append(
                Suppression(
                    reason: reason,
                    scope: nil,
                    since: Timestamp(microseconds: 0),
                    source: .provider,
                    optOut: nil
                )
            )
        }
        if bits & FactBits.pendingBlock != 0 { facts.suppressionStatus = .pending }
        return facts
    }
}

/// The guard's answers for facts, each asked once of `SendDecision`.
package struct FactVerdicts: Sendable {
    /// An answer; `allowed` still depends on what the yes is worth.
    package struct Verdict: Hashable, Sendable {
        /// Why.
        package let reason: SendDecision.Reason
        /// Where the opt-out behind a refusal stands.
        package let optOutStatus: Permission.OptOutStatus?

        /// Takes both.
        package init(reason: SendDecision.Reason, optOutStatus: Permission.OptOutStatus?) {
            self.reason = reason
            self.optOutStatus = optOutStatus
        }
    }

    /// Makes one that has been asked nothing.
    package init() {}

    private var numbers = ContiguousArray<UInt8>(repeating: 0, count: 2 * FactBits.valueCount)
    /// The answers that were given so far; the first stands for none.
    private var answers = [Verdict(reason: .unknownContact, optOutStatus: nil)]

    /// The guard's answer.
    package mutating func verdict(_ facts: FactBits, _ kind: Scope.Kind) -> Verdict {
        let place = Int(facts.bits) + (kind == .campaign ? 0 : FactBits.valueCount)
        if numbers[place] != 0 { return answers[Int(numbers[place])] }
        let decision = SendDecision(facts.facts(kind), at: Timestamp(microseconds: 0))
        let verdict = Verdict(reason: decision.reason, optOutStatus: decision.optOutStatus)
        let number = answers.dropFirst().firstIndex(of: verdict) ?? answers.count
        if number == answers.count { answers.append(verdict) }
        numbers[place] = UInt8(number)
        return verdict
    }
}
