// Makes the reads that several writes have named, each kind as one search for a set of keys.

import HeedConsent

/// What becomes of a write when somebody else holds the lock on its person.
package enum LockPatience: Sendable {
    /// It waits.
    case wait
    /// It leaves the group, so that nobody in it waits for somebody outside, and no two groups for
    /// each other.
    case leave
}

extension Transaction {
    /// Makes the reads these writes have named, and locks the people they are about.
    ///
    /// All reads about a person are made behind their lock. An embedded engine has no round trips
    /// to save and leaves each read to its own time.
    ///
    /// - Returns: for each write what is known now; nil for one that cannot be in this group, since
    ///   another one in it is about the same person, or somebody else is working on them.
    package func foresee(
        _ many: [Needs],
        _ patience: LockPatience
    ) throws(StoreError) -> [Foresight?] {
        guard mode == .writing, case .postgres = connection.dialect.engine,
            many.contains(where: { !$0.addresses.isEmpty })
        else {
            return many.map { _ in Foresight() }
        }
        var early: EarlyAnswers = [:]
        early.reserveCapacity(8 * many.count)
        let (people, scopes) = try find(many, &early)
        // A person whom two writes are about belongs to the first.
        var taken: Set<[UInt8]> = []
        var isIn: [Bool] = []
        for found in people {
            let own =
                found.contacts.map(\.bytes) + found.keys.map(\.match)
                + (found.answerKey.map { [$0] } ?? [])
            isIn.append(taken.isDisjoint(with: own))
            if isIn[isIn.count - 1] { taken.formUnion(own) }
        }
        let wanted = zip(people, isIn).filter { $0.1 }.map(\.0)
        let loaded = try load(wanted, scopes, patience, &early)
        return zip(people, isIn).map { found, isIn in
            guard isIn, found.contacts.allSatisfy({ loaded.keys[$0] != nil }) else { return nil }
            let own = found.contacts.map { ($0, loaded.keys[$0] ?? []) }
            return Foresight(
                early,
                Dictionary(own) { first, _ in first },
                receipt: loaded.receipt
            )
        }
    }

    /// Whom a write is about, as far as they are known.
    private struct Found {
        var keys: [LookupKeys]
        var contacts: [ContactID] = []
        var answerKey: [UInt8]?
    }

    // MARK: - Who it is about, and what belongs to nobody

    /// Looks everybody up, and with them all scopes and connectors, and the policies that were
    /// named.
    private func find(
        _ many: [Needs],
        _ early: inout EarlyAnswers
    ) throws(StoreError) -> (people: [Found], scopes: [ScopeName]) {
        var found = many.map { needs in
            Found(
                keys: needs.addresses.map { vault.lookupKeys(for: $0) },
                answerKey: needs.answerKey?(vault)
            )
        }
        let general = Transaction.generalStatements(many)
        let externalIDs = Array(Set(many.flatMap(\.externalIDs)))
        let answerKeys = found.compactMap(\.answerKey)
        let answers = try search(
            [
                Statement(addressesByKey, [.keys(found.flatMap { $0.keys.map(\.match) })]),
                Statement(contactsByExternalID, [.column(.text, externalIDs.map { .text($0) })]),
                Statement(answersByKey, [.keys(answerKeys)]),
            ] + general
        )
        var contacts: [[UInt8]: Row] = [:]
        for row in answers[0] { contacts[try row.blob(0)] = Row([row[1]]) }
        for (index, needs) in many.enumerated() {
            for (address, keys) in zip(needs.addresses, found[index].keys) {
                let row = contacts[keys.match]
                early[Transaction.statement(for: address, keys)] = row.map { [$0] } ?? []
                if let row { found[index].contacts.append(try row.id(0)) }
            }
        }
        for id in externalIDs { early[Transaction.statement(forExternalID: id)] = [] }
        for row in answers[1] {
            let statement = Transaction.statement(forExternalID: try row.text(0))
            early[statement] = [Row([row[1]])]
        }
        for key in answerKeys { early[Transaction.statement(forAnswerTo: key)] = [] }
        for row in answers[2] {
            let statement = Transaction.statement(forAnswerTo: try row.blob(0))
            early[statement] = [Row([row[1], row[2], row[3]])]
        }
        for (statement, rows) in zip(general, answers.dropFirst(3)) {
            early[statement] = rows
        }
        return (found, try keepScopes(answers[3], &early))
    }

    /// Runs statements; one that looks for nobody has no rows, and is not sent.
    private func search(_ statements: [Statement]) throws(StoreError) -> [[Row]] {
        let sent = statements.indices.filter { !statements[$0].isForNobody }
        let found = try connection.runAll(sent.map { statements[$0] })
        var answers = [[Row]](repeating: [], count: statements.count)
        for (index, rows) in zip(sent, found) { answers[index] = rows }
        return answers
    }

    private static func generalStatements(_ many: [Needs]) -> [Statement] {
        [Transaction.statementForScopes, Transaction.statementForConnectorNames]
            + Set(many.flatMap(\.policies)).flatMap {
                [Transaction.statement(forPolicy: $0), Transaction.statement(forReconsentsOf: $0)]
            }
    }

