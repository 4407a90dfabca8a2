// The guard's lookup: everything one decision needs in one index search, and the same for many
// addresses in one search a table.

package import HeedConsent

/// The scope's columns; `$1` is its name, `$2` the present.
private let scopeColumns: SQL =
    "s.channel, s.kind, "
    + "(SELECT max(r.effective_at) FROM policy_reconsents r "
    + "WHERE r.scope = s.name AND r.effective_at <= $2)"

/// A person's columns, read by `Transaction.permission`.
private let personColumns: SQL =
    "a.contact_id, p.state, p.opt_out_status, p.opt_out_id, p.record_id, p.decided_at, "
    + "p.expires_at, p.policy_effective_at"

/// A block's columns, read by `Transaction.suppression`.
private let blockColumns: SQL =
    "x.reason, x.scope, x.since, x.source, x.opt_out_id, "
    // Not a join: a planner that takes a new table for empty would read all of its index.
    + "(SELECT o.status FROM opt_outs o WHERE o.id = x.opt_out_id)"

/// The statement of the guard.
///
/// Every table is reached by primary key; a test reads its plan, and so does `heed audit`.
package func guardStatement(_ dialect: Dialect) -> SQL {
    switch dialect.engine {
    case .sqlite: sqliteGuard
    case .postgres: postgresGuard
    }
}

// Joined and hashed once, because every check runs it.
private let sqliteGuard = guardStatement(joining: Dialect.sqlite.joinPermissions)
private let postgresGuard = guardStatement(joining: Dialect.postgres.joinPermissions)

private func guardStatement(joining permissions: SQL) -> SQL {
    "SELECT " + scopeColumns + ", " + personColumns + ", " + blockColumns + " FROM scopes s "
        + "LEFT JOIN addresses a ON a.channel = s.channel AND a.match_key = $3 "
        + permissions + "AND p.scope = s.name "
        + "LEFT JOIN suppressions x ON x.match_key IN ($3, $4) AND x.scope IN ('', s.name) "
        + "AND ((x.widened = 0 AND x.match_key = $3) OR (x.widened = 1 AND x.match_key = $4)) "
        + "WHERE s.name = $1"
}

private let scopeStatement: SQL = "SELECT " + scopeColumns + " FROM scopes s WHERE s.name = $1"

/// The statements of the guard for many addresses, each a search by primary key; `$1` is the set
/// of keys, `$2` the scope's name.
package func guardSetStatements(_ dialect: Dialect) -> (people: SQL, blocks: SQL) {
    (
        people: "SELECT a.match_key, " + personColumns + " FROM addresses a "
            + dialect.joinPermissions + "AND p.scope = $2 "
            + "WHERE a.channel = (SELECT s.channel FROM scopes s WHERE s.name = $2) "
            + "AND a.match_key " + dialect.isAmongKeys,
        blocks: "SELECT x.match_key, x.widened, " + blockColumns + " FROM suppressions x "
            + "WHERE x.match_key " + dialect.isAmongKeys + " AND x.scope IN ('', $2)"
    )
}

extension Transaction {
    /// What is known about an address in a scope; nil when there is no such scope.
    package func guardFacts(
        for keys: LookupKeys,
        in scope: ScopeName
    ) throws(StoreError) -> GuardFacts? {
        let rows = try rows(
            guardStatement(connection.dialect),
            .text(scope.text),
            .time(now),
            .blob(keys.match),
            .blob(keys.widened)
        )
        guard let first = rows.first else { return nil }
        var facts = try scopeFacts(first, scope)
        try addPerson(first, from: 3, to: &facts)
        // One row per block; the columns before repeat.
        for row in rows where !row.isNull(11) { try addBlock(row, from: 11, to: &facts) }
        facts.suppressions.sort(by: Transaction.isEarlier)
        return facts
    }

    /// The same for many addresses, in their order; nil when there is no such scope.
    ///
    /// For reads: its statements share a snapshot there. They also share one round trip.
    package func guardFacts(
        for many: [LookupKeys],
        in scope: ScopeName
    ) throws(StoreError) -> [GuardFacts]? {
        let statements = guardSetStatements(connection.dialect)
        let matches = SQLValue.keys(many.map(\.match))
        let all = SQLValue.keys(
            many.flatMap { keys in
                keys.widened.map { $0 == keys.match ? [$0] : [keys.match, $0] } ?? [keys.match]
            }
        )
        let answers = try connection.runAll([
            Statement(scopeStatement, [.text(scope.text), .time(now)]),
            Statement(statements.people, [matches, .text(scope.text)]),
            Statement(statements.blocks, [all, .text(scope.text)]),
        ])
        guard let found = answers[0].first else { return nil }
        let unknown = try scopeFacts(found, scope)
        var people: [[UInt8]: Row] = [:]
        people.reserveCapacity(answers[1].count)
        for row in answers[1] { people[try row.blob(0)] = row }
        var blocks: [BlockKey: [Row]] = [:]
        for row in answers[2] {
            let key = BlockKey(key: try row.blob(0), isWidened: try row.flag(1))
            blocks[key, default: []].append(row)
        }
        var facts: [GuardFacts] = []
        facts.reserveCapacity(many.count)
        for keys in many {
            var one = unknown
            if let person = people[keys.match] { try addPerson(person, from: 1, to: &one) }
            if !blocks.isEmpty {
                let exact = blocks[BlockKey(key: keys.match, isWidened: false)] ?? []
                let aliases = keys.widened.flatMap { blocks[BlockKey(key: $0, isWidened: true)] }
                for row in exact + (aliases ?? []) { try addBlock(row, from: 2, to: &one) }
                one.suppressions.sort(by: Transaction.isEarlier)
            }
            facts.append(one)
        }
        return facts
    }

    /// A block's place, under which form of an address.
    private struct BlockKey: Hashable {
        let key: [UInt8]
        let isWidened: Bool
    }

    private func scopeFacts(_ row: Row, _ scope: ScopeName) throws(StoreError) -> GuardFacts {
        var facts = GuardFacts(
            scope: Scope(name: scope, channel: try row.word(0), kind: try row.word(1))
        )
        facts.reconsentSince = try row.optionalTime(2)
        return facts
    }

    private func addPerson(
        _ row: Row,
        from first: Int,
        to facts: inout GuardFacts
    ) throws(StoreError) {
        facts.contact = try row.optionalID(first)
        if !row.isNull(first + 1) {
            facts.permission = try Transaction.permission(row, from: first + 1)
        }
    }

    private func addBlock(
        _ row: Row,
        from first: Int,
        to facts: inout GuardFacts
    ) throws(StoreError) {
        facts.suppressions.append(try Transaction.suppression(row, from: first))
        let status = try row.optionalText(first + 5)
        if Transaction.isPending(status) { facts.suppressionStatus = .pending }
    }

    /// An order that does not depend on the engine or on how the rows were found: of two blocks
    /// for one reason the older is named.
    private static func isEarlier(_ left: Suppression, _ right: Suppression) -> Bool {
        guard left.since == right.since else { return left.since < right.since }
        guard left.optOut == right.optOut else {
            return left.optOut?.text ?? "" < right.optOut?.text ?? ""
        }
        let (one, other) = (left.reason.rawValue, right.reason.rawValue)
        return one == other ? left.scope?.text ?? "" < right.scope?.text ?? "" : one < other
    }
}
