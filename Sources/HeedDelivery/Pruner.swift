// The monthly purge: looks every hour whether it is due, on one process of all.

package import HeedConsent
package import HeedEngine
import HeedRights
package import Logging
import ServiceLifecycle

/// Purges what is past its retention, once in thirty days.
///
/// When it was done last is a lease in the database, so that any number of nodes do it once.
package struct Pruner: Service {
    /// Seconds between two purges.
    package static let intervalSeconds: Int64 = 30 * 86_400
    /// Seconds after which another process may begin one that was left unfinished.
    package static let leaseSeconds: Int64 = 3600

    private let engine: Engine
    private let purger: Purger
    private let holder: [UInt8]
    private let pauseMilliseconds: Int64
    private let logger: Logger

    /// Takes the door, for how long rows are kept, 16 random bytes that name this process, and the
    /// pause between looks.
    package init(
        engine: Engine,
        retention: Retention,
        holder: [UInt8],
        pauseMilliseconds: Int64 = 3_600_000,
        logger: Logger
    ) {
        self.engine = engine
        purger = Purger(engine: engine, retention: retention)
        self.holder = holder
        self.pauseMilliseconds = pauseMilliseconds
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let pause = Duration.milliseconds(pauseMilliseconds)
            repeat { await look() } while (try? await Task.sleep(for: pause)) != nil
        }
    }

    /// Purges if it is due; true when it was.
    @discardableResult
    func look() async -> Bool {
        do {
            let isDue = try await engine.beginPeriodic(
                "purge",
                holder: holder,
                seconds: Pruner.leaseSeconds
            )
            guard isDue else { return false }
            let counts = try await purger.run(dryRun: false, as: .system("pruner"))
            try await engine.finishPeriodic("purge", seconds: Pruner.intervalSeconds)
            for count in counts where count.purged + count.held > 0 {
                logger.notice(
                    "purged rows past their retention",
                    metadata: [
                        "table": "\(count.kind.rawValue)", "rows": "\(count.purged)",
                        "before": "\(count.before.text)", "held": "\(count.held)",
                    ]
                )
            }
            return true
        } catch is CancellationError {
            return false
        } catch {
            logger.error("the purge failed", metadata: ["error": "\(error)"])
            return false
        }
    }
}
