// Events a minute that the verifier hashes and compares, over a log of at least 200,000.

import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore

/// Measures whole verifications against the rate that is asked for.
struct VerifyBench {
    /// Two events each: the person, and what they decided.
    private static let people = 100_000
    /// What a verification must reach.
    static let eventsPerMinute = 200_000.0

    let folder: URL

    func run() async throws -> Comparison {
        let bench = try await Workbench(folder: folder, name: "verify.sqlite")
        try await bench.addPeople(VerifyBench.people)
        let sequencer = Sequencer(
            engine: bench.engine,
            origin: "heed.example/log",
            holder: [UInt8](repeating: 1, count: 16)
        )
        while case .extended = try await sequencer.step() {}
        let verifier = Verifier(engine: bench.engine)
        let size = try await verifier.run().logSize
        precondition(size >= 200_000)
        return try await Comparison.interleaved(
            Goal(
                name: "events verified, of \(size)",
                reference: "the goal: 200,000 a minute",
                ratio: 1
            ),
            {
                try await rate(size) {
                    let report = try await verifier.run()
                    precondition(report.isClean)
                }
            },
            { VerifyBench.eventsPerMinute / 60 }
        )
    }
}
