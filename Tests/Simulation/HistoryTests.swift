// Histories by chance: hundreds of seeds, one on demand, and a mistake for each invariant.

import Foundation
import HeedStore
import Synchronization
import TestSupport
import Testing

@Suite("Simulation", .timeLimit(.minutes(30)))
struct HistoryTests {
    private static let seeds = max(1, number("HEED_SIMULATION_SEEDS") ?? 500)
    private static let steps = Int(clamping: number("HEED_SIMULATION_STEPS") ?? 25)
    private static let chosen = number("HEED_SIMULATION_SEED")

    /// A number from the environment; nil where none is given.
    ///
    /// What is no number ends the run: 500 other histories would pass for the one that was meant.
    private static func number(_ name: String) -> UInt64? {
        let text = ProcessInfo.processInfo.environment[name] ?? ""
        precondition(text.isEmpty || UInt64(text) != nil, "\(name) is no whole number: \(text)")
        return UInt64(text)
    }

    /// Plays one history; a violation is told with the seed and what came before it.
    ///
    /// - Returns: how often anybody was allowed.
    private static func play(
        _ seed: UInt64,
        from beginning: URL,
        steps: Int = steps,
        sabotage: Invariant? = nil
    ) async throws -> (allowed: Int, trace: String, violation: Violation?) {
        try await Place.withFolder { folder in
            let place = try Place(copying: beginning, to: folder, seed: seed)
            var simulation = try Simulation(at: place, sabotage: sabotage)
            do {
                try await simulation.run(steps: steps)
                return (simulation.promises.allowed, simulation.story(last: .max), nil)
            } catch let violation as Violation {
                return (simulation.promises.allowed, simulation.story(last: 30), violation)
            } catch {
                let said = Violation(.workGoesOn, "an error nobody expects: \(error)")
                return (simulation.promises.allowed, simulation.story(last: 30), said)
            }
        }
    }

    @Test func everyHistoryHolds() async throws {
        let first = HistoryTests.chosen ?? 1
        let last = HistoryTests.chosen ?? HistoryTests.seeds
        try await Place.withFolder { beginning in
            try await Place.begin(in: beginning)
            let score = Score(first...last)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
                    group.addTask { try await HistoryTests.playAll(of: score, from: beginning) }
                }
                try await group.waitForAll()
            }
            // Whoever refuses everybody breaks no promise.
            if last > first { #expect(score.allowed > Int(last - first)) }
        }
    }

    /// The seeds that are left, and how often anybody was allowed.
    private final class Score: Sendable {
        private let state: Mutex<(seeds: ClosedRange<UInt64>, played: UInt64, allowed: Int)>

        init(_ seeds: ClosedRange<UInt64>) { state = Mutex((seeds, 0, 0)) }

        var allowed: Int { state.withLock { $0.allowed } }

        func add(_ allowed: Int) { state.withLock { $0.allowed += allowed } }

        func next() -> UInt64? {
            state.withLock { state in
                let seed = state.seeds.lowerBound + state.played
                state.played += 1
                return state.seeds.contains(seed) ? seed : nil
            }
        }
    }

    private static func playAll(of score: Score, from beginning: URL) async throws {
        while let seed = score.next() {
            let found = try await play(seed, from: beginning)
            score.add(found.allowed)
            guard let violation = found.violation else { continue }
            let replay = "make simulate SEED=\(seed) STEPS=\(steps)"
            Issue.record("\(violation)\n\(found.trace)\n\(replay)")
        }
    }

    /// Each mistake is found, by the invariant it breaks.
    @Test(arguments: Invariant.allCases)
    func everyMistakeIsFound(_ mistake: Invariant) async throws {
        try await Place.withFolder { beginning in
            try await Place.begin(in: beginning)
            var found: [String] = []
            for seed in 1...60 {
                let violation = try await HistoryTests.play(
                    UInt64(seed),
                    from: beginning,
                    sabotage: mistake
                ).violation
                if violation?.invariant == mistake { return }
                if let violation { found.append("\(seed): \(violation)") }
            }
            Issue.record("not found, only \(found.prefix(3))")
        }
    }

    @Test func aSeedIsOneHistory() async throws {
        try await Place.withFolder { beginning in
            try await Place.begin(in: beginning)
            let first = try await HistoryTests.play(4711, from: beginning)
            let second = try await HistoryTests.play(4711, from: beginning)
            let other = try await HistoryTests.play(4712, from: beginning)
            #expect(first.trace == second.trace && first.allowed == second.allowed)
            #expect(first.trace != other.trace)
        }
    }
}
