// The order of the guard, exhaustively, and how long an answer may be used.

import Testing

@testable import HeedConsent

/// Something that speaks against a message, and how to put it into the facts.
struct Obstacle: Sendable, CustomTestStringConvertible {
    let reason: SendDecision.Reason
    /// Obstacles of one slot cannot stand at the same time.
    let slot: String
    let put: @Sendable (inout GuardFacts) -> Void

    var testDescription: String { "\(reason) (\(slot))" }

    init(
        _ reason: SendDecision.Reason,
        slot: String,
        put: @escaping @Sendable (inout GuardFacts) -> Void
    ) {
        self.reason = reason
        self.slot = slot
        self.put = put
    }

    private static func block(
        _ reason: SendDecision.Reason,
        _ suppression: SuppressionReason
    ) -> Obstacle {
        Obstacle(reason, slot: suppression.rawValue) {
            $0.suppressions.append(.blocking(suppression))
        }
    }

    private static func state(
        _ reason: SendDecision.Reason,
        _ state: Permission.State
    ) -> Obstacle {
        Obstacle(reason, slot: "state") { $0.permission?.state = state }
    }

    /// In the guard's order, for a campaign scope; each wins over every one below it.
    static let all = [
        block(.legalBlock, .legal),
        block(.erased, .erasure),
        block(.complaint, .complaint),
        block(.hardBounce, .hardBounce),
        block(.manualBlock, .manual),
        block(.globalOptOut, .optOutGlobal),
        Obstacle(.optOut, slot: "status") { $0.permission?.optOutStatus = .pending },
        Obstacle(.optOut, slot: "status") { $0.permission?.optOutStatus = .completed },
        block(.optOut, .optOut),
        Obstacle(.unknownContact, slot: "contact") { $0.contact = nil },
        state(.noConsent, .none),
        state(.unconfirmed, .unconfirmed),
        state(.denied, .denied),
        state(.withdrawn, .withdrawn),
        state(.expired, .expired),
        Obstacle(.expired, slot: "expiry") { $0.permission?.expiresAt = Fixture.now },
        Obstacle(.policyOutdated, slot: "policy") { $0.reconsentSince = Fixture.now },
    ]

    /// True for blocks and opt-outs, which stand beside what the person's record says.
    static func isBeforeTheRecord(_ obstacle: Obstacle) -> Bool {
        !["contact", "state", "expiry", "policy"].contains(obstacle.slot)
    }
}

extension Suppression {
    fileprivate static func blocking(_ reason: SuppressionReason) -> Suppression {
        Suppression(
            reason: reason,
            scope: reason == .optOut ? Fixture.newsletter : nil,
            since: Fixture.now,
            source: .commandLine,
            optOut: [.optOut, .optOutGlobal].contains(reason) ? Fixture.otherOptOut : nil
        )
    }
}

extension GuardFacts {
    /// Facts with nothing against a message.
    fileprivate static func clear(_ scope: Scope = Fixture.campaign) -> GuardFacts {
        var permission = Permission()
        permission.state = .granted
        permission.optOut = Fixture.optOut
        permission.record = Fixture.consent
        permission.decidedAt = Fixture.now.adding(days: -2)
        permission.policyEffectiveAt = Fixture.now.adding(days: -30)
        var facts = GuardFacts(scope: scope)
        facts.contact = Fixture.contact
        facts.permission = permission
        return facts
    }
}

@Suite("SendDecision: the order of the guard")
struct SendDecisionTests {
    @Test(arguments: [Fixture.campaign, Fixture.transactional])
    func nothingAgainstIt(_ scope: Scope) {
        let decision = SendDecision(.clear(scope), at: Fixture.now)
        #expect(decision.reason == .allowed && decision.allowed)
        #expect(decision.contact == Fixture.contact && decision.record == Fixture.consent)
        #expect(decision.optOut == nil && decision.optOutStatus == nil)
    }

    @Test func anAddressNobodyKnows() {
        let decision = SendDecision(GuardFacts(scope: Fixture.campaign), at: Fixture.now)
        #expect(decision.reason == .unknownContact)
        #expect(decision.contact == nil && decision.record == nil)
    }

    @Test func aPersonWithoutAnyRecordInTheScope() {
        var facts = GuardFacts.clear()
        facts.permission = nil
        #expect(SendDecision(facts, at: Fixture.now).reason == .noConsent)
    }

    @Test(arguments: Obstacle.all.indices)
    func theEarlierOfTwoWins(_ first: Int) {
        for second in Obstacle.all.indices[first...] {
            let pair = (Obstacle.all[first], Obstacle.all[second])
            if first != second, pair.0.slot == pair.1.slot { continue }
            for order in [[pair.0, pair.1], [pair.1, pair.0]] {
                var facts = GuardFacts.clear()
                for obstacle in order { obstacle.put(&facts) }
                let reason = SendDecision(facts, at: Fixture.now).reason
                #expect(reason == pair.0.reason, "\(pair.0) before \(pair.1)")
            }
        }
    }

