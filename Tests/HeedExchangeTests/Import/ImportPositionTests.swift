// An import that broke off goes on where it was, and its counts are those of one that did not.

import HeedConsent
import HeedEngine
import HeedLists
import HeedStore
import Synchronization
import TestSupport
import Testing

@testable import HeedExchange

@Suite("Import position")
struct ImportPositionTests {
    private struct Broken: Error {}

    private static let text: String = {
        let joined = (0..<3600).map { "p\($0)@mail.example,subscribed" }
        let left = (0..<30).map { "q\($0)@mail.example,unsubscribed" }
        let wrong = ["nobody,subscribed", "p1@mail.example,subscribed", "p2@mail.example,perhaps"]
        return (["email,status"] + joined.prefix(1600) + wrong + left + joined.dropFirst(1600))
            .joined(separator: "\n")
    }()

    /// The file, read in small pieces, that breaks off after some of them.
    private func source(breakingAfter pieces: Int = .max) -> ImportSource {
        ImportSource(name: "list.csv", byteCount: ImportPositionTests.text.utf8.count) {
            var rest = Array(ImportPositionTests.text.utf8)[...]
            var count = 0
            return {
                count += 1
                guard count <= pieces else { throw Broken() }
                guard !rest.isEmpty else { return nil }
                defer { rest = rest.dropFirst(500) }
                return Array(rest.prefix(500))
            }
        }
    }

    private func importer(_ installation: Installation, _ mode: Importer.Mode) -> Importer {
        Importer(.sample, engine: installation.engine, mode: mode, actor: Sample.actor)
    }

    @Test(arguments: Backend.allCases)
    func theCountsAreThoseOfAnImportInOneGo(_ backend: Backend) async throws {
        let whole = try await backend.withEngine { installation in
            try await importer(installation, .write).run([source()]) { _ in }
        }
        #expect(whole.granted == 3600)
        #expect(whole.optedOut == 30)
        #expect(whole.duplicates == 1)
        #expect(whole.invalidCount == 2)
        try await backend.withEngine { installation in
            let batch = Mutex<ImportID?>(nil)
            await #expect(throws: Broken.self) {
                try await importer(installation, .write).run([source(breakingAfter: 144)]) {
                    progress in
                    batch.withLock { $0 = progress.batch }
                }
            }
            let id = try #require(batch.withLock { $0 })
            let before = try await installation.number("SELECT count(*) FROM consent_records")
            #expect(before > 0 && before < 3630)
            let rejected = Mutex<[RejectedLine]>([])
            let earlier = Mutex("")
            let begun = Mutex<ImportID?>(nil)
            var again = importer(installation, .resume(id))
            again.onRejected = { line in rejected.withLock { $0.append(line) } }
            again.onRejectedBefore = { lines in earlier.withLock { $0 += lines } }
            again.onBegun = { batch in begun.withLock { $0 = batch } }
            let report = try await again.run([source()]) { _ in }
            #expect(report.counts == whole.counts)
            #expect(report.batch == id.text)
            #expect(try await installation.number("SELECT count(*) FROM imports") == 1)
            #expect(try await installation.number("SELECT count(*) FROM consent_records") == 3630)
            #expect(begun.withLock { $0 } == id)
            // What was written down before is told once, and what came after once.
            let told = rejected.withLock { $0.map { listLine($0.cells) } }
            let wereTold = earlier.withLock { $0.split(separator: "\n").map(String.init) }
            #expect(!wereTold.isEmpty)
            let all = (wereTold + told).map { $0.split(separator: ",")[1] }
            #expect(all == ["1602", "1604"])
        }
    }

    @Test func onlyTheSameImportGoesOn() async throws {
        try await Backend.sqlite.withEngine { installation in
            let report = try await importer(installation, .write).run([source()]) { _ in }
            let ended = try #require(ImportID(text: report.batch))
            let unknown = ImportID(high: 7, low: 7)
            for (batch, expected) in [
                (ended, "conflict resume"), (unknown, "not-found resume"),
            ] {
                let effect = try await installation.effect {
                    try await importer(installation, .resume(batch)).run([source()]) { _ in }
                }
                #expect(effect == .refused(expected))
            }
            let batch = Mutex<ImportID?>(nil)
            _ = try? await importer(installation, .write).run([source(breakingAfter: 144)]) {
                progress in
                batch.withLock { $0 = progress.batch }
            }
            let id = try #require(batch.withLock { $0 })
            let other = ImportSource(name: "other.csv", byteCount: 6) { { nil } }
            let effect = try await installation.effect {
                try await importer(installation, .resume(id)).run([other, source()]) { _ in }
            }
            #expect(effect == .refused("invalid-field file"))
            let renamed = ImportSource(
                name: "renamed.csv",
                byteCount: source().byteCount,
                open: source().open
            )
            let second = try await installation.effect {
                try await importer(installation, .resume(id)).run([renamed]) { _ in }
            }
            #expect(second == .refused("conflict resume"))
        }
    }
}
