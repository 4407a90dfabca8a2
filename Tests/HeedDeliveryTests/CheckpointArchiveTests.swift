// The folder of checkpoints: whole files, never changed, and only the log's own are believed.

import Foundation
import HeedDelivery
import HeedLedger
import TestSupport
import Testing

@Suite("Checkpoint archive")
struct CheckpointArchiveTests {
    private let log: NoteSigner

    init() throws {
        log = try NoteSigner(name: "heed.example/log", seed: [UInt8](repeating: 1, count: 32))
    }

    private func note(_ size: Int, by signer: NoteSigner? = nil) throws -> [UInt8] {
        let head = try Checkpoint(origin: "heed.example/log", size: size, root: .leaf([]))
        var note = try SignedNote(text: head.text)
        try note.sign(with: signer ?? log)
        return note.bytes
    }

    private func names(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func code(_ body: () throws -> some Any) -> ArchiveError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? ArchiveError)?.code
        }
    }

    @Test func namesSortLikeSizes() {
        #expect(CheckpointArchive.name(ofSize: 7) == "00000000000000000007.checkpoint")
        let largest = CheckpointArchive.name(ofSize: Int.max)
        #expect(largest == "09223372036854775807.checkpoint")
        #expect(CheckpointArchive.name(ofSize: 10) > CheckpointArchive.name(ofSize: 9))
    }

    @Test func aFileHoldsTheNoteAndNothingElseIsLeft() async throws {
        try await withTemporaryFolder { folder in
            let archive = CheckpointArchive(path: folder.path)
            #expect(try archive.newest(by: log.verifier) == nil)
            for size in [300, 7, 20] { try archive.write(note(size), size: size) }
            #expect(try archive.sizes() == [7, 20, 300])
            #expect(try names(folder) == [7, 20, 300].map(CheckpointArchive.name))
            let file = folder.appending(path: CheckpointArchive.name(ofSize: 20))
            #expect(try Array(Data(contentsOf: file)) == note(20))
            #expect(try archive.newest(by: log.verifier)?.size == 300)
        }
    }

    @Test func whatIsThereIsNeverChanged() async throws {
        try await withTemporaryFolder { folder in
            let archive = CheckpointArchive(path: folder.path)
            try archive.write(note(7), size: 7)
            try archive.write(note(7), size: 7)
            var other = try note(7)
            other[0] ^= 1
            #expect(code { try archive.write(other, size: 7) } == .conflict)
            let file = folder.appending(path: CheckpointArchive.name(ofSize: 7))
            #expect(try Array(Data(contentsOf: file)) == note(7))
            #expect(try names(folder).count == 1)
        }
    }

    @Test func onlyTheLogsOwnCheckpointsCount() async throws {
        try await withTemporaryFolder { folder in
            let archive = CheckpointArchive(path: folder.path)
            let stranger = try NoteSigner(
                name: "heed.example/log",
                seed: [UInt8](repeating: 2, count: 32)
            )
            try archive.write(note(9, by: stranger), size: 9)
            #expect(code { try archive.newest(by: log.verifier) } == .foreign)
            try archive.write(note(5), size: 5)
            // Under the wrong name, cut off, or no checkpoint at all.
            try archive.write(note(5), size: 30)
            try archive.write(Array(note(31).dropLast(3)), size: 31)
            try archive.write([1, 2, 3], size: 32)
            // What other programs or a crash may leave there.
            for name in ["lost+found", ".0.checkpoint.tmp", "7.checkpoint", "x.checkpoint"] {
                try Data().write(to: folder.appending(path: name))
            }
            #expect(try archive.newest(by: log.verifier)?.size == 5)
            #expect(try archive.sizes() == [5, 9, 30, 31, 32])
        }
    }

    /// Missing, no folder, and one that nobody may write to, root neither.
    @Test func aFolderThatCannotBeUsed() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "file")
            try Data().write(to: file)
            for path in [folder.appending(path: "missing").path, file.path] {
                let archive = CheckpointArchive(path: path)
                #expect(code { try archive.sizes() } == .unavailable)
                #expect(code { try archive.newest(by: log.verifier) } == .unavailable)
                #expect(code { try archive.write(note(1), size: 1) } == .unavailable)
            }
            #expect(try names(folder) == ["file"])
            let readOnly = CheckpointArchive(path: "/proc/self/fdinfo")
            #expect(try readOnly.sizes().isEmpty)
            #expect(code { try readOnly.write(note(1), size: 1) } == .unavailable)
        }
    }
}
