// What an audit tries and reads beside people's data: refusals, guards, rights, plans, the schema.

package import HeedConsent
package import HeedStore

/// What became of a statement that has to be refused.
package enum Attempted: Hashable, Sendable {
    /// The database said no, in these words.
    case refused(String)
    /// It was carried out, and undone.
    case accepted
    /// Others work on the table, which is not worth making them wait.
    case untried
}

/// A column of the live schema.
package struct LiveColumn: Hashable, Sendable {
    /// Its table.
    package let table: String
    /// Its name.
    package let name: String

    /// Takes both.
    package init(table: String, name: String) {
        self.table = table
        self.name = name
    }
}

/// What one operation on one table is, as a trigger or a right names it.
package struct TableOperation: Hashable, Sendable {
    /// The table.
    package let table: String
    /// `UPDATE`, `DELETE` or `TRUNCATE`.
    package let operation: String

    /// Takes both.
    package init(_ operation: String, _ table: String) {
        self.table = table
        self.operation = operation
    }
}

extension Transaction {
    /// The engine.
    package var engine: Dialect.Engine { connection.dialect.engine }

    /// Tries what has to be refused, and undoes it whatever came of it.
    ///
    /// - Throws: when the database fails in another way than by saying no.
    package func attempt(_ statement: ForbiddenStatement) throws(StoreError) -> Attempted {
        _ = try connection.run("SAVEPOINT attempt", [])
        var answer = Attempted.accepted
        do throws(StoreError) {
            if engine == .postgres {
                // TRUNCATE waits for readers, and everybody else would wait behind it.
                _ = try connection.run("SELECT set_config('lock_timeout', '200ms', true)", [])
            }
            _ = try connection.run(statement.sql, [])
        } catch {
            switch error.code {
            case .refused: answer = .refused(error.message)
            case .busy: answer = .untried
            default: throw error
            }
        }
        _ = try connection.run("ROLLBACK TO SAVEPOINT attempt", [])
        _ = try connection.run("RELEASE SAVEPOINT attempt", [])
        return answer
    }

    /// The operations that an enabled trigger refuses before they happen.
    package func guardedOperations() throws(StoreError) -> Set<TableOperation> {
        let statement: SQL =
            switch engine {
            case .sqlite:
                "SELECT tbl_name, CASE WHEN sql LIKE '%BEFORE UPDATE%' THEN 'UPDATE' "
                    + "WHEN sql LIKE '%BEFORE DELETE%' THEN 'DELETE' ELSE 'INSERT' END "
                    + "FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'"
            case .postgres:
                "SELECT c.relname::text, o.word FROM pg_trigger t "
                    + "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
                    + "JOIN (VALUES (16, 'UPDATE'), (8, 'DELETE'), (32, 'TRUNCATE')) o (bit, word) "
                    + "ON t.tgtype & o.bit <> 0 WHERE c.relnamespace = 'heed'::regnamespace "
                    + "AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') "
                    + "AND t.tgtype & 2 <> 0 AND p.prosrc LIKE '%RAISE EXCEPTION%'"
            }
        return try operations(statement)
    }

    /// The operations that somebody else than a table's owner has the right to; none on SQLite,
    /// which knows no rights.
    package func grantedOperations() throws(StoreError) -> Set<TableOperation> {
        guard engine == .postgres else { return [] }
        return try operations(
            "SELECT c.relname::text, a.privilege_type FROM pg_class c "
                + "CROSS JOIN aclexplode(c.relacl) a WHERE c.relnamespace = 'heed'::regnamespace "
                + "AND c.relkind = 'r' AND a.grantee <> c.relowner "
                + "AND a.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')"
        )
    }

    private func operations(_ statement: SQL) throws(StoreError) -> Set<TableOperation> {
        var found: Set<TableOperation> = []
        for row in try connection.run(statement, []) {
            found.insert(TableOperation(try row.text(1), try row.text(0)))
        }
        return found
    }

    /// Every column of every table of Heed's.
    package func liveColumns() throws(StoreError) -> [LiveColumn] {
        try columns(
            engine == .sqlite
                ? "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c "
                    + "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY 1, c.cid"
                : "SELECT c.relname::text, a.attname::text FROM pg_class c "
                    + "JOIN pg_attribute a ON a.attrelid = c.oid "
                    + "WHERE c.relnamespace = 'heed'::regnamespace AND c.relkind IN ('r', 'p') "
                    + "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"
        )
    }

    /// The columns that refer to a person: by a foreign key, or by name where there is none.
    package func columnsAboutPeople() throws(StoreError) -> [LiveColumn] {
        let referring = try columns(
            engine == .sqlite
                ? "SELECT t.name, f.\"from\" FROM sqlite_master t "
                    + "JOIN pragma_foreign_key_list(t.name) f "
                    + "WHERE t.type = 'table' AND f.\"table\" = 'contacts'"
                : "SELECT c.relname::text, a.attname::text FROM pg_constraint k "
                    + "JOIN pg_class c ON c.oid = k.conrelid "
                    + "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey) "
                    + "WHERE k.contype = 'f' AND k.confrelid = 'heed.contacts'::regclass"
        )
        return Set(referring + (try liveColumns()).filter { $0.name == "contact_id" })
            .sorted { ($0.table, $0.name) < ($1.table, $1.name) }
    }

