// The primary dies under load and its synchronous standby takes over: nothing acknowledged is lost.

import Foundation
import TestSupport
import Testing

@Suite("Failover", .timeLimit(.minutes(10)))
struct FailoverTests {
    private static let people = 300

    /// A primary that acknowledges only what its standby has on disk as well.
    private func withPair(
        _ test: (_ primary: PostgresCluster, _ standby: PostgresCluster) async throws -> Void
    ) async throws {
        let primary = try await PostgresCluster.own(["fsync=off"])
        do {
            let standby = try await PostgresCluster.standby(of: primary, ["fsync=off"])
            do {
                try await test(primary, standby)
            } catch {
                try await standby.stop()
                throw error
            }
            try await standby.stop()
        } catch {
            try await primary.stop()
            throw error
        }
        try await primary.stop()
    }

    /// From here on a commit waits for the standby.
    private func makeSynchronous(_ database: PostgresPlace) async throws {
        try database.cluster.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
        try database.cluster.run("SELECT pg_reload_conf()")
        try await eventually("the standby is synchronous") {
            try await database.psql("SELECT sync_state FROM pg_stat_replication") == "sync"
        }
    }

    @Test func thePromotedStandbyKnowsEveryAcknowledgedOptOut() async throws {
        let seed = PostgresRaceTests.seed
        print("HEED_RACE_SEED=\(seed)")
        try await withPair { primary, standby in
            try await PostgresPlace.open(on: primary) { database in
                let hosts = [try Network(to: primary.socket), try Network(to: standby.socket)]
                defer { for host in hosts { host.close() } }
                let names = hosts.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
                let way = "postgres://heed_node@\(names)/\(database.name)"
                let first = try await database.fill(people: FailoverTests.people, by: way)
                let nodes = [first, try await database.serve(way)]
                try await makeSynchronous(database)
                let load = SendLoad(people: FailoverTests.people, seed: seed, nodes: nodes)
                try await load.run {
                    var generator = SeededGenerator(seed: seed)
                    try await load.awaitAcknowledged(Int.random(in: 40...140, using: &generator))
                    try await primary.kill()
                    let failed = load.history.count(.unknown)
                    // The standby answers reads, but a node must not ask it.
                    try await eventually("the nodes notice") {
                        load.history.count(.unknown) > failed + 50
                    }
                    try await standby.promote()
                    try await load.awaitAcknowledged(100)
                    try await eventually("everybody is out") { load.isDone }
                }
                #expect(nodes.allSatisfy { $0.program.exitCode == nil })
                try await load.expectNoneBroken(on: nodes)
                try await expectWholeLog(database, standby, way: way)
            }
        }
    }

    /// The promoted server's log goes on where the primary's ended, with every event in it.
    private func expectWholeLog(
        _ database: PostgresPlace,
        _ standby: PostgresCluster,
        way: String
    ) async throws {
        let state =
            "SELECT (SELECT count(*) FROM audit_events) - (SELECT count(*) FROM ledger_leaves) "
            + "|| ' ' || (SELECT count(*) FROM opt_outs WHERE status <> 'completed')"
        try await eventually("log and queue are done", withinSeconds: 90) {
            try await database.psql(state, on: standby) == "0 0"
        }
        let ending = try await database.place.heed("verify", "--json", "--database", way)
        #expect(ending.exitCode == 0, "\(ending.errors)\(ending.output)")
        let people = "SELECT count(DISTINCT contact_id) FROM opt_outs"
        #expect(try await database.psql(people, on: standby) == "\(FailoverTests.people)")
    }
}