    private func keepScopes(
        _ rows: [Row],
        _ early: inout EarlyAnswers
    ) throws(StoreError) -> [ScopeName] {
        var scopes: [ScopeName] = []
        for row in rows {
            let scope = ScopeName(stored: try row.text(0))
            early[Transaction.statement(forScope: scope)] = [row]
            scopes.append(scope)
        }
        return scopes
    }

    // MARK: - What is known about them

    /// Locks, then reads; in one order whoever asks, so that two do not wait for each other.
    private func load(
        _ found: [Found],
        _ scopes: [ScopeName],
        _ patience: LockPatience,
        _ early: inout EarlyAnswers
    ) throws(StoreError) -> (keys: [ContactID: [LookupKeys]], receipt: Int64?) {
        let contacts = SQLValue.keys(Set(found.flatMap(\.contacts)).map(\.bytes))
        let addresses = found.flatMap(\.keys)
        let blocked = addresses.flatMap { [$0.match] + ($0.widened.map { [$0] } ?? []) }
        let answers = try search([
            Statement(patience == .wait ? contactsLocked : contactsLockedAtOnce, [contacts]),
            Statement(keysByContact, [contacts]),
            Statement(permissionsByContact, [contacts]),
            Statement(suppressionsByKey, [.keys(Array(Set(blocked)))]),
            // The transaction's number is given out after the locks were granted, so it is above
            // those of all who held them before (decision 12).
            Statement(connection.dialect.receiptPosition, []),
        ])
        var keys: [ContactID: [LookupKeys]] = [:]
        for row in answers[0] {
            let contact: ContactID = try row.id(0)
            keys[contact] = []
            early[Transaction.statement(forContact: contact)] = [Row([row[1], row[2], row[3]])]
            for scope in scopes {
                early[Transaction.statement(forPermissionOf: contact, in: scope)] = []
            }
        }
        for row in answers[1] {
            let one = LookupKeys(match: try row.blob(1), widened: try row.optionalBlob(2))
            keys[try row.id(0)]?.append(one)
        }
        for row in answers[2] {
            let scope = ScopeName(stored: try row.text(1))
            let statement = Transaction.statement(forPermissionOf: try row.id(0), in: scope)
            early[statement] = [Row((2..<9).map { row[$0] })]
        }
        try keepBlocks(answers[3], at: addresses, &early)
        return (keys.mapValues(Transaction.sorted), try answers[4].first?.integer(0))
    }

    /// Hands the blocks of a set of keys to the addresses they are on.
    private func keepBlocks(
        _ rows: [Row],
        at addresses: [LookupKeys],
        _ early: inout EarlyAnswers
    ) throws(StoreError) {
        var blocks: [[UInt8]: [Row]] = [:]
        for row in rows { blocks[try row.blob(0), default: []].append(row) }
        for keys in addresses {
            var own: [Row] = []
            for row in blocks[keys.match] ?? [] where try row.integer(1) == 0 { own.append(row) }
            if let widened = keys.widened {
                for row in blocks[widened] ?? [] where try row.integer(1) == 1 { own.append(row) }
            }
            // What the single statement says with DISTINCT and ORDER BY.
            var met: Set<Row> = []
            let distinct = own.map { row in Row((2..<7).map { row[$0] }) }
                .filter { met.insert($0).inserted }
            let dated = try distinct.map { row throws(StoreError) in (try row.integer(2), row) }
            early[Transaction.statement(forSuppressionsAt: keys)] = dated.sorted { $0.0 < $1.0 }
                .map(\.1)
        }
    }
}

extension Statement {
    /// True when one of its sets is empty.
    fileprivate var isForNobody: Bool {
        arguments.contains { argument in
            switch argument {
            case .keys(let keys): keys.isEmpty
            case .column(_, let values): values.isEmpty
            default: false
            }
        }
    }
}

// They run on a server only, so the fragments are its dialect's.
private let among = Dialect.postgres.isAmongKeys
private let addressesByKey: SQL =
    "SELECT match_key, contact_id FROM addresses WHERE channel = 'email' AND match_key "
    + among
private let contactsByExternalID: SQL =
    "SELECT external_id, id FROM contacts WHERE external_id " + among
private let answersByKey: SQL =
    "SELECT key_hash, fingerprint, receipt, position FROM idempotency_keys "
    + "WHERE key_hash " + among
private let contactsLocked: SQL =
    "SELECT id, external_id, locale, region FROM contacts WHERE id "
    + among + " ORDER BY id" + (Dialect.postgres.rowLock ?? "")
private let contactsLockedAtOnce: SQL = contactsLocked + " SKIP LOCKED"
private let keysByContact: SQL =
    "SELECT contact_id, match_key, widened_key FROM addresses WHERE contact_id " + among
private let permissionsByContact: SQL =
    "SELECT contact_id, scope, state, opt_out_status, opt_out_id, record_id, decided_at, "
    + "expires_at, policy_effective_at FROM permissions WHERE contact_id " + among
private let suppressionsByKey: SQL =
    "SELECT match_key, widened, reason, scope, since, source, opt_out_id FROM suppressions "
    + "WHERE match_key " + among
