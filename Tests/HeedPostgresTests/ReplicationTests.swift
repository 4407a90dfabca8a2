// An acknowledged opt-out is on the synchronous standby, too, or it is not acknowledged.

import HeedConsent
import HeedEngine
import HeedPostgres
import HeedStore
import TestSupport
import Testing

@Suite("Synchronous replication", .timeLimit(.minutes(3)))
struct ReplicationTests {
    private func optOut(_ number: Int) throws -> RequestOptOut {
        try RequestOptOut(
            subject: .address(Sample.address(number)),
            extent: .global,
            source: .oneClick
        )
    }

    /// The server then says COMMIT, as always; only its warning is different.
    @Test func aCancelledWaitForTheStandbyIsUnknown() async throws {
        let cluster = try await PostgresCluster.own(["fsync=off"])
        do {
            let harness = Harness(cluster: cluster, name: try cluster.takeDatabase())
            let database = try harness.open()
            try cluster.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            try cluster.run("SELECT pg_reload_conf()")
            let engine = Engine(database: database)
            async let code = failureCode {
                // Some may be done before the server has read its settings again.
                for number in 1...500 {
                    _ = try await engine.perform(try optOut(number), as: .person)
                }
            }
            let cancel =
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            try await wait(until: {
                try harness.psql(cancel, as: .superuser).1.hasSuffix("t\n")
            })
            // Were it taken for acknowledged, the rest would follow without a standby.
            try cluster.run("ALTER SYSTEM RESET synchronous_standby_names")
            try cluster.run("SELECT pg_reload_conf()")
            #expect(await code == "outcome-unknown")
            // It may be there, so the caller is to send it again.
            let count = try await database.read { try $0.number("SELECT count(*) FROM opt_outs") }
            #expect(count > 0)
            database.close()
        } catch {
            try await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }
}
