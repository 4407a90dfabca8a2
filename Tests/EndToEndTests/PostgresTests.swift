// Two nodes on one PostgreSQL: set-up by the manual, a race between them, and the death of one.

import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("PostgreSQL", .timeLimit(.minutes(10)))
struct PostgresTests {
    private let cluster: PostgresCluster
    private let name = "heed_e2e_\(UInt32.random(in: 0 ... .max))"

    init() throws {
        cluster = try PostgresCluster.shared()
        try cluster.run("CREATE DATABASE \(name) OWNER heed_owner")
    }

    private func url(_ role: PostgresCluster.Role) -> String {
        "postgres://\(role.rawValue)@/\(name)?host=\(cluster.folder)"
    }

    private func close() { try? cluster.drop(name) }

    private func withWorkplace(_ test: (Workplace) async throws -> Void) async throws {
        defer { close() }
        try await Workplace.open(test)
    }

    @Test func theManualWorks() async throws {
        try await withWorkplace { place in
            let early = try await place.heed("serve", "--database", url(.node))
            #expect(early.exitCode == 2 && early.errors.contains("heed migrate"))
            let first = try await place.heed("migrate", "--database", url(.owner))
            #expect(first.output.hasPrefix("applied: spine, ledger, alerts"), "\(first.errors)")
            let second = try await place.heed("migrate", "--database", url(.owner))
            #expect(second.output == "the schema is up to date\n")
            for role in [PostgresCluster.Role.owner, .superuser] {
                let refused = try await place.heed("serve", "--database", url(role))
                #expect(refused.exitCode == 2 && refused.errors.contains("--allow-owner"))
            }
            let scopes = try await place.heed("scope", "list", "--database", url(.node))
            #expect(scopes.exitCode == 2 && scopes.errors.contains("master key"))
            let trial = try await place.serve("--database", url(.owner), "--allow-owner")
            #expect(!trial.program.errors.contains("password"))
            #expect(try await trial.get("/healthz").status == 200)
            #expect(try await trial.stop() == 0)
        }
    }

    /// Two nodes, ready for mail: scopes, a policy, and people who agreed.
    private func withNodes(
        _ people: [String],
        _ test: (Workplace, Server, Server) async throws -> Void
    ) async throws {
        try await withWorkplace { place in
            try await place.done("migrate", "--database", url(.owner))
            let one = try await place.serve("--database", url(.node))
            let two = try await place.serve("--database", url(.node))
            for scope in ["newsletter", "promotions"] {
                let kind = ["--kind", "campaign", "--database", url(.node)]
                #expect(try await place.heed(["scope", "add", scope] + kind).exitCode == 0)
            }
            try place.write("We write to you.\n", to: "policy.txt")
            let text = ["--text-file", "policy.txt", "--database", url(.node)]
            let policy = try await place.heed(["policy", "publish", "2026-01"] + text)
            #expect(policy.exitCode == 0, "\(policy.errors)")
            for (number, person) in people.enumerated() {
                try await (number.isMultiple(of: 2) ? one : two).grant(person, "newsletter")
            }
            try await test(place, one, two)
        }
    }

    /// Opt-outs on either node, checks on the other: no yes after an acknowledged no.
    @Test(arguments: [1, 2] as [UInt64])
    func noYesOnOneNodeAfterANoOnTheOther(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let people = (0..<60).map { "person\($0)@mail.example" }
        let order = people.shuffled(using: &generator)
        try await withNodes(people) { _, one, two in
            let broken = Mutex<[String]>([])
            try await withThrowingTaskGroup { group in
                for (number, person) in order.enumerated() {
                    let nodes = number.isMultiple(of: 2) ? [one, two] : [two, one]
                    let scope = number.isMultiple(of: 3) ? "global" : "newsletter"
                    group.addTask { @Sendable in
                        #expect(try await nodes[0].optOut(person, scope).status == 202)
                        let answer = try await nodes[1].check(person, "newsletter")
                        if answer["allowed"].flag != false { broken.withLock { $0.append(person) } }
                        // The same request on the other node is the same opt-out.
                        #expect(try await nodes[1].optOut(person, scope).status == 202)
                    }
                }
                try await group.waitForAll()
            }
            #expect(broken.withLock { $0 } == [])
            let state = { try psql("SELECT count(*) || ' ' || count(processed_at) FROM opt_outs") }
            try await eventually("every opt-out is done once") { try state() == "60 60" }
        }
    }

    /// A node dies in the middle of answering; whoever got an answer is safe, on the other one.
    @Test func theDeathOfANodeLosesNothing() async throws {
        let people = (0..<40).map { "person\($0)@mail.example" }
        try await withNodes(people) { _, one, two in
            let acknowledged = Mutex<Set<String>>([])
            await withTaskGroup { group in
                for (number, person) in people.enumerated() {
                    group.addTask { @Sendable in
                        if number == 20 { _ = try? await one.cut() }
                        let reply = try? await one.optOut(person, "newsletter")
                        if reply?.status == 202 {
                            acknowledged.withLock { _ = $0.insert(person) }
                        }
                    }
                }
            }
            for person in acknowledged.withLock({ $0 }) {
                let answer = try await two.check(person, "newsletter")
                #expect(answer["allowed"].flag == false)
            }
            // Who got no answer asks again, elsewhere.
            for person in people {
                #expect(try await two.optOut(person, "newsletter").status == 202)
            }
            // The dead node's leases run out, and the other one finishes its work.
            try await eventually("every opt-out is done") {
                try psql("SELECT count(*) || ' ' || count(processed_at) FROM opt_outs") == "40 40"
            }
        }
    }

    private func psql(_ statement: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "psql", "-X", "-At", "-d", cluster.connection(name, .superuser), "-c",
            "SET search_path = heed", "-c", statement,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.begin()
        let said = output.fileHandleForReading.patientBytesToEnd()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self).split(separator: "\n").last.map(String.init)
            ?? ""
    }
}
