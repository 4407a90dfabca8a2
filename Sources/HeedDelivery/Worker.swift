// The worker: which runner serves which lane, and which handler does which job.

package import HeedConsent
package import HeedEngine
import HeedStore
package import Logging
package import ServiceLifecycle

/// What does the jobs of a process.
///
/// Opt-outs have a lane of their own, so that no other work holds them up.
package struct Worker: Sendable {
    /// How much at a time, and for how long.
    package struct Options: Sendable {
        /// Opt-outs told at the same time.
        package let concurrency: Int
        /// Seconds a claimed job is kept from other workers.
        package let leaseSeconds: Int64

        /// Takes both.
        package init(concurrency: Int, leaseSeconds: Int64) {
            self.concurrency = concurrency
            self.leaseSeconds = leaseSeconds
        }
    }

    private let telling: ConnectorTelling
    private let options: Options
    private let logger: Logger
    private let optOuts: OptOutHandler
    private let erasures: ErasureHandler

    /// Takes what speaks to other systems, how much to do at a time, and where to measure and log.
    package init(
        _ telling: ConnectorTelling,
        options: Options,
        metrics: DeliveryMetrics = DeliveryMetrics(),
        logger: Logger
    ) {
        self.telling = telling
        self.options = options
        self.logger = logger
        optOuts = OptOutHandler(telling, metrics: metrics)
        erasures = ErasureHandler(telling)
    }

    /// The runner of the opt-out lane, the runner of everything else, and what gives the jobs of a
    /// worker that died back to the others.
    package var services: [any Service] {
        [
            runner(.optOut, concurrency: options.concurrency, handle),
            runner(.general, concurrency: 2, handle),
            Rescuer(engine: telling.engine, intervalMilliseconds: 2000, logger: logger),
        ]
    }

    /// The runner of Heed's own messages, for processes that have a way out for them.
    package func messenger(_ outlet: MailOutlet) -> any Service {
        let handler = MailHandler(
            engine: telling.engine,
            outlet: outlet,
            retryPolicy: telling.retryPolicy,
            surroundings: telling.surroundings,
            logger: logger
        )
        // A mail server takes few conversations at once from one sender.
        return runner(.mail, concurrency: 4, handler.handle)
    }

    /// Does a job of the opt-out or the general lane and records the outcome.
    ///
    /// - Throws: when the outcome could not be recorded; the job's lease then runs out and it is
    ///   done again.
    package func handle(_ job: Job) async throws {
        switch job.kind {
        case .startOptOut, .tellConnector: try await optOuts.handle(job)
        case .rights: try await erasures.handle(job)
        case .mail: throw StrayJob(kind: job.kind.stored.name)
        }
    }

    private func runner(
        _ lane: Job.Lane,
        concurrency: Int,
        _ handle: @escaping @Sendable (Job) async throws -> Void
    ) -> Runner {
        Runner(
            engine: telling.engine,
            options: .init(
                lane: lane,
                concurrency: concurrency,
                leaseSeconds: options.leaseSeconds,
                pollMilliseconds: 250
            ),
            gate: telling.gate,
            logger: logger,
            handle: handle
        )
    }
}
