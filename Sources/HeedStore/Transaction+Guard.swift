// The guard's lookup: everything one decision needs, in one index search.

package import HeedConsent

/// The statement of the guard.
///
/// Every table is reached by primary key (SPEC indexed-query); a test reads its plan.
package let guardStatement: SQL =
    "SELECT s.channel, s.kind, "
    + "(SELECT max(r.effective_at) FROM policy_reconsents r "
    + "WHERE r.scope = s.name AND r.effective_at <= $4), "
    + "a.contact_id, p.state, p.opt_out_status, p.opt_out_id, p.record_id, p.decided_at, "
    + "p.expires_at, p.policy_effective_at, "
    + "x.reason, x.scope, x.since, x.source, x.opt_out_id, "
    // Not a join: a planner that takes a new table for empty would read all of its index.
    + "(SELECT o.status FROM opt_outs o WHERE o.id = x.opt_out_id) "
    + "FROM scopes s "
    + "LEFT JOIN addresses a ON a.channel = s.channel AND a.match_key = $1 "
    + "LEFT JOIN permissions p ON p.contact_id = a.contact_id AND p.scope = s.name "
    + "LEFT JOIN suppressions x ON x.match_key IN ($1, $2) AND x.scope IN ('', s.name) "
    + "AND ((x.widened = 0 AND x.match_key = $1) OR (x.widened = 1 AND x.match_key = $2)) "
    + "WHERE s.name = $3"

extension Transaction {
    /// What is known about an address in a scope; nil when there is no such scope.
    package func guardFacts(
        for keys: LookupKeys,
        in scope: ScopeName
    ) throws(StoreError) -> GuardFacts? {
        try facts(connection.run(guardStatement, arguments(keys, scope)), in: scope)
    }

    /// The same for many addresses, in their order; on a server they share round trips.
    package func guardFacts(
        for many: [LookupKeys],
        in scope: ScopeName
    ) throws(StoreError) -> [GuardFacts?] {
        let answers = try connection.runEach(guardStatement, many.map { arguments($0, scope) })
        var facts: [GuardFacts?] = []
        facts.reserveCapacity(answers.count)
        for rows in answers { facts.append(try self.facts(rows, in: scope)) }
        return facts
    }

    private func arguments(_ keys: LookupKeys, _ scope: ScopeName) -> [SQLValue] {
        [.blob(keys.match), .blob(keys.widened), .text(scope.text), .time(now)]
    }

    private func facts(_ rows: [Row], in scope: ScopeName) throws(StoreError) -> GuardFacts? {
        guard let first = rows.first else { return nil }
        let found = Scope(name: scope, channel: try first.word(0), kind: try first.word(1))
        var facts = GuardFacts(scope: found)
        facts.reconsentSince = try first.optionalTime(2)
        facts.contact = try first.optionalID(3)
        if !first.isNull(4) { facts.permission = try Transaction.permission(first, from: 4) }
        // One row per block; the columns before repeat.
        for row in rows where !row.isNull(11) {
            facts.suppressions.append(try Transaction.suppression(row, from: 11))
            if try row.optionalText(16).map({ $0 != OptOut.Status.completed.rawValue }) ?? false {
                facts.suppressionStatus = .pending
            }
        }
        return facts
    }
}