    private func columns(_ statement: SQL) throws(StoreError) -> [LiveColumn] {
        var found: [LiveColumn] = []
        for row in try connection.run(statement, []) {
            found.append(LiveColumn(table: try row.text(0), name: try row.text(1)))
        }
        return found
    }

    // MARK: - Plans

    /// The steps of every search that a check of one address, of many, or of a person makes.
    package func guardPlans() throws(StoreError) -> [String] {
        let key = [UInt8](repeating: 0, count: 16)
        let many = guardSetStatements(connection.dialect)
        let keys = SQLValue.keys([key, key])
        return try plan(
            guardStatement(connection.dialect),
            [.text("x"), .integer(0), .blob(key), .blob(key)]
        )
            + plan(many.people, [keys, .text("x")]) + plan(many.blocks, [keys, .text("x")])
            + plan(Transaction.lookupKeysStatement, [.blob(key)])
    }

    /// The steps of a worker's search for the next opt-outs to tell others about.
    package func claimPlan() throws(StoreError) -> [String] {
        try plan(
            Transaction.dueJobsStatement,
            [.text("opt-out"), .text(""), .integer(0), .integer(1)]
        )
    }

    private func plan(_ statement: SQL, _ arguments: [SQLValue]) throws(StoreError) -> [String] {
        let explain: SQL = engine == .sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN (COSTS OFF) "
        var steps: [String] = []
        for row in try connection.run(explain + statement, arguments) {
            steps.append(try row.text(engine == .sqlite ? 3 : 0))
        }
        return steps
    }

    // MARK: - Facts

    /// Opt-outs that were acknowledged, are not complete, and have no work in the queue.
    package func optOutsWithoutWork(limit: Int64) throws(StoreError) -> [OptOutID] {
        var found: [OptOutID] = []
        for row in try rows(
            // NOT IN is one pass over the queue, which has no index by subject.
            "SELECT o.id FROM opt_outs o WHERE o.status <> 'completed' "
                + "AND o.id NOT IN (SELECT subject FROM jobs WHERE kind = 'start-opt-out') "
                + "AND (o.status = 'pending' OR EXISTS (SELECT 1 FROM opt_out_targets t "
                + "WHERE t.opt_out_id = o.id AND t.state = 'pending' AND t.id NOT IN ("
                + "SELECT subject FROM jobs WHERE kind = 'tell-connector'))) "
                + "ORDER BY o.id LIMIT $1",
            .integer(limit)
        ) { found.append(try row.id(0)) }
        return found
    }

    /// How a session promises that what it has answered is on disk, by the name of each setting.
    package func durability() throws(StoreError) -> [String: String] {
        var settings: [String: String] = [:]
        switch engine {
        case .sqlite:
            for pragma in ["PRAGMA synchronous", "PRAGMA journal_mode"] as [SQL] {
                switch try connection.run(pragma, []).first?[0] {
                case .integer(let value): settings[pragma.text] = "\(value)"
                case .text(let value): settings[pragma.text] = value
                default: break
                }
            }
        case .postgres:
            for row in try connection.run(
                "SELECT name, setting FROM pg_settings "
                    + "WHERE name IN ('synchronous_commit', 'fsync', 'full_page_writes')",
                []
            ) { settings[try row.text(0)] = try row.text(1) }
        }
        return settings
    }

    /// The newest people who have a key.
    package func newestPeople(limit: Int64) throws(StoreError) -> [ContactID] {
        var found: [ContactID] = []
        for row in try rows(
            "SELECT contact_id FROM contact_keys ORDER BY contact_id DESC LIMIT $1",
            .integer(limit)
        ) { found.append(try row.id(0)) }
        return found
    }

    /// Somebody who has an address and no key to open it with; an erasure takes both.
    package func personWithoutKey() throws(StoreError) -> ContactID? {
        try row(
            "SELECT a.contact_id FROM addresses a WHERE NOT EXISTS "
                + "(SELECT 1 FROM contact_keys k WHERE k.contact_id = a.contact_id) LIMIT 1"
        )?.id(0)
    }

    /// Opens somebody's key, also where no evidence of theirs is sealed under it.
    func openKey(of contact: ContactID) throws(StoreError) {
        do {
            _ = try deliveryAddresses(of: contact, on: .email)
        } catch  where error.code != .wrongKey {
            // Addresses are the business of ccpa-export.
        }
    }

    /// Every column of a consent record that is not empty.
    package func filledColumns(of record: ConsentID) throws(StoreError) -> Set<String> {
        let columns: [String] = [
            "contact_id", "scope", "decision", "basis", "source", "policy_version",
            "policy_sha256", "locale", "given_at", "recorded_at", "actor", "actor_type", "evidence",
        ]
        let row = try row(
            "SELECT contact_id, scope, decision, basis, source, policy_version, policy_sha256, "
                + "locale, given_at, recorded_at, actor, actor_type, evidence "
                + "FROM consent_records WHERE id = $1",
            .id(record)
        )
        guard let row else { return [] }
        return Set(columns.indices.filter { !row.isNull($0) }.map { columns[$0] })
    }
}
