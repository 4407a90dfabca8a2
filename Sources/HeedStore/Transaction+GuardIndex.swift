// What an index of the guard in memory reads: everything in pages, some people again, and who was
// touched since a moment.

package import HeedConsent

/// A moment of the database that later changes are asked for from.
package struct GuardMark: Hashable, Sendable {
    /// The history it belongs to; another one after a standby took over.
    let history: String
    /// Grows with every change of that history.
    let counter: Int64
    /// What the engine finds the later changes by.
    let text: String
}

/// What has happened since a mark.
package struct GuardNews: Sendable {
    /// An event's person and kind.
    package struct Change: Hashable, Sendable {
        /// Whom it is about; nil for nobody in particular.
        package let contact: ContactID?
        /// What happened.
        package let kind: String
        /// Takes both.
        package init(contact: ContactID?, kind: String) {
            self.contact = contact
            self.kind = kind
        }
    }

    /// The moment of this reading.
    package let mark: GuardMark
    /// The log's position an answer of this moment is as fresh as.
    package let position: Int64
    /// One for each event, at most the limit or a little more.
    package let changes: [Change]
    /// True when the older mark is not of this history, so that the changes are not all there is.
    package let isBroken: Bool
}

/// An address with one of its permissions.
package struct GuardAddress: Sendable {
    /// The keyed hash that identifies.
    package let match: KeyWords
    /// The keyed hash that covers aliases.
    package let widened: KeyWords?
    /// Whose it is.
    package let contact: ContactID
    /// The scope of the permission; nil where there is none.
    package let scope: ScopeName?
    /// What the guard's rule reads of it.
    package let permission: Permission
}

/// A block with what the guard's rule reads of it.
package struct GuardBlock: Sendable {
    /// Where it is.
    package let key: KeyWords
    /// True under the form that covers aliases.
    package let isWidened: Bool
    /// The scope's name; empty for all.
    package let scope: String
    /// Why.
    package let reason: SuppressionReason
    /// Whether the opt-out behind it has still to reach a system.
    package let isPending: Bool
    /// Whose opt-out is behind it.
    package let owner: ContactID?
}

private let addressColumns: SQL =
    "SELECT a.match_key, a.widened_key, a.contact_id, p.scope, p.state, p.opt_out_status, "
    + "p.expires_at, p.policy_effective_at FROM "

private let blockColumns: SQL =
    "SELECT x.match_key, x.scope, x.reason, x.widened, "
    + "(SELECT o.status FROM opt_outs o WHERE o.id = x.opt_out_id), "
    + "(SELECT o.contact_id FROM opt_outs o WHERE o.id = x.opt_out_id) FROM "

/// The statements that read some people again, `$1` being their ids or keys.
package func guardReloadStatements(_ dialect: Dialect) -> (people: SQL, keys: SQL, blocks: SQL) {
    (
        addressColumns + "addresses a " + dialect.joinPermissions + "WHERE a.contact_id "
            + dialect.isAmongKeys,
        addressColumns + "addresses a " + dialect.joinPermissions + "WHERE a.match_key "
            + dialect.isAmongKeys,
        blockColumns + "suppressions x WHERE x.match_key " + dialect.isAmongKeys
    )
}

extension Transaction {
    /// What has happened since a mark, from this snapshot; without one, where to begin.
    ///
    /// Sees every commit that the mark's snapshot did not have, in whatever order they came.
    package func guardNews(since mark: GuardMark?, limit: Int) throws(StoreError) -> GuardNews {
        let rows = try rows(
            connection.dialect.guardNews,
            .text(mark?.text),
            .integer(Int64(limit))
        )
        guard let first = rows.first else { throw StoreError(.corrupt, "a moment has no row") }
        let present = GuardMark(
            history: try first.text(0),
            counter: try first.integer(1),
            text: try first.text(2)
        )
        var changes: [GuardNews.Change] = []
        for row in rows where !row.isNull(5) {
            changes.append(
                GuardNews.Change(contact: try row.optionalID(4), kind: try row.text(5))
            )
        }
        return GuardNews(
            mark: present,
            position: try first.integer(3),
            changes: changes,
            isBroken: mark.map {
                $0.history != present.history || $0.counter > present.counter
            } ?? false
        )
    }

    /// Since when older consent to each scope is not enough, those of the future too.
    package func reconsents() throws(StoreError) -> [ScopeName: [Timestamp]] {
        var times: [ScopeName: [Timestamp]] = [:]
        for row in try rows("SELECT scope, effective_at FROM policy_reconsents") {
            times[ScopeName(stored: try row.text(0)), default: []].append(try row.time(1))
        }
        return times
    }

