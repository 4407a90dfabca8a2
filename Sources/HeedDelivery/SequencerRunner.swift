// Keeps the log up to date: steps the sequencer, again and again.

import HeedConsent
package import HeedEngine
import HeedStore
package import Logging
import ServiceLifecycle

/// Takes what has been committed into the log, and rings when there is a new checkpoint.
///
/// Whoever passes checkpoints on listens to that bell, so that neither a dead disk nor a dead
/// witness delays the log.
package struct SequencerRunner: Service {
    /// The default pace; a quarter of a second keeps the log well within a second of the commits.
    package static func pace(_ doorbell: Doorbell) -> Rounds {
        Rounds(
            doorbell: doorbell,
            pollMilliseconds: 250,
            pausesMilliseconds: 250...8000
        )
    }

    private let sequencer: Sequencer
    private let rounds: Rounds
    private let news: Doorbell
    private let logger: Logger

    /// Takes the sequencer, the pace, and the bell to ring at a new checkpoint.
    package init(sequencer: Sequencer, rounds: Rounds, news: Doorbell, logger: Logger) {
        self.sequencer = sequencer
        self.rounds = rounds
        self.news = news
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        await rounds.run { await self.look() }
        do {
            try await sequencer.release()
        } catch {
            // It runs out by itself.
            logger.warning("the log's lease was not given back", metadata: ["error": "\(error)"])
        }
    }

    private func look() async -> RoundOutcome {
        do {
            while case .extended(_, let more) = try await sequencer.step() {
                news.ring()
                // A process that is told to stop leaves the rest to the next one.
                if !more || Task.isCancelled { break }
            }
            return .done
        } catch let damage as LogDamage {
            logger.critical(
                "the log is damaged, nothing is signed until a person has looked",
                metadata: ["reason": "\(damage.message)"]
            )
            return .alarming
        } catch {
            logger.error("the log could not be extended", metadata: ["error": "\(error)"])
            return .failed
        }
    }
}