    /// The first is the guard's answer, and without any of them a message may go.
    @Test(arguments: Obstacle.all.indices)
    func everythingInTheWayIsNamed(_ first: Int) {
        for second in Obstacle.all.indices[first...] {
            let pair = (Obstacle.all[first], Obstacle.all[second])
            if first != second, pair.0.slot == pair.1.slot { continue }
            var facts = GuardFacts.clear()
            for obstacle in [pair.0, pair.1] { obstacle.put(&facts) }
            let found = SendDecision.obstacles(facts, at: Fixture.now)
            // Of what the record of a person says only the first is looked at.
            let isHidden = pair.0.reason == pair.1.reason || !Obstacle.isBeforeTheRecord(pair.0)
            #expect(found == (isHidden ? [pair.0.reason] : [pair.0.reason, pair.1.reason]))
        }
        #expect(SendDecision.obstacles(.clear(), at: Fixture.now) == [])
    }

    @Test func everyReasonButTwoIsAnObstacle() {
        let reasons = Set(Obstacle.all.map(\.reason))
        #expect(
            Set(SendDecision.Reason.allCases).subtracting(reasons) == [.allowed, .restricted]
        )
    }

    @Test func aGlobalOptOutLeavesTransactionalScopesAlone() {
        for obstacle in Obstacle.all {
            var facts = GuardFacts.clear(Fixture.transactional)
            facts.suppressions = [.blocking(.optOutGlobal)]
            obstacle.put(&facts)
            let decision = SendDecision(facts, at: Fixture.now)
            let expected = obstacle.reason == .globalOptOut ? .allowed : obstacle.reason
            #expect(decision.reason == expected)
        }
    }

    @Test func aScopeNobodyEverSawIsCoveredByAGlobalOptOut() throws {
        let tomorrow = Scope(
            name: try ScopeName("tomorrows-news"),
            channel: .email,
            kind: .campaign
        )
        var facts = GuardFacts(scope: tomorrow)
        facts.contact = Fixture.contact
        facts.suppressions = [.blocking(.optOutGlobal)]
        #expect(SendDecision(facts, at: Fixture.now).reason == .globalOptOut)
    }

    @Test func storedNamesAreStable() {
        let names = """
            allowed unknownContact legalBlock erased complaint hardBounce manualBlock restricted \
            globalOptOut optOut noConsent unconfirmed denied withdrawn expired policyOutdated
            """
        let reasons = SendDecision.Reason.allCases.map(\.rawValue)
        #expect(reasons.joined(separator: " ") == names)
    }
}

@Suite("SendDecision: every combination")
struct SendDecisionCombinationTests {
    /// What each block alone says to a campaign and to a transactional scope.
    static let blocks: [(SuppressionReason, campaign: String?, transactional: String?)] = [
        (.legal, "legalBlock", "legalBlock"),
        (.erasure, "erased", "erased"),
        (.complaint, "complaint", "complaint"),
        (.hardBounce, "hardBounce", "hardBounce"),
        (.manual, "manualBlock", "manualBlock"),
        (.optOutGlobal, "globalOptOut", nil),
        (.optOut, "optOut", "optOut"),
    ]

    static let states: [Permission.State: String] = [
        .none: "noConsent", .unconfirmed: "unconfirmed", .granted: "allowed",
        .denied: "denied", .withdrawn: "withdrawn", .expired: "expired",
    ]

    /// From the one that is named first to the one that is named last.
    static let order = [
        "legalBlock", "erased", "complaint", "hardBounce", "manualBlock", "globalOptOut", "optOut",
        "unknownContact", "noConsent", "unconfirmed", "denied", "withdrawn", "expired", "allowed",
    ]

