// A page that a disk has lost the last write of is found, though nothing reads it.

import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("Verifier: the file")
struct StorageFaultsTests {
    private func report(_ installation: Installation) async throws -> Verifier.Report {
        let database = try installation.reopened()
        return try await Verifier(engine: Engine(database: database)).run()
    }

    @Test func anIndexOfThePastIsFound() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.decide(Sample.address())
            try await installation.database.clean()
            let file = installation.folder.appending(path: Backend.fileName)
            let before = try Data(contentsOf: file)
            try await installation.optOut(Sample.address())
            try await installation.sequence()
            try await installation.database.clean()
            #expect(try await report(installation).isClean)
            let size = try await installation.number("PRAGMA page_size")
            let page = try await installation.number(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'opt_outs_by_contact'"
            )
            let start = Int((page - 1) * size)
            let handle = try FileHandle(forWritingTo: file)
            try handle.seek(toOffset: UInt64(start))
            try handle.write(contentsOf: before[start..<(start + Int(size))])
            try handle.close()
            let found = try await report(installation)
            let damaged = found.findings.filter { $0.code == .fileDamaged }
            #expect(damaged.contains { $0.sentence.contains("opt_outs_by_contact") })
        }
    }
}
