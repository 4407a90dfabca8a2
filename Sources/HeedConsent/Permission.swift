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
        case grant(
            Source,
            at: Timestamp,
            complaint: Bool,
            basis: ConsentRecord.Basis = .consent,
            expiresAt: Timestamp? = nil
        )
        /// A double opt-in was sent; the person has not confirmed it.
        case requestConfirmation(at: Timestamp)
        /// Time passed.
        case expire(at: Timestamp)
        /// A no when asked.
        case deny(at: Timestamp)
        /// A withdrawal or an objection that is not an opt-out request.
        case withdraw(at: Timestamp)
        /// An opt-out.
        case optOut(OptOutID, at: Timestamp)
        /// Every system was told about this opt-out.
        case optOutCompleted(OptOutID)
    }

    /// The permission after `signal`.
    ///
    /// A no needs nothing. A yes after a no needs the person's own act, newer than the no,
    /// and has to be their consent: whoever objected to a legitimate interest, or unsubscribed
    /// from an implied consent, is not brought back by another one. After a complaint only a
    /// confirmed double opt-in is enough. A yes older than the newest decision changes nothing: the
    /// newest record of either sign counts. A request to confirm is no decision.
    public func applying(_ signal: Signal) throws(Refusal) -> Permission {
        var next = self
        switch signal {
        case .grant(let source, let time, let complaint, let basis, let expiresAt):
            if complaint { try Permission.checkReturn(source, basis) }
            if saysNo { try checkReturn(source, basis, at: time) }
            if let decidedAt, time < decidedAt { return self }
            if basis != .consent, outlasts(expiresAt, at: time) { return self }
            next.state = .granted
            next.optOutStatus = .none
            next.optOut = nil
            next.decidedAt = time
            next.expiresAt = expiresAt
        case .requestConfirmation(let time):
            // What was said, of either sign, stands until the person says otherwise.
            guard !saysNo, state != .granted || hasRunOut(at: time) else { return self }
            next.state = .unconfirmed
            next.expiresAt = nil
        case .expire(let time):
            if state == .granted, hasRunOut(at: time) { next.state = .expired }
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
            // It is that of a yes, and would stay here when the yes is purged.
            next.policyEffectiveAt = nil
        case .optOutCompleted(let id):
            // A later re-grant has cleared the opt-out; its completion must not bring it back.
            guard optOut == id, optOutStatus == .pending else { return self }
            next.optOutStatus = .completed
        }
        return next
    }

    /// What a yes needs after a complaint.
    private static func checkReturn(
        _ source: Source,
        _ basis: ConsentRecord.Basis
    ) throws(Refusal) {
        guard source == .doubleOptIn else {
            throw Refusal(
                .optedOut,
                field: "source",
                "the person complained; only a confirmed double opt-in can lift that"
            )
        }
        try GrantRule.requireConsent(basis)
    }

    /// What a yes needs after a no.
    private func checkReturn(
        _ source: Source,
        _ basis: ConsentRecord.Basis,
        at time: Timestamp
    ) throws(Refusal) {
        guard source.isOwnAct else {
            throw Refusal(
                .optedOut,
                field: "source",
                "the person opted out; only their own act (form, preference-centre or "
                    + "double-opt-in) can lift that"
            )
        }
        try GrantRule.requireConsent(basis)
        guard let decidedAt, time > decidedAt else {
            throw Refusal(
                .optedOut,
                field: "givenAt",
                "the person opted out later than this consent was given"
            )
        }
    }

    /// True when the yes that stands lasts as long as one that ends then, or longer.
    ///
    /// A purchase must not put an end to a consent that has none, nor an inquiry shorten the time
    /// that a purchase gave.
    func outlasts(_ end: Timestamp?, at time: Timestamp) -> Bool {
        guard state == .granted, !hasRunOut(at: time) else { return false }
        guard let expiresAt else { return true }
        return end.map { $0 <= expiresAt } ?? false
    }

    private func hasRunOut(at time: Timestamp) -> Bool { expiresAt.map { $0 <= time } ?? false }

    /// True when the person's last word was no.
    public var saysNo: Bool {
        optOutStatus != .none || state == .withdrawn || state == .denied
    }
}
