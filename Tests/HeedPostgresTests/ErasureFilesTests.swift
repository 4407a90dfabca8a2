// After an erasure and the operator's steps no file of the server says anything of the person.

import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedPostgres
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Erasure: the server's files", .timeLimit(.minutes(5)))
struct ErasureFilesTests {
    /// The steps of docs/operations/erasure.md, in its order and words.
    private static let steps = [
        "VACUUM (FULL, ANALYZE)", "VACUUM FULL pg_catalog.pg_statistic", "CHECKPOINT",
        "SELECT pg_switch_wal()", "CHECKPOINT",
    ]

    /// Where each text is in the files of a folder: the names of the files' folders.
    private func places(_ texts: [String], in folder: String) throws -> [String: Set<String>] {
        var places: [String: Set<String>] = [:]
        for text in texts {
            let search = Process()
            search.executableURL = URL(filePath: "/usr/bin/env")
            search.arguments = ["grep", "-rlaF", "-e", text, folder]
            let output = Pipe()
            search.standardOutput = output
            // A server removes files while they are being searched.
            search.standardError = FileHandle.nullDevice
            try search.begin()
            let found = String(
                decoding: output.fileHandleForReading.patientBytesToEnd(),
                as: UTF8.self
            )
            search.waitUntilExit()
            for path in found.split(separator: "\n") {
                let inside = path.dropFirst(folder.utf8.count + 1)
                let top = inside.split(separator: "/").first.map(String.init) ?? ""
                places[text, default: []].insert(top)
            }
        }
        return places
    }

    @Test func noFileSaysAnything() async throws {
        let cluster = try await PostgresCluster.own(["fsync=off", "wal_recycle=off"])
        let harness = Harness(cluster: cluster, name: try cluster.takeDatabase())
        let data = cluster.folder + "/data"
        do {
            let database = try harness.open()
            defer { database.close() }
            let installation = try Installation(
                .postgres,
                opened: database,
                in: URL(filePath: cluster.folder),
                seed: 1,
                clock: harness.clock
            )
            try await installation.addSamples()
            _ = try await installation.addErinInFull()
            // What the planner knows of the values is written down as well.
            try cluster.run("ANALYZE", in: harness.name)
            try cluster.run("CHECKPOINT", in: harness.name)
            let before = try places(Searchable.texts, in: data)
            // In clear is only what Heed stores in clear, and of that the search finds all.
            #expect(before[Searchable.externalID]?.isSuperset(of: ["base", "pg_wal"]) == true)
            #expect(Set(before.keys) == [Searchable.externalID])
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            for step in ErasureFilesTests.steps { try cluster.run(step, in: harness.name) }
            #expect(try places(Searchable.texts, in: data) == [:])
            try await installation.sequence()
            let report = try await Verifier(engine: installation.engine).run()
            #expect(report.findings.isEmpty, "\(report.findings)")
            let late = Terms(source: .batchImport)
            await #expect(throws: Refusal.self) {
                try await installation.decide(Address(email: Searchable.address), terms: late)
            }
        } catch {
            try await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }
}
