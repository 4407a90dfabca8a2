// Rights: what the application's role may do, seen from outside the program with psql.

import HeedPostgres
import HeedStore
import TestSupport
import Testing

@Suite("Roles")
struct RoleTests {
    private static let insertOnly = [
        "consent_records", "audit_events", "policies", "policy_reconsents", "ledger_identity",
        "ledger_leaves", "ledger_tiles", "checkpoints", "checkpoint_cosignatures", "verifications",
    ]
    private static let columns = [
        "consent_records": "source", "audit_events": "kind", "policies": "url",
        "policy_reconsents": "scope", "ledger_identity": "origin", "ledger_leaves": "hash",
        "ledger_tiles": "data", "checkpoints": "note", "checkpoint_cosignatures": "line",
        "verifications": "summary",
    ]

    static let attempts = insertOnly.flatMap { table in
        let column = columns[table] ?? "id"
        return [
            "UPDATE \(table) SET \(column) = \(column)", "DELETE FROM \(table)",
            "TRUNCATE \(table) CASCADE",
        ]
    }

    @Test func theApplicationHasNoRightToChangeWhatIsOnlyAdded() async throws {
        try await withHarness { harness in
            for statement in RoleTests.attempts {
                let (code, said) = try harness.psql(statement, as: .node)
                #expect(code != 0 && said.contains("permission denied"), "\(statement): \(said)")
            }
        }
    }

    /// Where rows match; the triggers that let old rows go look at each.
    @Test func theOwnerIsStoppedByATrigger() async throws {
        try await Backend.postgres.withEngine { installation in
            let name = try Backend.postgresName(in: installation.folder)
            let harness = Harness(cluster: try .shared(), name: name)
            try await installation.decide(Sample.address())
            for statement in RoleTests.attempts
            where statement.contains("consent_records") || statement.contains("audit_events") {
                let (code, said) = try harness.psql(statement, as: .owner)
                #expect(code != 0 && said.contains("is insert-only"), "\(statement): \(said)")
            }
        }
    }

    @Test func addingAndReadingIsAllowed() async throws {
        try await withHarness { harness in
            for table in RoleTests.insertOnly {
                let (code, said) = try harness.psql("SELECT count(*) FROM \(table)", as: .node)
                #expect(code == 0, "\(said)")
            }
            let insert =
                "INSERT INTO policies (version, text_sha256, effective_at, created_at) "
                + "VALUES ('v', decode(repeat('00', 32), 'hex'), 0, 0)"
            #expect(try harness.psql(insert, as: .node).0 == 0)
        }
    }

    static let forbidden = [
        "CREATE TABLE mine (id int)", "DROP TABLE contacts", "ALTER TABLE contacts ADD x int",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL", "SET session_replication_role = replica",
        "DELETE FROM contacts", "DELETE FROM opt_outs", "UPDATE scopes SET kind = 'campaign'",
        "UPDATE vault_keys SET wrapped = wrapped", "UPDATE retention SET audit_before = 1",
        "INSERT INTO schema_migrations VALUES (99, 'x', '', 0)", "CREATE SCHEMA mine",
        "CREATE ROLE mine", "SET ROLE heed_owner",
    ]

    @Test func theRestIsForbiddenToo() async throws {
        try await withHarness { harness in
            for statement in RoleTests.forbidden {
                let (code, said) = try harness.psql(statement, as: .node)
                #expect(code != 0, "\(statement): \(said)")
            }
        }
    }

    @Test(arguments: [PostgresCluster.Role.owner, .superuser])
    func anOwnerMayNotRunTheApplication(_ role: PostgresCluster.Role) async throws {
        try await withHarness { harness in
            let code = await failureCode { try harness.open(role) { $0.roles = .applicationOnly } }
            #expect(code == "refused-by-database")
            #expect(await failureCode { try harness.open(role) { $0.roles = .ownerToo } } == nil)
        }
    }

    /// A role that was given too much by hand is as bad as an owner.
    @Test func aRoleWithTooManyRightsMayNotEither() async throws {
        try await withHarness { harness in
            try harness.cluster.run(
                "GRANT DELETE ON heed.audit_events TO heed_node",
                in: harness.name
            )
            #expect(await failureCode { try harness.open() } == "refused-by-database")
        }
    }
}
