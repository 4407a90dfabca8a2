// Blocks by keyed hash, under the form that identifies and the form that covers aliases.

package import HeedConsent

extension Transaction {
    /// Adds a block under the match form and, where the provider has aliases, under the widened
    /// form.
    ///
    /// A block that stands already takes the later date, so that no "yes" before it can lift it.
    func insert(_ suppression: Suppression, on address: SuppressedAddress) throws(StoreError) {
        switch address {
        case .address(let address):
            let keys = vault.lookupKeys(for: address)
            try insert(suppression, key: keys.match, widened: 0)
            // A canonical mailbox blocks its aliases too, so this row is written even when equal.
            if let widened = keys.widened { try insert(suppression, key: widened, widened: 1) }
        case .contact(let contact): try insert(suppression, of: contact)
        }
    }

    private static let unlessOlder: SQL =
        "ON CONFLICT (match_key, scope, reason, widened) "
        + "DO UPDATE SET source = excluded.source, since = excluded.since, "
        + "opt_out_id = excluded.opt_out_id WHERE excluded.since > suppressions.since"

    /// The same under all forms of all of a person's addresses, without reading them first.
    private func insert(_ suppression: Suppression, of contact: ContactID) throws(StoreError) {
        // UNION, because two addresses may be aliases of one mailbox. An empty id stands for none:
        // a NULL would not say that it is bytes.
        let values: SQL = "$2, $3, "
        let rest: SQL = ", $4, $5, CASE WHEN length($6) > 0 THEN $6 END FROM addresses "
        try execute(
            "INSERT INTO suppressions (match_key, scope, reason, widened, source, since, "
                + "opt_out_id) SELECT match_key, " + values + "0" + rest + "WHERE contact_id = $1 "
                + "UNION SELECT widened_key, " + values + "1" + rest
                + "WHERE contact_id = $1 AND widened_key IS NOT NULL " + Transaction.unlessOlder,
            .id(contact),
            .text(suppression.scope?.text ?? ""),
            .text(suppression.reason.rawValue),
            .text(suppression.source.text),
            .time(suppression.since),
            .blob(suppression.optOut?.bytes ?? [])
        )
    }

    private func insert(
        _ suppression: Suppression,
        key: [UInt8],
        widened: Int64
    ) throws(StoreError) {
        try execute(
            "INSERT INTO suppressions (match_key, scope, reason, widened, source, since, "
                + "opt_out_id) "
                + "VALUES ($1, $2, $3, $4, $5, $6, $7) " + Transaction.unlessOlder,
            .blob(key),
            .text(suppression.scope?.text ?? ""),
            .text(suppression.reason.rawValue),
            .integer(widened),
            .text(suppression.source.text),
            .time(suppression.since),
            .id(suppression.optOut)
        )
    }

    /// Lifts a block from all addresses of a person.
    ///
    /// Another alias's own block is left alone, and so is one that was renewed since.
    ///
    /// The keys are read first: a subselect in its place makes a server read all of the index.
    func delete(_ suppression: Suppression, of contact: ContactID) throws(StoreError) {
        let keys = try lookupKeys(of: contact)
        let statement: SQL = "DELETE FROM suppressions WHERE match_key "
        let forms: [(widened: Int64, keys: [[UInt8]])] = [
            (0, keys.map(\.match)), (1, keys.compactMap(\.widened)),
        ]
        for form in forms where !form.keys.isEmpty {
            try execute(
                statement + connection.dialect.isAmongKeys
                    + " AND scope = $2 AND reason = $3 AND widened = $4 AND since <= $5",
                .keys(form.keys),
                .text(suppression.scope?.text ?? ""),
                .text(suppression.reason.rawValue),
                .integer(form.widened),
                .time(suppression.since)
            )
        }
    }

    /// The blocks on an address, whatever the scope.
    package func suppressions(at keys: LookupKeys) throws(StoreError) -> [Suppression] {
        var blocks: [Suppression] = []
        for row in try rows(Transaction.statement(forSuppressionsAt: keys)) {
            blocks.append(try Transaction.suppression(row, from: 0))
        }
        return blocks
    }

    static func statement(forSuppressionsAt keys: LookupKeys) -> Statement {
        Statement(
            "SELECT DISTINCT reason, scope, since, source, opt_out_id FROM suppressions "
                + "WHERE match_key IN ($1, $2) "
                + "AND ((widened = 0 AND match_key = $1) OR (widened = 1 AND match_key = $2)) "
                + "ORDER BY since",
            [.blob(keys.match), .blob(keys.widened)]
        )
    }

    /// Reads the five suppression columns that start at `first`.
    static func suppression(_ row: Row, from first: Int) throws(StoreError) -> Suppression {
        let scope = try row.text(first + 1)
        return Suppression(
            reason: try row.word(first),
            scope: scope.isEmpty ? nil : ScopeName(stored: scope),
            since: try row.time(first + 2),
            source: Source(stored: try row.text(first + 3)),
            optOut: try row.optionalID(first + 4)
        )
    }

    /// The keyed hashes of a person's addresses.
    package func lookupKeys(of contact: ContactID) throws(StoreError) -> [LookupKeys] {
        var keys: [LookupKeys] = []
        for row in try rows(Transaction.statement(forLookupKeysOf: contact)) {
            keys.append(LookupKeys(match: try row.blob(0), widened: try row.optionalBlob(1)))
        }
        // Here, not there: the index finds a person's few addresses, and has them in no order.
        return keys.sorted { $0.match.lexicographicallyPrecedes($1.match) }
    }

    static func statement(forLookupKeysOf contact: ContactID) -> Statement {
        Statement(
            "SELECT match_key, widened_key FROM addresses WHERE contact_id = $1",
            [.id(contact)]
        )
    }
}
