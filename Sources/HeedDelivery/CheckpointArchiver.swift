// Brings every signed checkpoint to the archive, also those signed while it was away.

import Dispatch
package import HeedEngine
import HeedLedger
import HeedStore
package import Logging
import ServiceLifecycle
import Synchronization

/// Writes new checkpoints to the archive, smallest first, and shows the sequencer what is there.
///
/// The archive may be on another machine: when it is away, full or hangs, that is logged and tried
/// again, and the log goes on without it.
package final class CheckpointArchiver: Service {
    /// Seconds after which an archive that does not answer counts as away.
    package static let limitSeconds = 5
    private static let batchMaximum: Int64 = 100

    /// The default pace; the bell is the sequencer's, the poll finds what other processes signed.
    package static func pace(_ news: Doorbell) -> Rounds {
        Rounds(doorbell: news, pollMilliseconds: 1000, pausesMilliseconds: 1000...60_000)
    }

    private let engine: Engine
    private let sequencer: Sequencer
    private let origin: String
    private let archive: CheckpointArchive
    private let rounds: Rounds
    private let logger: Logger
    /// Blocking calls run here, so that a disk that hangs holds up no other task.
    private let thread = DispatchQueue(label: "heed.checkpoint-archive")
    /// The size up to which the archive is complete; nil until it has been looked into.
    private let reached = Mutex<Int?>(nil)

    /// Takes the log, who signs it and what it is called if it is empty, and the archive.
    package init(
        engine: Engine,
        sequencer: Sequencer,
        origin: String,
        archive: CheckpointArchive,
        rounds: Rounds,
        logger: Logger
    ) {
        self.engine = engine
        self.sequencer = sequencer
        self.origin = origin
        self.archive = archive
        self.rounds = rounds
        self.logger = logger
    }

    /// Looks into the archive, so that the first step already extends what is in there.
    ///
    /// A database that was put back from a backup is found out by this.
    package func open() async {
        do {
            try await lookInside()
        } catch {
            _ = note(error)
        }
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws { await rounds.run { await self.look() } }

    private func look() async -> RoundOutcome {
        do {
            if reached.withLock({ $0 == nil }) { try await lookInside() }
            while !Task.isCancelled {
                let size = reached.withLock { $0 } ?? 0
                let limit = CheckpointArchiver.batchMaximum
                let heads = try await engine.ask(CheckpointsAbove(size, limit: limit))
                for head in heads { try await keep(head) }
                if heads.count < limit { break }
            }
            return .done
        } catch {
            return note(error)
        }
    }

    private func lookInside() async throws {
        let log = try await engine.ask(LogKey(origin: origin)).verifier
        let newest = try await onThread { [archive] in try archive.newest(by: log) }
        if let newest { sequencer.mustExtend(newest) }
        reached.withLock { $0 = newest?.size ?? 0 }
    }

    private func keep(_ head: CheckpointsAbove.Head) async throws {
        do {
            try await onThread { [archive] in try archive.write(head.note, size: head.size) }
        } catch let error as ArchiveError where error.code == .conflict {
            logger.critical(
                "the archive holds another checkpoint of this size: a second history?",
                metadata: ["reason": "\(error.message)"]
            )
        }
        reached.withLock { $0 = head.size }
    }

    private func note(_ error: any Error) -> RoundOutcome {
        guard let error = error as? ArchiveError else {
            logger.error("checkpoints cannot be read", metadata: ["error": "\(error)"])
            return .failed
        }
        // What comes back may be another disk.
        reached.withLock { $0 = nil }
        if error.code == .foreign {
            logger.critical(
                "the archive is of another log, nothing is written to it",
                metadata: ["reason": "\(error.message)"]
            )
            return .alarming
        }
        logger.error("the archive is away", metadata: ["reason": "\(error.message)"])
        return .failed
    }

    /// Runs blocking work, and gives up waiting for it after a while.
    private func onThread<Answer: Sendable>(
        _ work: @escaping @Sendable () throws -> Answer
    ) async throws -> Answer {
        let (answers, answer) = AsyncStream<Result<Answer, any Error>>.makeStream()
        thread.async {
            answer.yield(Result { try work() })
            answer.finish()
        }
        let limit = DispatchTime.now() + .seconds(CheckpointArchiver.limitSeconds)
        DispatchQueue.global().asyncAfter(deadline: limit) { answer.finish() }
        for await result in answers { return try result.get() }
        throw ArchiveError(.unavailable, "the folder \(archive.path) does not answer")
    }
}
