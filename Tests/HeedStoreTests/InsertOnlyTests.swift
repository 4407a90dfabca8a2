// The database itself refuses to change what may only be added (SPEC immutable-records).

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Insert-only tables")
struct InsertOnlyTests {
    static let statements: [SQL] = [
        "UPDATE consent_records SET decision = 'granted'",
        "UPDATE consent_records SET evidence = NULL",
        "UPDATE consent_records SET id = id",
        "UPDATE OR REPLACE consent_records SET source = 'x'",
        "UPDATE OR IGNORE consent_records SET source = 'x'",
        "DELETE FROM consent_records",
        "DELETE FROM consent_records WHERE scope = 'newsletter'",
        "INSERT OR REPLACE INTO consent_records SELECT * FROM consent_records",
        "REPLACE INTO consent_records SELECT * FROM consent_records LIMIT 1",
        "INSERT INTO consent_records SELECT * FROM consent_records WHERE true "
            + "ON CONFLICT (id) DO UPDATE SET source = 'x'",
        "UPDATE audit_events SET body = x'00'",
        "UPDATE audit_events SET position = position + 100",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE position = (SELECT max(position) FROM audit_events)",
        "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
        "INSERT OR REPLACE INTO audit_events (position, id, at, kind, body) "
            + "VALUES (1, randomblob(16), 0, 'x', x'')",
        "INSERT OR REPLACE INTO audit_events (id, at, kind, body) "
            + "SELECT id, 0, 'x', x'' FROM audit_events",
        "UPDATE policies SET text_sha256 = zeroblob(32)",
        "UPDATE policies SET effective_at = 0",
        "DELETE FROM policies",
        "INSERT OR REPLACE INTO policies SELECT * FROM policies",
        "UPDATE policy_reconsents SET effective_at = 0",
        "DELETE FROM policy_reconsents",
    ]

    @Test(arguments: Backend.allCases, statements)
    func isRefusedWithAnError(_ backend: Backend, _ statement: SQL) async throws {
        try await backend.withEngine { installation in
            try await installation.record([
                .policyPublished(try Sample.policy("2026-02", reconsent: [Sample.newsletter]))
            ])
            try await installation.decide(Sample.address())
            try await installation.optOut(Sample.address(), from: .global)
            let effect = try await installation.effect { try await installation.sql(statement) }
            #expect(effect == .refused("refused-by-database"))
        }
    }

    /// The triggers leave the way open for what is new.
    @Test(arguments: Backend.allCases)
    func addingStaysPossible(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            let effect = try await installation.effect {
                try await installation.decide(Sample.address(), .withdrawn)
            }
            #expect(effect.failure == nil)
            #expect(effect.changed == ["audit_events", "consent_records", "permissions"])
        }
    }

    static let broken: [SQL] = [
        "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
            + "VALUES (zeroblob(16), 'newsletter', 'granted', 'none')",
        "UPDATE permissions SET state = 'perhaps'",
        "UPDATE permissions SET opt_out_status = 'pending'",
        "UPDATE opt_outs SET status = 'completed'",
        "UPDATE opt_outs SET processed_at = 1",
        "UPDATE jobs SET state = 'lost'",
        "UPDATE contacts SET id = x'00'",
        "DELETE FROM contacts",
        "DELETE FROM scopes",
        "INSERT INTO scopes VALUES ('global', 'email', 'campaign', 0)",
        "INSERT INTO scopes VALUES ('x', 'email', 'other', 0)",
        "INSERT INTO scopes VALUES ('x', 'fax', 'campaign', 0)",
        "INSERT INTO scopes VALUES ('x', 'email', 'campaign', 'now')",
        "INSERT INTO api_keys VALUES ('k', 'root', '', zeroblob(32), 0, NULL)",
        "INSERT INTO api_keys VALUES ('k', 'admin', '', zeroblob(31), 0, NULL)",
    ]

    /// The other constraints of the schema hold against a SQL prompt, too.
    @Test(arguments: Backend.allCases, broken)
    func theSchemaRefusesNonsense(_ backend: Backend, _ statement: SQL) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            try await installation.optOut(Sample.address(2))
            let effect = try await installation.effect { try await installation.sql(statement) }
            #expect(effect == .refused("refused-by-database"))
        }
    }
}
