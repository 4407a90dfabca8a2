// Runs uploaded imports in the background of a process that takes uploads.

import HeedConsent
package import HeedEngine
import HeedExchange
package import HeedLists
package import Logging
import ServiceLifecycle

/// Works on uploads and undos as they come, and on those a dead process left behind.
package struct ImportRunner: Service {
    private let worker: ImportWorker
    private let rounds: Rounds
    private let logger: Logger

    /// Takes the door, the folder of uploads, the bell for them, and 16 random bytes that name this
    /// process.
    package init(
        engine: Engine,
        spool: ImportSpool,
        doorbell: Doorbell,
        holder: [UInt8],
        logger: Logger
    ) {
        worker = ImportWorker(engine: engine, spool: spool, holder: holder)
        // Other processes ask for undos, and have no way to ring here.
        rounds = Rounds(
            doorbell: doorbell,
            pollMilliseconds: 2000,
            pausesMilliseconds: 1000...60_000
        )
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws { await rounds.run(look) }

    func look() async -> RoundOutcome {
        do {
            try await worker.round { id, outcome in
                logger.info(
                    "an import is over",
                    metadata: ["batch": "\(id.text)", "outcome": "\(outcome)"]
                )
            }
            return .done
        } catch is CancellationError {
            return .done
        } catch {
            logger.error("imports wait for the database", metadata: ["error": "\(error)"])
            return .failed
        }
    }
}
