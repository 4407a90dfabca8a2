// The state of one person in one scope, and the table of what each signal does to it.

/// What a person has decided about a scope, folded from their records.
///
/// It can always be rebuilt from consent records; it exists so that the guard makes one lookup.
public struct Permission: Hashable, Sendable {
    /// Where consent stands.
    public enum State: String, CaseIterable, Sendable {
        /// Nothing was ever decided.
        case none
        /// A double opt-in was sent and not confirmed.
        case unconfirmed
        /// Yes.
        case granted
        /// No, when asked.
        case denied
        /// No more.
        case withdrawn
        /// A yes whose time ran out.
        case expired
    }

    /// Whether an opt-out stands, beside the consent state.
    public enum OptOutStatus: String, CaseIterable, Sendable {
        /// None stands.
        case none
        /// Acknowledged; other systems are still being told.
        case pending
        /// Acknowledged, and every system was told.
        case completed
    }

    /// Where consent stands.
    public var state: State = .none
    /// Whether an opt-out stands.
    public var optOutStatus: OptOutStatus = .none
    /// The opt-out that stands.
    public var optOut: OptOutID?
    /// The newest record behind the state.
    public var record: ConsentID?
    /// When the state's decision was made by the person.
    public var decidedAt: Timestamp?
    /// When a grant runs out.
    public var expiresAt: Timestamp?
    /// When the policy version that was agreed to took effect.
    public var policyEffectiveAt: Timestamp?

    /// Starts with nothing decided.
    public init() {}
}

extension Permission {
    /// What can happen to a permission.
    public enum Signal: Hashable, Sendable {
        /// A yes; `complaint` is true when the person complained before.
        case grant(Source, at: Timestamp, complaint: Bool)
        /// A no when asked.
        case deny(at: Timestamp)
        /// A withdrawal that is not an opt-out request.
        case withdraw(at: Timestamp)
        /// An opt-out.
        case optOut(OptOutID, at: Timestamp)
        /// Every system was told about this opt-out.
        case optOutCompleted(OptOutID)
    }

    /// The permission after `signal`.
    ///
    /// A no needs nothing. A yes after a no needs the person's own act, newer than the no (SPEC
    /// B4); after a complaint only a confirmed double opt-in is enough. A yes older than the newest
    /// decision changes nothing: the newest record of either sign counts.
    public func applying(_ signal: Signal) throws(Refusal) -> Permission {
        var next = self
        switch signal {
        case .grant(let source, let time, let complaint):
            try checkGrant(source, at: time, complaint: complaint)
            if let decidedAt, time < decidedAt { return self }
            next.state = .granted
            next.optOutStatus = .none
            next.optOut = nil
            next.decidedAt = time
        case .deny(let time), .withdraw(let time):
            if let decidedAt, time < decidedAt { return self }
            if case .deny = signal { next.state = .denied } else { next.state = .withdrawn }
            next.decidedAt = time
            next.expiresAt = nil
        case .optOut(let id, let time):
            next.state = .withdrawn
            next.optOutStatus = .pending
            next.optOut = id
            next.decidedAt = max(time, decidedAt ?? time)
            next.expiresAt = nil
        case .optOutCompleted(let id):
            // A later re-grant has cleared the opt-out; its completion must not bring it back.
            guard optOut == id, optOutStatus == .pending else { return self }
            next.optOutStatus = .completed
        }
        return next
    }

    private func checkGrant(_ source: Source, at time: Timestamp, complaint: Bool) throws(Refusal) {
        if complaint, source != .doubleOptIn {
            throw Refusal(
                .optedOut,
                field: "source",
                "the person complained; only a confirmed double opt-in can lift that"
            )
        }
        guard saysNo else { return }
        guard source.isOwnAct else {
            throw Refusal(
                .optedOut,
                field: "source",
                "the person opted out; only their own act (form, preference-centre or "
                    + "double-opt-in) can lift that"
            )
        }
        guard let decidedAt, time > decidedAt else {
            throw Refusal(
                .optedOut,
                field: "givenAt",
                "the person opted out later than this consent was given"
            )
        }
    }

    /// True when the person's last word was no.
    public var saysNo: Bool {
        optOutStatus != .none || state == .withdrawn || state == .denied
    }
}
