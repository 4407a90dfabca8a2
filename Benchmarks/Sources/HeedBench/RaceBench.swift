// Checks that race with opt-outs: none that begins after an opt-out's answer may allow.

import Foundation
import HeedConsent
import HeedEngine
import HeedStore
import Synchronization

/// Counts wrong answers.
///
/// One engine takes opt-outs; checks are asked of it and of a second one in
/// turn, which is another node on PostgreSQL, each from its own index.
struct RaceBench {
    private static let askers = 4

    private final class Tally: Sendable {
        /// The people below are opted out, and their callers know it.
        let answered = Atomic<Int>(0)
        let wrong = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        let stopped = Atomic<Bool>(false)
    }

    let name: String
    let checks: Int
    let people: Int
    let writer: Engine
    let readers: [Engine]

    /// `BENCH_RACES` sets how many checks; a million unless it does.
    private static var checks: Int {
        ProcessInfo.processInfo.environment["BENCH_RACES"].flatMap { Int($0) } ?? 1_000_000
    }

    /// One process with one index.
    static func onOneNode(folder: URL) async throws -> Comparison {
        progress("preparing races")
        let bench = try await Workbench(folder: folder, name: "race.sqlite")
        try await bench.addPeople(40_000)
        try await bench.engine.maintainIndex()
        return try await RaceBench(
            name: "one node, SQLite",
            checks: checks,
            people: 40_000,
            writer: bench.engine,
            readers: [bench.engine]
        ).run()
    }

    /// Two nodes on one server; opt-outs are taken by the first.
    static func onTwoNodes(_ server: Server) async throws -> Comparison {
        progress("preparing races on PostgreSQL")
        let workbench = try await PostgresWorkbench(server, name: "races")
        try await workbench.bench.addPeople(40_000)
        let second = Engine(
            database: try PostgresWorkbench.open(server.connection("races", "heed_node"))
        )
        for engine in [workbench.bench.engine, second] { try await engine.maintainIndex() }
        return try await RaceBench(
            name: "two nodes, PostgreSQL",
            checks: checks,
            people: 40_000,
            writer: workbench.bench.engine,
            readers: [workbench.bench.engine, second]
        ).run()
    }

    func run() async throws -> Comparison {
        let scope = try ScopeName(Workbench.newsletter)
        let tally = Tally()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [people, writer] in
                for person in 0..<people where !tally.stopped.load(ordering: .relaxed) {
                    let request = try RequestOptOut(
                        subject: .address(Workbench.address(person)),
                        extent: OptOut.Extent(Workbench.newsletter),
                        source: .oneClick
                    )
                    _ = try await writer.perform(request, as: .person)
                    tally.answered.store(person + 1, ordering: .sequentiallyConsistent)
                }
            }
            for asker in 0..<RaceBench.askers {
                group.addTask { [checks, readers] in
                    for number in 0..<checks / RaceBench.askers {
                        let known = tally.answered.load(ordering: .sequentiallyConsistent)
                        // The newest are the ones an index could miss.
                        let person = max(0, known - 1 - number % 3)
                        let engine = readers[(asker + number) % readers.count]
                        let address = try Workbench.address(person).delivery
                        let question = try MaySendMany(recipients: [address], scope: scope)
                        let answer = try await engine.ask(question)
                        if person < known, answer.verdicts[0].reason == .allowed {
                            tally.wrong.add(1, ordering: .relaxed)
                        }
                        tally.done.add(1, ordering: .relaxed)
                        // An answer from memory never waits; opt-outs need their turn.
                        if number.isMultiple(of: 8) { await Task.yield() }
                    }
                    tally.stopped.store(true, ordering: .relaxed)
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let optOuts = tally.answered.load(ordering: .relaxed)
        let errors = tally.wrong.load(ordering: .relaxed)
        progress("\(name): \(errors) wrong, \(optOuts) opt-outs meanwhile, \(Int(seconds)) s")
        return Comparison(
            name:
                "\(name): \(errors) wrong allows in \(tally.done.load(ordering: .relaxed)) checks",
            reference: "none; \(optOuts) opt-outs meanwhile",
            rates: [errors == 0 ? 1 : 0],
            referenceRates: [1],
            goal: 1,
            unit: "right"
        )
    }
}
