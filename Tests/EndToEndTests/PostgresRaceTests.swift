// Two nodes on one PostgreSQL under load, while one of them is killed or cut off from it.

import Foundation
import TestSupport
import Testing

@Suite("Races on two nodes", .timeLimit(.minutes(10)))
struct PostgresRaceTests {
    private static let people = 500
    /// Of this run, or of the one to be repeated.
    static let seed =
        ProcessInfo.processInfo.environment["HEED_RACE_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0..<1_000_000)

    /// What happens to the first node.
    enum Fault: CaseIterable, Sendable {
        /// `kill -9`, and a new process after a while.
        case death
        /// Its way to the database is cut, in the middle of whatever it carries.
        case cut
        /// Its way to the database swallows everything, and delivers it much later.
        case silence
        /// First silence, then the cut, so that what was under way never arrives.
        case silenceAndCut
    }

    @Test func noYesAfterAnAcknowledgedNo() async throws {
        let seed = PostgresRaceTests.seed
        print("HEED_RACE_SEED=\(seed)")
        try await PostgresPlace.open(on: PostgresCluster.shared()) { database in
            let direct = try await database.fill(people: PostgresRaceTests.people)
            let network = try Network(to: database.cluster.socket)
            defer { network.close() }
            let way = "postgres://heed_node@127.0.0.1:\(network.port)/\(database.name)"
            let nodes = [try await database.serve(way), direct]
            let load = SendLoad(people: PostgresRaceTests.people, seed: seed, nodes: nodes)
            let stage = Stage(database: database, network: network, way: way, load: load)
            try await load.run {
                var generator = SeededGenerator(seed: seed)
                for fault in Fault.allCases.shuffled(using: &generator) {
                    try await load.awaitAcknowledged(Int.random(in: 5...60, using: &generator))
                    let length = Int.random(in: 5...30, using: &generator)
                    try await stage.bring(fault, for: length)
                }
                try await eventually("everybody is out") { load.isDone }
            }
            try await load.expectNoneBroken(on: [load.node(0), load.node(1)])
            // The faults were some.
            #expect(load.history.count(.unknown) > 0)
            #expect(network.brokenCount > 0 && network.heldCount > 0)
            let done = "SELECT count(*) FROM opt_outs WHERE status <> 'completed'"
            try await eventually("every opt-out is done") {
                try await database.psql(done) == "0"
            }
            // The log is whole, whoever extended it meanwhile.
            try await database.done("verify")
        }
    }
}

/// What a fault happens to.
private struct Stage: Sendable {
    let database: PostgresPlace
    let network: Network
    /// The first node's way to the database, through the network.
    let way: String
    let load: SendLoad

    /// The fault, for as long as it takes the other node to acknowledge a few opt-outs.
    func bring(_ fault: PostgresRaceTests.Fault, for length: Int) async throws {
        switch fault {
        case .death: try await load.node(0).cut()
        case .cut: network.become(.cut)
        case .silence: network.become(.silent)
        case .silenceAndCut:
            network.become(.silent)
            try await load.awaitAcknowledged(length)
            network.become(.cut)
        }
        try await load.awaitAcknowledged(length)
        network.become(.open)
        if fault == .death { load.replace(0, by: try await database.serve(way)) }
        // It finds its way back by itself.
        let node = load.node(0)
        try await eventually("the node answers again") {
            try await node.get("/readyz").status == 200
        }
    }
}
