// Blocks by keyed hash, under the form that identifies and the form that covers aliases.

package import HeedConsent

private let suppressionInsertion = Insertion(
    into: "suppressions",
    [
        "match_key": .bytes, "scope": .text, "reason": .text, "widened": .integer,
        "source": .text, "since": .integer, "opt_out_id": .bytes,
    ],
    depth: 0,
    keyCount: 4,
    onConflict: "ON CONFLICT (match_key, scope, reason, widened) "
        + "DO UPDATE SET source = excluded.source, since = excluded.since, "
        + "opt_out_id = excluded.opt_out_id WHERE excluded.since > suppressions.since"
)

private let suppressionsByKeys: SQL =
    "SELECT DISTINCT reason, scope, since, source, opt_out_id FROM suppressions "
    + "WHERE match_key IN ($1, $2) "
    + "AND ((widened = 0 AND match_key = $1) OR (widened = 1 AND match_key = $2)) "
    + "ORDER BY since"

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
        case .keys(let keys):
            for key in keys {
                try insert(suppression, key: key.key, widened: key.isWidened ? 1 : 0)
            }
        }
    }

    /// The same under all forms of all of a person's addresses.
    private func insert(_ suppression: Suppression, of contact: ContactID) throws(StoreError) {
        let keys = try lookupKeys(of: contact)
        for match in Set(keys.map(\.match)) { try insert(suppression, key: match, widened: 0) }
        // Two addresses may be aliases of one mailbox.
        for widened in Set(keys.compactMap(\.widened)) {
            try insert(suppression, key: widened, widened: 1)
        }
    }

    private func insert(
        _ suppression: Suppression,
        key: [UInt8],
        widened: Int64
    ) throws(StoreError) {
        let row: [SQLValue] = [
            .blob(key), .text(suppression.scope?.text ?? ""),
            .text(suppression.reason.rawValue), .integer(widened),
            .text(suppression.source.text), .time(suppression.since), .id(suppression.optOut),
        ]
        try insert(row, with: suppressionInsertion)
        journal?.keep(SuppressedKey(key: key, isWidened: widened == 1))
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
        Statement(suppressionsByKeys, [.blob(keys.match), .blob(keys.widened)])
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
        if let keys = foresight.lookupKeys(of: contact) { return keys }
        var keys: [LookupKeys] = []
        for row in try rows(Transaction.lookupKeysStatement, .id(contact)) {
            keys.append(LookupKeys(match: try row.blob(0), widened: try row.optionalBlob(1)))
        }
        return Transaction.sorted(keys)
    }

    package static let lookupKeysStatement: SQL =
        "SELECT match_key, widened_key FROM addresses WHERE contact_id = $1"

    /// Here, not there: the index finds a person's few addresses, and has them in no order.
    static func sorted(_ keys: [LookupKeys]) -> [LookupKeys] {
        keys.sorted { $0.match.lexicographicallyPrecedes($1.match) }
    }
}