    /// Addresses in the order of their keys, after one, at most `limit`, a row each permission.
    package func guardAddresses(
        after key: KeyWords?,
        limit: Int
    ) throws(StoreError) -> [GuardAddress] {
        try guardAddresses(
            rows(
                addressColumns + "(SELECT match_key, widened_key, contact_id FROM addresses "
                    + "WHERE match_key > $1 ORDER BY match_key LIMIT $2) a "
                    + connection.dialect.joinPermissions,
                .blob(key?.bytes ?? []),
                .integer(Int64(limit))
            )
        )
    }

    /// The addresses of these people.
    package func guardAddresses(
        of people: [ContactID]
    ) throws(StoreError) -> [GuardAddress] {
        let statement = guardReloadStatements(connection.dialect).people
        return try guardAddresses(rows(statement, .keys(people.map(\.bytes))))
    }

    /// The addresses with these keys, whoever has them.
    package func guardAddresses(at keys: [KeyWords]) throws(StoreError) -> [GuardAddress] {
        let statement = guardReloadStatements(connection.dialect).keys
        return try guardAddresses(rows(statement, .keys(keys.map(\.bytes))))
    }

    /// In the order of their keys, so that the rows of an address stand together.
    private func guardAddresses(_ rows: [Row]) throws(StoreError) -> [GuardAddress] {
        var addresses: [GuardAddress] = []
        addresses.reserveCapacity(rows.count)
        for row in rows {
            let scope = try row.optionalText(3)
            var permission = Permission()
            if scope != nil {
                permission.state = try row.word(4)
                permission.optOutStatus = try row.word(5)
                permission.expiresAt = try row.optionalTime(6)
                permission.policyEffectiveAt = try row.optionalTime(7)
            }
            addresses.append(
                GuardAddress(
                    match: try row.id(0),
                    widened: row.isNull(1) ? nil : try row.id(1),
                    contact: try row.id(2),
                    scope: scope.map { ScopeName(stored: $0) },
                    permission: permission
                )
            )
        }
        return addresses.sorted { $0.match < $1.match }
    }

    /// Blocks in the order of their primary key, after one, at most `limit`.
    package func guardBlocks(
        after last: GuardBlock?,
        limit: Int
    ) throws(StoreError) -> [GuardBlock] {
        try guardBlocks(
            rows(
                blockColumns + "(SELECT match_key, scope, reason, widened, opt_out_id "
                    + "FROM suppressions WHERE (match_key, scope, reason, widened) "
                    + "> ($1, $2, $3, $4) ORDER BY match_key, scope, reason, widened LIMIT $5) x "
                    + "ORDER BY x.match_key, x.scope, x.reason, x.widened",
                .blob(last?.key.bytes ?? []),
                .text(last?.scope ?? ""),
                .text(last?.reason.rawValue ?? ""),
                .integer(last?.isWidened ?? false ? 1 : 0),
                .integer(Int64(limit))
            )
        )
    }

    /// The blocks at these keys, under either form.
    package func guardBlocks(at keys: [KeyWords]) throws(StoreError) -> [GuardBlock] {
        let statement = guardReloadStatements(connection.dialect).blocks
        return try guardBlocks(rows(statement, .keys(keys.map(\.bytes))))
    }

    /// The keys of blocks that begin with these four bytes.
    package func guardBlockKeys(beginning hash: UInt32) throws(StoreError) -> [KeyWords] {
        let first = UInt64(hash) << 32
        var keys: [KeyWords] = []
        for row in try rows(
            "SELECT match_key FROM suppressions WHERE match_key BETWEEN $1 AND $2",
            .blob(KeyWords(high: first, low: 0).bytes),
            .blob(KeyWords(high: first | 0xFFFF_FFFF, low: .max).bytes)
        ) { keys.append(try row.id(0)) }
        return keys
    }

    private func guardBlocks(_ rows: [Row]) throws(StoreError) -> [GuardBlock] {
        var blocks: [GuardBlock] = []
        blocks.reserveCapacity(rows.count)
        for row in rows {
            let status = try row.optionalText(4)
            blocks.append(
                GuardBlock(
                    key: try row.id(0),
                    isWidened: try row.flag(3),
                    scope: try row.text(1),
                    reason: try row.word(2),
                    isPending: Transaction.isPending(status),
                    owner: try row.optionalID(5)
                )
            )
        }
        return blocks
    }

    /// Whether the opt-out behind a block, if there is one, has still to reach a system.
    static func isPending(_ status: String?) -> Bool {
        status.map { $0 != OptOut.Status.completed.rawValue } ?? false
    }
}
