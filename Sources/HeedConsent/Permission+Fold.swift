// Folds a person's records into their permission again, to see that rows are what they say.

/// What a consent record says, as far as it bears on a permission.
public struct DecidedRecord: Hashable, Sendable {
    /// The record.
    public let id: ConsentID
    /// What was decided.
    public let decision: ConsentRecord.Decision
    /// How it arrived.
    public let source: Source
    /// When the person decided.
    public let givenAt: Timestamp
    /// When a yes runs out.
    public let expiresAt: Timestamp?
    /// When the policy version that was shown took effect.
    public let policyEffectiveAt: Timestamp?
    /// The opt-out it belongs to.
    public let optOut: OptOutID?

    /// Takes what was stored.
    public init(
        id: ConsentID,
        decision: ConsentRecord.Decision,
        source: Source,
        givenAt: Timestamp,
        expiresAt: Timestamp?,
        policyEffectiveAt: Timestamp?,
        optOut: OptOutID?
    ) {
        self.id = id
        self.decision = decision
        self.source = source
        self.givenAt = givenAt
        self.expiresAt = expiresAt
        self.policyEffectiveAt = policyEffectiveAt
        self.optOut = optOut
    }
}

extension Permission {
    /// The permission after one more record, in the order in which they were written.
    ///
    /// - Throws: `Refusal` for a yes that no rule lets stand here; the write path never records
    ///   one. Whether a complaint stood is not asked: it is a block, not a record.
    public func folding(_ record: DecidedRecord) throws(Refusal) -> Permission {
        var next: Permission
        switch record.decision {
        case .granted:
            next = try applying(.grant(record.source, at: record.givenAt, complaint: false))
        case .denied: next = try applying(.deny(at: record.givenAt))
        case .withdrawn:
            guard let optOut = record.optOut else {
                next = try applying(.withdraw(at: record.givenAt))
                break
            }
            // A stop is always the newest word, and shows no policy.
            next = try applying(.optOut(optOut, at: record.givenAt))
            next.record = record.id
            return next
        }
        // An older decision than the newest is history; the permission stays with the newest.
        if next != self || self.record == nil || record.givenAt == decidedAt {
            next.record = record.id
            next.policyEffectiveAt = record.policyEffectiveAt
            next.expiresAt = record.expiresAt
        }
        return next
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
