// Everything a database holds, to show that a refusal changed nothing.

package import HeedStore

/// The rows of every table at one moment.
package struct Contents: Sendable {
    private let tables: [String: [Row]]

    /// The tables whose rows differ from those of `earlier`, by name.
    package func changed(since earlier: Contents) -> [String] {
        tables.keys.filter { tables[$0] != earlier.tables[$0] }.sorted()
    }

    /// The number of rows in a table.
    package func count(of table: String) -> Int { tables[table]?.count ?? 0 }

    /// All tables of ours; a test compares them with the live schema.
    package static let statements: [(table: String, statement: SQL)] = [
        ("addresses", "SELECT * FROM addresses ORDER BY 1, 2"),
        ("alert_notices", "SELECT * FROM alert_notices ORDER BY 1, 2"),
        ("alerts", "SELECT * FROM alerts ORDER BY 1"),
        ("api_keys", "SELECT * FROM api_keys ORDER BY 1"),
        ("audit_events", "SELECT * FROM audit_events ORDER BY 1"),
        ("checkpoint_cosignatures", "SELECT * FROM checkpoint_cosignatures ORDER BY 1, 2"),
        ("checkpoints", "SELECT * FROM checkpoints ORDER BY 1"),
        ("connectors", "SELECT * FROM connectors ORDER BY 1"),
        ("consent_records", "SELECT * FROM consent_records ORDER BY 1"),
        ("contact_keys", "SELECT * FROM contact_keys ORDER BY 1"),
        ("contacts", "SELECT * FROM contacts ORDER BY 1"),
        ("erasure_targets", "SELECT * FROM erasure_targets ORDER BY 1"),
        ("events", "SELECT * FROM events ORDER BY 1"),
        ("form_boxes", "SELECT * FROM form_boxes ORDER BY 1, 2"),
        ("forms", "SELECT * FROM forms ORDER BY 1"),
        ("idempotency_keys", "SELECT * FROM idempotency_keys ORDER BY 1"),
        ("import_rejections", "SELECT * FROM import_rejections ORDER BY 1, 2, 3"),
        ("imports", "SELECT * FROM imports ORDER BY 1"),
        ("jobs", "SELECT * FROM jobs ORDER BY 1"),
        ("leases", "SELECT * FROM leases ORDER BY 1"),
        ("ledger_identity", "SELECT * FROM ledger_identity ORDER BY 1"),
        ("ledger_leaves", "SELECT * FROM ledger_leaves ORDER BY 1"),
        ("ledger_tiles", "SELECT * FROM ledger_tiles ORDER BY 1, 2"),
        ("legal_holds", "SELECT * FROM legal_holds ORDER BY 1"),
        ("lookup_keys", "SELECT * FROM lookup_keys ORDER BY 1"),
        ("lookup_state", "SELECT * FROM lookup_state ORDER BY 1"),
        ("opt_out_targets", "SELECT * FROM opt_out_targets ORDER BY 1"),
        ("opt_outs", "SELECT * FROM opt_outs ORDER BY 1"),
        ("permissions", "SELECT * FROM permissions ORDER BY 1, 2"),
        ("policies", "SELECT * FROM policies ORDER BY 1"),
        ("policy_reconsents", "SELECT * FROM policy_reconsents ORDER BY 1, 2, 3"),
        ("receipts", "SELECT * FROM receipts ORDER BY 1, 2"),
        ("requests", "SELECT * FROM requests ORDER BY 1"),
        ("restores", "SELECT * FROM restores ORDER BY 1"),
        ("retention", "SELECT * FROM retention ORDER BY 1"),
        ("schema_migrations", "SELECT * FROM schema_migrations ORDER BY 1"),
        ("scope_texts", "SELECT * FROM scope_texts ORDER BY 1, 2"),
        ("scopes", "SELECT * FROM scopes ORDER BY 1"),
        ("send_decisions", "SELECT * FROM send_decisions ORDER BY 1, 2"),
        ("suppressions", "SELECT * FROM suppressions ORDER BY 1, 2, 3, 4"),
        ("vault_keys", "SELECT * FROM vault_keys ORDER BY 1"),
        ("verifications", "SELECT * FROM verifications ORDER BY 1"),
    ]

    /// Reads every table in one snapshot.
    package static func of(_ database: any Database) async throws -> Contents {
        try await database.read { transaction in
            var tables: [String: [Row]] = [:]
            for (table, statement) in statements {
                tables[table] = try transaction.connection.run(statement, [])
            }
            return Contents(tables: tables)
        }
    }
}

extension Installation {
    /// Everything the database holds now.
    package func contents() async throws -> Contents { try await Contents.of(database) }

    /// The tables that `body` changes, and the code of the failure it ends with.
    package func effect(
        of body: () async throws -> some Any
    ) async throws -> Effect {
        let before = try await contents()
        let failure = await failureCode(body)
        return Effect(failure: failure, changed: try await contents().changed(since: before))
    }
}

/// What became of an attempt: how it failed, and which tables are different.
package struct Effect: Hashable, Sendable {
    /// The code and field of the refusal, or nil.
    package let failure: String?
    /// Tables that changed.
    package let changed: [String]

    /// Names the failure, if any, and the tables.
    package init(failure: String?, changed: [String]) {
        self.failure = failure
        self.changed = changed
    }

    /// Failed as named and changed nothing.
    package static func refused(_ failure: String) -> Effect {
        Effect(failure: failure, changed: [])
    }

    /// Went well and changed nothing.
    package static let unchanged = Effect(failure: nil, changed: [])
}
