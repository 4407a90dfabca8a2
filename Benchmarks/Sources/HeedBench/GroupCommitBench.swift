// Durable opt-outs a second with 64 callers against one caller: what sharing a flush is worth.

import Foundation
import HeedConsent
import HeedEngine
import HeedStore

/// Measures opt-outs of people who were never opted out before, each answered only when durable.
struct GroupCommitBench {
    let folder: URL

    func run() async throws -> Comparison {
        let bench = try await Workbench(folder: folder, name: "group.sqlite")
        let people = 40_000
        try await bench.addPeople(people)
        let next = NextPerson()
        @Sendable func optOut() async throws {
            let request = try RequestOptOut(
                subject: .address(Workbench.address(next.take())),
                extent: OptOut.Extent(Workbench.newsletter),
                source: .oneClick
            )
            _ = try await bench.engine.perform(request, as: .person)
        }
        return try await Comparison.interleaved(
            Goal(
                name: "durable opt-outs, 64 callers",
                reference: "the same with 1 caller",
                ratio: 2
            ),
            {
                try await rate(5120) {
                    try await Workbench.callers(64) { _ in for _ in 0..<80 { try await optOut() } }
                }
            },
            { try await rate(1000) { for _ in 0..<1000 { try await optOut() } } }
        )
    }
}
