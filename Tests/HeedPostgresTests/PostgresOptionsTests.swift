// What of a connection string may be shown, and what it cannot change.

import HeedPostgres
import HeedStore
import TestSupport
import Testing

@Suite("PostgresOptions")
struct PostgresOptionsTests {
    @Test(arguments: [
        (
            "postgres://ann:hunter2@db1.example,db2.example/heed?sslmode=verify-full",
            "PostgreSQL database heed on db1.example,db2.example as ann"
        ),
        ("host=/run/pg dbname=x password=hunter2", "PostgreSQL database x on /run/pg"),
        ("postgres:///heed", "PostgreSQL database heed on the default server"),
        ("not a string with hunter2", "PostgreSQL database of that name on the default server"),
    ])
    func thePlaceHoldsNoSecret(_ connection: String, _ place: String) {
        #expect(PostgresOptions.place(of: connection) == place)
    }

    /// A guard on a standby could miss an opt-out, whatever the string says.
    @Test func aStandbyIsNeverUsed() async throws {
        try await withHarness { harness in
            try harness.cluster.run(
                "ALTER DATABASE \(harness.name) SET default_transaction_read_only = on"
            )
            let code = await failureCode {
                try harness.open { $0.connection += " target_session_attrs=any" }
            }
            try harness.cluster.run(
                "ALTER DATABASE \(harness.name) RESET default_transaction_read_only"
            )
            #expect(code == "unavailable")
        }
    }

    /// Tests' servers have no network, so this is the failure of an encrypted connection that
    /// cannot be had; it must never fall back to a plain one.
    @Test func aCertificateThatCannotBeVerifiedIsRefused() async throws {
        let options = PostgresOptions(
            connection: "postgres://heed_node@127.0.0.1:1/heed?sslmode=verify-full"
                + "&sslrootcert=/nowhere/root.crt",
            roles: .applicationOnly,
            sessionsMaximum: 1,
            waitMilliseconds: 100
        )
        let code = await failureCode {
            try PostgresDatabase(
                options,
                opening: .existing,
                masterKey: Sample.masterKey(1),
                surroundings: .seeded(1, clock: TestClock())
            )
        }
        #expect(code == "unavailable")
    }
}
