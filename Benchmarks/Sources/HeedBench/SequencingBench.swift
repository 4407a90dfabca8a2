// Taking opt-outs into the log against taking them in from people.

import Foundation
import HeedConsent
import HeedEngine
import HeedStore
import Synchronization

/// Measures how fast the sequencer takes the audit events of opt-outs into the log, in opt-outs a
/// second, against the intake of the same opt-outs by 64 callers just before.
struct SequencingBench {
    private static let optOuts = 5120

    let folder: URL

    func run() async throws -> Comparison {
        let bench = try await Workbench(folder: folder, name: "sequencing.sqlite")
        try await bench.addPeople(40_000)
        let sequencer = Sequencer(
            engine: bench.engine,
            origin: "bench.example/log",
            holder: [UInt8](repeating: 1, count: 16)
        )
        let next = Atomic(0)
        func takeIn() async throws {
            let first = next.add(
                SequencingBench.optOuts,
                ordering: .relaxed
            ).oldValue
            try await Workbench.callers(64) { caller in
                for index in stride(from: caller, to: SequencingBench.optOuts, by: 64) {
                    let request = try RequestOptOut(
                        subject: .address(Workbench.address(first + index)),
                        extent: OptOut.Extent(Workbench.newsletter),
                        source: .oneClick
                    )
                    _ = try await bench.engine.perform(request, as: .person)
                }
            }
        }
        // The first pair is for warming up; here it also brings the log up to date.
        try await sequencer.catchUp()
        try await takeIn()
        return try await Comparison.interleaved(
            Goal(
                name: "opt-outs into the log: leaves, tiles, signed checkpoints",
                reference: "the same opt-outs taken in from 64 callers",
                ratio: 2
            ),
            {
                try await rate(SequencingBench.optOuts) {
                    let size = try await sequencer.catchUp()
                    precondition(size != nil)
                }
            },
            { try await rate(SequencingBench.optOuts) { try await takeIn() } }
        )
    }
}
