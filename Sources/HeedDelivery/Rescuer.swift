// Housekeeping on the queue: gives back the jobs of dead workers and forgets old answers.

import HeedConsent
package import HeedEngine
import HeedStore
package import Logging
import ServiceLifecycle

/// Looks every few seconds for leases that ran out, and every so often for answers nobody will ask
/// for.
package struct Rescuer: Service {
    /// Seconds for which the answer to a request with an Idempotency-Key is kept.
    package static let answerSeconds: Int64 = 86_400

    private let engine: Engine
    private let intervalMilliseconds: Int64
    private let logger: Logger

    /// Takes the door and the pause between looks.
    package init(engine: Engine, intervalMilliseconds: Int64, logger: Logger) {
        self.engine = engine
        self.intervalMilliseconds = intervalMilliseconds
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let pause = Duration.milliseconds(intervalMilliseconds)
            repeat { await look() } while (try? await Task.sleep(for: pause)) != nil
        }
    }

    private func look() async {
        do {
            if try await engine.ask(HasAbandonedJobs()) {
                let rescued = try await engine.perform(RescueJobs(), as: .system("rescuer")).receipt
                logger.warning("gave back jobs of a dead worker", metadata: ["jobs": "\(rescued)"])
            }
            if try await engine.ask(HasOldAnswers(olderThan: Rescuer.answerSeconds)) {
                try await engine.forgetAnswers(olderThan: Rescuer.answerSeconds)
            }
        } catch {
            logger.error("housekeeping failed", metadata: ["error": "\(error)"])
        }
    }
}
