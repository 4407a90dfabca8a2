// One raw address and one scope in process, against a point lookup by hand.

import CRawEngines
import Foundation
import HeedConsent
import HeedEngine
import HeedStore

/// Measures checks of one recipient each, one after the other on one thread.
///
/// The reference is a prepared lookup by primary key in SQLite, in C, inside one read transaction,
/// given the hash. It normalises and hashes nothing, decides nothing, and never looks whether its
/// snapshot is still the newest; each of Heed's checks does all of that.
struct SingleCheckBench {
    private static let checks = 200_000

    let folder: URL
    let list: BigList
    let smaller: BigList

    func run() async throws -> [Comparison] {
        let engine = try await list.open()
        let path = folder.appending(path: "raw-lookup.sqlite").path
        guard let raw = raw_lookup_make(path, list.people) else {
            throw StoreError(.unavailable, "the reference cannot make its file")
        }
        defer { raw_lookup_close(raw) }
        let scope = try ScopeName(Workbench.newsletter)
        let check = { (engine: Engine, people: Int) in
            let addresses = (0..<SingleCheckBench.checks).map {
                BigList.address($0 &* 7919 % people)
            }
            return try await rate(SingleCheckBench.checks) {
                for address in addresses {
                    let question = try MaySendMany(recipients: [address], scope: scope)
                    let answer = try await engine.ask(question)
                    precondition(answer.verdicts[0].reason == .allowed)
                }
            }
        }
        let single = try await Comparison.interleaved(
            Goal(
                name: "check of one recipient in process, raw address, \(list.people) contacts",
                reference: "SQLite point lookup in C, in one read transaction, given the hash",
                ratio: 1
            ),
            { try await check(engine, list.people) },
            { raw_lookup_rate(raw, SingleCheckBench.checks) }
        )
        precondition(engine.index.figures.passed == 0)
        let few = try await smaller.open()
        let growth = try await Comparison.interleaved(
            Goal(
                name: "the same check, \(list.people) contacts",
                reference: "with \(smaller.people)",
                ratio: 0.5
            ),
            { try await check(engine, list.people) },
            { try await check(few, smaller.people) }
        )
        return [single, growth, IndexMemory.comparison(engine, people: list.people)]
    }
}

/// What the index takes.
enum IndexMemory {
    /// At most so many bytes for a million people with one scope.
    private static let bytesMaximum = 64_000_000.0

    static func comparison(_ engine: Engine, people: Int) -> Comparison {
        let bytes = Double(engine.index.figures.bytes) * 1_000_000 / Double(people)
        return Comparison(
            name: "memory of the index, a million people with one scope",
            reference: "64 MB; the ratio is what is allowed to what is used",
            rates: [IndexMemory.bytesMaximum],
            referenceRates: [bytes],
            goal: 1,
            unit: "bytes"
        )
    }
}
