// The guard's rule: may this address be written to for this scope, and if not, which "no" comes
// first.

/// What the guard looked up before deciding, from one read of the database.
public struct GuardFacts: Hashable, Sendable {
    /// The scope asked about.
    public var scope: Scope
    /// The person behind the address, when known.
    public var contact: ContactID?
    /// Their permission in the scope, when there is one.
    public var permission: Permission?
    /// Blocks on the address that apply to the scope or to everything.
    public var suppressions: [Suppression] = []
    /// Whether the opt-outs behind suppressions have reached every system.
    public var suppressionStatus: Permission.OptOutStatus = .completed
    /// The newest policy change that made older consent to this scope insufficient.
    public var reconsentSince: Timestamp?

    /// Starts with an address nobody knows.
    public init(scope: Scope) { self.scope = scope }
}

/// The guard's answer for one address and one scope.
public struct SendDecision: Hashable, Sendable {
    /// Why, in one word; `allowed` is the only one that lets a message go.
    public enum Reason: String, CaseIterable, Sendable {
        /// Consent stands and nothing speaks against it.
        case allowed
        /// Nobody by that address; no record is no consent.
        case unknownContact
        /// Blocked by law.
        case legalBlock
        /// Erased at their request.
        case erased
        /// Reported a message as spam.
        case complaint
        /// The address does not exist.
        case hardBounce
        /// Blocked by an operator.
        case manualBlock
        /// Processing is restricted (GDPR Art. 18).
        case restricted
        /// Opted out of all campaigns.
        case globalOptOut
        /// Opted out of this scope.
        case optOut
        /// Never agreed to this scope.
        case noConsent
        /// Asked, not confirmed.
        case unconfirmed
        /// Said no when asked.
        case denied
        /// Withdrew consent.
        case withdrawn
        /// Consent ran out.
        case expired
        /// Agreed to a version of the text that is no longer enough.
        case policyOutdated
    }

    /// How long an answer may be used, in seconds: a list cached for longer mails who has stopped.
    public static let validSeconds: Int64 = 300

    /// Why.
    public let reason: Reason
    /// Where the opt-out behind a refusal stands.
    public let optOutStatus: Permission.OptOutStatus?
    /// The opt-out behind a refusal.
    public let optOut: OptOutID?
    /// The consent record behind the answer.
    public let record: ConsentID?
    /// The person, when known.
    public let contact: ContactID?
    /// Until when the answer may be used.
    public let validUntil: Timestamp

    /// True when a message may go.
    public var allowed: Bool { reason == .allowed }

    /// Decides, in the order of the guard: blocks, global opt-out, scope opt-out, consent.
    ///
    /// A block is reported before `unknownContact`, because an erased person is unknown by design
    /// and the block is the truer reason; both refuse. Complaints, bounces and legal blocks stop
    /// transactional scopes too, a global opt-out does not.
    public init(_ facts: GuardFacts, at now: Timestamp) {
        let (reason, block) = SendDecision.decide(facts, at: now)
        let optedOut = reason == .optOut || reason == .globalOptOut
        let permission = facts.permission
        self.reason = reason
        if optedOut, let block {
            optOut = block.optOut
            optOutStatus = facts.suppressionStatus
        } else {
            optOut = optedOut ? permission?.optOut : nil
            optOutStatus = optedOut ? permission?.optOutStatus : nil
        }
        record = permission?.record
        contact = facts.contact
        validUntil = SendDecision.validUntil(
            reason == .allowed ? permission?.expiresAt : nil,
            at: now
        )
    }

    /// Until when an answer may be used: it must not outlive the consent it rests on.
    package static func validUntil(_ expiresAt: Timestamp?, at now: Timestamp) -> Timestamp {
        let latest = now.adding(seconds: SendDecision.validSeconds)
        return min(latest, expiresAt ?? latest)
    }

    /// Everything that stands in the way of a message, in the order of the guard; empty where
    /// nothing does.
    ///
    /// The guard names the first alone. What would change its answer follows from all of them.
    public static func obstacles(_ facts: GuardFacts, at now: Timestamp) -> [Reason] {
        var facts = facts
        var found: [Reason] = []
        while true {
            let (reason, block) = decide(facts, at: now)
            guard reason != .allowed else { return found }
            if found.last != reason { found.append(reason) }
            if let block {
                facts.suppressions.removeAll { $0.reason == block.reason }
            } else if reason == .optOut {
                facts.permission?.optOutStatus = .none
            } else {
                return found
            }
        }
    }

    private static func decide(
        _ facts: GuardFacts,
        at now: Timestamp
    ) -> (reason: Reason, block: Suppression?) {
        let blocks: [(SuppressionReason, Reason)] = [
            (.legal, .legalBlock), (.erasure, .erased), (.restriction, .restricted),
            (.complaint, .complaint), (.hardBounce, .hardBounce), (.manual, .manualBlock),
        ]
        for (suppression, reason) in blocks {
            if let block = facts.suppressions.first(where: { $0.reason == suppression }) {
                return (reason, block)
            }
        }
        if facts.scope.kind == .campaign,
            let block = facts.suppressions.first(where: { $0.reason == .optOutGlobal })
        {
            return (.globalOptOut, block)
        }
        if let permission = facts.permission, permission.optOutStatus != .none {
            return (.optOut, nil)
        }
        if let block = facts.suppressions.first(where: { $0.reason == .optOut }) {
            return (.optOut, block)
        }
        guard facts.contact != nil else { return (.unknownContact, nil) }
        return (consent(facts, at: now), nil)
    }

    private static func consent(_ facts: GuardFacts, at now: Timestamp) -> Reason {
        guard let permission = facts.permission else { return .noConsent }
        switch permission.state {
        case .none: return .noConsent
        case .unconfirmed: return .unconfirmed
        case .denied: return .denied
        case .withdrawn: return .withdrawn
        case .expired: return .expired
        case .granted: break
        }
        return SendDecision.reason(
            grantedUntil: permission.expiresAt,
            agreedTo: permission.policyEffectiveAt,
            reconsentSince: facts.reconsentSince,
            at: now
        )
    }

    /// What becomes of a yes that nothing speaks against as time goes by; the last step of the
    /// guard, and the only one that depends on the present.
    package static func reason(
        grantedUntil expiresAt: Timestamp?,
        agreedTo: Timestamp?,
        reconsentSince: Timestamp?,
        at now: Timestamp
    ) -> Reason {
        if let expiresAt, expiresAt <= now { return .expired }
        if let reconsentSince {
            guard let agreedTo, agreedTo >= reconsentSince else { return .policyOutdated }
        }
        return .allowed
    }
}
