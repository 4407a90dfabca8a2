// How much work waits, as tests count it.

import HeedEngine

extension Installation {
    /// How many jobs there are, by lane and state.
    package func queueDepth() async throws -> [(lane: String, state: String, count: Int64)] {
        try await engine.ask(QueueOverview()).lanes.flatMap { lane in
            lane.counts.sorted { $0.key < $1.key }.map { (lane.name, $0.key, $0.value) }
        }
    }
}
