// What a row with a yes is to a yes that stands: new, known, or not enough.

import HeedConsent
import HeedEngine
import HeedLists

/// Compares the yes of a row with where the person stands.
struct YesRule {
    /// What the row is to what stands.
    enum Standing: Hashable {
        /// It says something newer, or nothing stands.
        case new
        /// The same or a newer yes stands, with its record; or the row says no time and any does.
        case known(ConsentID?)
        /// What stands is not enough any more, and neither is the row; it says why.
        case tooOld(String)
    }

    let scope: Scope
    let policy: Policy
    /// Since when older consent to the scope is not enough.
    private let reconsentSince: Timestamp?

    init(_ scope: Scope, _ policy: Policy, since reconsentSince: Timestamp?) {
        self.scope = scope
        self.policy = policy
        self.reconsentSince = reconsentSince
    }

    /// What the row is to a permission.
    ///
    /// A yes without a time may be the very one that ran out, or that the new text is not covered
    /// by: only one that is known to be newer counts.
    func standing(of row: ImportRow, _ permission: Permission, at now: Timestamp) -> Standing {
        // Nobody can have agreed yet to what holds from another day on.
        guard policy.effectiveAt <= now else { return .tooOld("this policy does not hold yet") }
        let givenAt = row.decidedAt.map { min($0, now) }
        guard permission.state == .granted || permission.state == .expired,
            let decidedAt = permission.decidedAt
        else {
            // Nobody agreed to a text before there was one; to an older text they may have.
            guard let since = reconsentSince, policy.effectiveAt >= since else { return .new }
            guard let givenAt, givenAt >= since else {
                return .tooOld(
                    "this policy asks everybody again; only a yes with a time of since then counts"
                )
            }
            return .new
        }
        if permission.state == .expired || permission.expiresAt.map({ $0 <= now }) ?? false {
            let end = max(permission.expiresAt ?? decidedAt, decidedAt)
            guard let givenAt, givenAt > end else {
                return .tooOld("their consent ran out; only one with a later time counts")
            }
            return .new
        }
        // A yes to an older text takes nothing away from one to a newer.
        if let held = permission.policyEffectiveAt, policy.effectiveAt < held {
            return .tooOld("they agreed to a newer version of the policy already")
        }
        if let since = reconsentSince, permission.policyEffectiveAt.map({ $0 < since }) ?? true {
            guard policy.effectiveAt >= since, let givenAt, givenAt >= max(since, decidedAt) else {
                return .tooOld(
                    "they agreed to a policy that is not enough any more; only a yes to the newer "
                        + "one, with a time of since then, counts"
                )
            }
            return .new
        }
        return givenAt.map { $0 <= decidedAt } ?? true ? .known(permission.record) : .new
    }
}

/// A row that says what Heed knows from a record.
struct RepeatedYes {
    let row: ImportRow
    let person: ResolvedSubject
    let record: ConsentID

    init(_ row: ImportRow, of person: ResolvedSubject, record: ConsentID) {
        self.row = row
        self.person = person
        self.record = record
    }
}
