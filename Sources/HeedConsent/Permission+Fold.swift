// Folds a person's records into their permission again, to see that rows are what they say.

/// What a consent record says, as far as it bears on a permission.
public struct DecidedRecord: Hashable, Sendable {
    /// The record.
    public let id: ConsentID
    /// What was decided.
    public let decision: ConsentRecord.Decision
    /// On which basis.
    public let basis: ConsentRecord.Basis
    /// How it arrived.
    public let source: Source
    /// When the person decided.
    public let givenAt: Timestamp
    /// When a yes runs out, or the link of a request to confirm.
    public let expiresAt: Timestamp?
    /// When the policy version that was shown took effect.
    public let policyEffectiveAt: Timestamp?
    /// The opt-out it belongs to.
    public let optOut: OptOutID?

    /// Takes what was stored.
    public init(
        id: ConsentID,
        decision: ConsentRecord.Decision,
        basis: ConsentRecord.Basis = .consent,
        source: Source,
        givenAt: Timestamp,
        expiresAt: Timestamp?,
        policyEffectiveAt: Timestamp?,
        optOut: OptOutID?
    ) {
        self.id = id
        self.decision = decision
        self.basis = basis
        self.source = source
        self.givenAt = givenAt
        self.expiresAt = expiresAt
        self.policyEffectiveAt = policyEffectiveAt
        self.optOut = optOut
    }
}

extension DecidedRecord {
    /// Takes a record that is about to be written.
    public init(_ record: ConsentRecord, policyEffectiveAt: Timestamp?) {
        self.init(
            id: record.id,
            decision: record.decision,
            basis: record.basis,
            source: record.source,
            givenAt: record.givenAt,
            expiresAt: record.expiresAt,
            policyEffectiveAt: policyEffectiveAt,
            optOut: record.optOut
        )
    }
}

extension Permission {
    /// The permission after one more record, in the order in which they were written.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - complaint: Whether the person complained before. Where records are read back it is not
    ///     asked: a complaint is a block, not a record.
    /// - Returns: The permission.
    /// - Throws: `Refusal` for a yes that no rule lets stand here; the write path never records
    ///   one.
    public func folding(
        _ record: DecidedRecord,
        complaint: Bool = false
    ) throws(Refusal) -> Permission {
        var next = try applying(signal(of: record, complaint: complaint))
        switch record.decision {
        case .requested:
            guard next.state == .unconfirmed else { return self }
        case .withdrawn where record.optOut != nil:
            // A stop is always the newest word, and shows no policy.
            next.record = record.id
            return next
        case .granted where record.basis != .consent:
            if outlasts(record.expiresAt, at: record.givenAt) { return self }
            fallthrough
        default:
            // An older decision than the newest is history; the permission stays with the newest.
            guard next != self || self.record == nil || record.givenAt == decidedAt else {
                return self
            }
        }
        next.record = record.id
        next.policyEffectiveAt = record.policyEffectiveAt
        next.expiresAt = record.expiresAt
        return next
    }

    private func signal(of record: DecidedRecord, complaint: Bool) -> Signal {
        switch record.decision {
        case .requested: .requestConfirmation(at: record.givenAt)
        case .granted:
            .grant(
                record.source,
                at: record.givenAt,
                complaint: complaint,
                basis: record.basis,
                expiresAt: record.expiresAt
            )
        case .denied: .deny(at: record.givenAt)
        case .withdrawn:
            record.optOut.map { .optOut($0, at: record.givenAt) } ?? .withdraw(at: record.givenAt)
        }
    }

    /// The permission with its opt-out as far along as `status` says.
    public func completing(_ status: OptOut.Status?) -> Permission {
        guard let optOut, status == .completed else { return self }
        return (try? applying(.optOutCompleted(optOut))) ?? self
    }

    /// The columns in which two permissions differ.
    public func columns(differingFrom other: Permission) -> [String] {
        var columns: [String] = []
        if state != other.state { columns.append("state") }
        if optOutStatus != other.optOutStatus { columns.append("opt_out_status") }
        if optOut != other.optOut { columns.append("opt_out_id") }
        if record != other.record { columns.append("record_id") }
        if decidedAt != other.decidedAt { columns.append("decided_at") }
        if expiresAt != other.expiresAt { columns.append("expires_at") }
        if policyEffectiveAt != other.policyEffectiveAt { columns.append("policy_effective_at") }
        return columns
    }
}
