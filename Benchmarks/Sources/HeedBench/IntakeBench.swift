// Durable opt-outs by 64 callers, against a group commit by hand.

import CRawEngines
import Foundation
import HeedConsent
import HeedEngine
import HeedStore

/// Measures opt-outs of people who were never opted out before, each answered only when durable.
///
/// The reference upserts a state row and appends an audit row and a job, for threads that wait,
/// with one writer and the same durability. It checks nothing; one opt-out of Heed loads the person
/// and writes nine rows with their hashes.
struct IntakeBench {
    private static let callers = 64
    private static let each = 80

    let folder: URL

    func run() async throws -> Comparison {
        let bench = try await Workbench(folder: folder, name: "intake.sqlite")
        let count = IntakeBench.callers * IntakeBench.each
        progress("preparing intake")
        try await bench.addPeople(7 * count)
        let next = NextPerson()
        let path = folder.appending(path: "raw-group.sqlite").path
        return try await .interleaved(
            Goal(
                name: "durable opt-outs in process, 64 callers",
                reference: "SQLite group commit in C, 64 threads, 3 rows",
                ratio: 0.3
            ),
            {
                let flushes = raw_flushes()
                defer { IntakeBench.requireFlushes(since: flushes, for: count) }
                return try await rate(count) {
                    try await Workbench.callers(IntakeBench.callers) { _ in
                        for _ in 0..<IntakeBench.each {
                            let request = try RequestOptOut(
                                subject: .address(Workbench.address(next.take())),
                                extent: OptOut.Extent(Workbench.newsletter),
                                source: .oneClick
                            )
                            _ = try await bench.engine.perform(request, as: .person)
                        }
                    }
                }
            },
            {
                let flushes = raw_flushes()
                defer { IntakeBench.requireFlushes(since: flushes, for: 5 * count) }
                return raw_group_rate(path, Int32(IntakeBench.callers), IntakeBench.each * 5)
            }
        )
    }

    /// An answer is worth a flush, shared by as many as wait at a time.
    private static func requireFlushes(since before: Int, for answers: Int) {
        #if os(Linux)
        let flushes = raw_flushes() - before
        precondition(flushes * callers >= answers, "\(flushes) flushes for \(answers) answers")
        #endif
    }
}
