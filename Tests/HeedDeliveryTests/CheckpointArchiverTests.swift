// Every checkpoint comes to the archive, whatever was away meanwhile, and none stops the log.

import Foundation
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedLedger
import HeedStore
import Logging
import TestSupport
import Testing

@Suite("Checkpoint archiver", .timeLimit(.minutes(10)))
struct CheckpointArchiverTests {
    private func archiver(
        _ installation: Installation,
        _ sequencer: Sequencer? = nil,
        _ rounds: Rounds = .quick(),
        lines: LogLines = LogLines()
    ) -> CheckpointArchiver {
        CheckpointArchiver(
            engine: installation.engine,
            sequencer: sequencer ?? installation.sequencer(),
            origin: Installation.origin,
            archive: archive(installation),
            rounds: rounds,
            logger: lines.logger
        )
    }

    private func archive(_ installation: Installation) -> CheckpointArchive {
        CheckpointArchive(path: installation.folder.appending(path: "archive").path)
    }

    private func makeFolder(_ installation: Installation) throws {
        try FileManager.default.createDirectory(
            atPath: archive(installation).path,
            withIntermediateDirectories: false
        )
    }

    /// The archive holds exactly the signed checkpoints, byte for byte.
    private func expectComplete(_ installation: Installation) async throws {
        let heads = try await installation.engine.ask(CheckpointsAbove(0, limit: 10_000))
        let archive = archive(installation)
        #expect(try archive.sizes() == heads.map(\.size))
        for head in heads {
            let path = "\(archive.path)/\(CheckpointArchive.name(ofSize: head.size))"
            #expect(FileManager.default.contents(atPath: path).map { [UInt8]($0) } == head.note)
        }
    }

    @Test func whatWasSignedBeforeAndWhatComes() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try makeFolder(installation)
            // More than a batch.
            try await installation.addCheckpoints(105)
            let bell = Doorbell()
            let archiver = archiver(installation, nil, .quick(bell, polls: false))
            let archive = archive(installation)
            try await running({ try await archiver.run() }) {
                try archive.sizes().count == 105
            }
            // A new process, woken by the sequencer's bell alone.
            let next = self.archiver(installation, nil, .quick(bell, polls: false))
            try await installation.addCheckpoints(1)
            try await running({ try await next.run() }) {
                try await wait { try archive.sizes().count >= 106 }
                try await installation.addCheckpoints(1)
                bell.ring()
                try await wait { try archive.sizes().count >= 107 }
                return true
            }
            try await expectComplete(installation)
        }
    }

    @Test func anArchiveThatWasAwayIsCaughtUp() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let lines = LogLines()
            let archiver = archiver(installation, lines: lines)
            let archive = archive(installation)
            await archiver.open()
            #expect(lines.of(.error).count == 1)
            try await installation.addCheckpoints(3)
            try await running({ try await archiver.run() }) {
                // The log went on without it.
                if lines.of(.error).count >= 4, (try? archive.sizes()) == nil {
                    try makeFolder(installation)
                }
                return (try? archive.sizes().count) == 3
            }
            try await expectComplete(installation)
            #expect(lines.of(.critical).isEmpty)
        }
    }

    @Test func aDifferentFileIsLeftAloneAndSaid() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try makeFolder(installation)
            try await installation.addCheckpoints(3)
            let archive = archive(installation)
            try archive.write(try await installation.signed(1, .leaf([9])).bytes, size: 1)
            try archive.write([1, 2, 3], size: 2)
            let lines = LogLines()
            let archiver = archiver(installation, lines: lines)
            try await running({ try await archiver.run() }) { try archive.sizes().count == 3 }
            #expect(lines.of(.critical).count == 1)
            let path = "\(archive.path)/\(CheckpointArchive.name(ofSize: 2))"
            #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
        }
    }

    @Test func anotherLogsArchiveIsNotWrittenTo() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try makeFolder(installation)
            let archive = archive(installation)
            let stranger = try NoteSigner(
                name: Installation.origin,
                seed: [UInt8](repeating: 7, count: 32)
            )
            let head = try Checkpoint(origin: Installation.origin, size: 1, root: .leaf([]))
            var note = try SignedNote(text: head.text)
            try note.sign(with: stranger)
            try archive.write(note.bytes, size: 1)
            try await installation.addCheckpoints(3)
            let lines = LogLines()
            let archiver = archiver(installation, lines: lines)
            try await running({ try await archiver.run() }) { lines.of(.critical).count >= 2 }
            #expect(try archive.sizes() == [1])
        }
    }

    /// A database from a backup, older than the archive, signs nothing; neither when the archive
    /// comes back only later.
    @Test(arguments: [true, false])
    func noSecondHistory(_ isThereAtFirst: Bool) async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addCheckpoints(2)
            try await installation.addEvents(1)
            let sequencer = installation.sequencer()
            let archiver = archiver(installation, sequencer)
            if !isThereAtFirst { await archiver.open() }
            try makeFolder(installation)
            let later = try await installation.signed(9, .leaf([]))
            try archive(installation).write(later.bytes, size: 9)
            if isThereAtFirst {
                await archiver.open()
                #expect(await refuses(sequencer))
                #expect(try await installation.logSize() == 2)
                return
            }
            try await running({ try await archiver.run() }) {
                if await refuses(sequencer) { return true }
                try await installation.addEvents(1)
                return false
            }
        }
    }

    /// Whether a step finds damage; it extends nothing, since that is done before.
    private func refuses(_ sequencer: Sequencer) async -> Bool {
        do {
            _ = try await sequencer.step()
            return false
        } catch {
            return error is LogDamage
        }
    }
}