    private func expected(_ facts: GuardFacts) throws -> String {
        var said: Set<String> = []
        for row in Self.blocks where facts.suppressions.contains(where: { $0.reason == row.0 }) {
            let word = facts.scope.kind == .campaign ? row.campaign : row.transactional
            if let word { said.insert(word) }
        }
        if facts.contact == nil { said.insert("unknownContact") }
        let permission = try #require(facts.permission)
        if [.pending, .completed].contains(permission.optOutStatus) { said.insert("optOut") }
        said.insert(try #require(Self.states[permission.state]))
        return try #require(Self.order.first(where: said.contains))
    }

    @Test(arguments: Permission.State.allCases, Permission.OptOutStatus.allCases)
    func ofKindBlocksStatusAndState(
        _ state: Permission.State,
        _ status: Permission.OptOutStatus
    ) throws {
        for subset in 0..<(1 << Self.blocks.count) {
            for scope in [Fixture.campaign, Fixture.transactional] {
                for contact in [Fixture.contact, nil] {
                    var facts = GuardFacts.clear(scope)
                    facts.contact = contact
                    facts.permission?.state = state
                    facts.permission?.optOutStatus = status
                    facts.suppressions = Self.blocks.indices
                        .filter { subset & (1 << $0) != 0 }
                        .map { .blocking(Self.blocks[$0].0) }
                    try expectExactly(facts)
                }
            }
        }
    }

    private func expectExactly(_ facts: GuardFacts) throws {
        let decision = SendDecision(facts, at: Fixture.now)
        var backwards = facts
        backwards.suppressions.reverse()
        let expected = try expected(facts)
        try #require(decision.reason.rawValue == expected, "\(facts)")
        try #require(SendDecision(backwards, at: Fixture.now) == decision)
        try #require(decision.allowed == (decision.reason == .allowed))
        let isOptOut = [.optOut, .globalOptOut].contains(decision.reason)
        try #require((decision.optOutStatus != nil) == isOptOut)
        try #require(decision.optOutStatus != Permission.OptOutStatus.none)
        try #require((decision.optOut != nil) == isOptOut)
        let until = facts.permission?.expiresAt ?? Fixture.now.adding(seconds: 300)
        try #require(decision.validUntil <= until)
    }
}

@Suite("SendDecision: what stands behind an answer")
struct SendDecisionEvidenceTests {
    @Test(arguments: [Permission.OptOutStatus.pending, .completed])
    func aScopeOptOutIsTheOneOfThePermission(_ status: Permission.OptOutStatus) {
        var facts = GuardFacts.clear()
        facts.permission?.optOutStatus = status
        facts.suppressions = [.blocking(.optOut)]
        facts.suppressionStatus = status == .pending ? .completed : .pending
        let decision = SendDecision(facts, at: Fixture.now)
        #expect(decision.optOut == Fixture.optOut)
        #expect(decision.optOutStatus == status)
    }

    @Test(arguments: [
        (SuppressionReason.optOut, Permission.OptOutStatus.pending), (.optOut, .completed),
        (.optOutGlobal, .pending), (.optOutGlobal, .completed),
    ])
    func aBlockNamesItsOwn(_ reason: SuppressionReason, _ status: Permission.OptOutStatus) {
        var facts = GuardFacts(scope: Fixture.campaign)
        facts.suppressions = [.blocking(reason)]
        facts.suppressionStatus = status
        let decision = SendDecision(facts, at: Fixture.now)
        #expect(decision.optOut == Fixture.otherOptOut)
        #expect(decision.optOutStatus == status)
    }

    @Test(
        arguments: [
            (nil, 300), (3_600, 300), (301, 300), (300, 300), (299, 299), (1, 1),
        ] as [(Int64?, Int64)]
    )
    func anAllowanceEndsWithItsConsent(_ expiry: Int64?, _ seconds: Int64) {
        var facts = GuardFacts.clear()
        facts.permission?.expiresAt = expiry.map { Fixture.now.adding(seconds: $0) }
        let decision = SendDecision(facts, at: Fixture.now)
        #expect(decision.allowed)
        #expect(decision.validUntil == Fixture.now.adding(seconds: seconds))
    }

    @Test(arguments: [-86_400, -1, 0] as [Int64])
    func aConsentThatRanOut(_ seconds: Int64) {
        var facts = GuardFacts.clear()
        facts.permission?.expiresAt = Fixture.now.adding(seconds: seconds)
        let decision = SendDecision(facts, at: Fixture.now)
        #expect(decision.reason == .expired)
        #expect(decision.validUntil == Fixture.now.adding(seconds: 300))
    }

    @Test func noAnswerIsUsedLongerThanFiveMinutes() {
        #expect(SendDecision.validSeconds == 300)
        for obstacle in Obstacle.all {
            var facts = GuardFacts.clear()
            obstacle.put(&facts)
            let until = SendDecision(facts, at: Fixture.now).validUntil
            #expect(until == Fixture.now.adding(seconds: 300))
        }
    }

    /// In days from now: when the policy agreed to took effect, and since when one is asked anew.
    @Test(
        arguments: [
            (-10, -20, "allowed"), (-10, -10, "allowed"), (-10, -9, "policyOutdated"),
            (nil, -20, "policyOutdated"), (-10, nil, "allowed"), (nil, nil, "allowed"),
        ] as [(Int64?, Int64?, String)]
    )
    func aPolicyThatNeedsAgreementAnew(_ agreed: Int64?, _ since: Int64?, _ reason: String) {
        var facts = GuardFacts.clear()
        facts.permission?.policyEffectiveAt = agreed.map { Fixture.now.adding(days: $0) }
        facts.reconsentSince = since.map { Fixture.now.adding(days: $0) }
        #expect(SendDecision(facts, at: Fixture.now).reason.rawValue == reason)
    }
}
