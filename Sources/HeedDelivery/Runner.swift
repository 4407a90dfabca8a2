// The worker of one lane: claims due jobs, does several at a time, and waits for more.

package import HeedConsent
package import HeedEngine
import HeedStore
package import Logging
import ServiceLifecycle
import Synchronization

/// Runs the jobs of one lane until it is told to stop; then it finishes what it has begun.
///
/// Each lane has a runner of its own, so opt-outs never wait for other work. A runner that dies
/// keeps its leases until they run out; the rescuer gives the jobs back then.
package struct Runner: Service {
    /// How a runner works.
    package struct Options: Sendable {
        /// The lane it serves.
        package let lane: Job.Lane
        /// Jobs done at the same time; those for one connector count apart, by the gate.
        package let concurrency: Int
        /// Seconds a claimed job is kept from other workers.
        package let leaseSeconds: Int64
        /// Milliseconds between looks at the queue when nobody rings: other processes add jobs too.
        package let pollMilliseconds: Int64

        /// Takes all four.
        package init(
            lane: Job.Lane,
            concurrency: Int,
            leaseSeconds: Int64,
            pollMilliseconds: Int64
        ) {
            self.lane = lane
            self.concurrency = concurrency
            self.leaseSeconds = leaseSeconds
            self.pollMilliseconds = pollMilliseconds
        }
    }

    private let engine: Engine
    private let options: Options
    private let gate: ConnectorGate
    private let logger: Logger
    private let handle: @Sendable (Job) async throws -> Void

    /// Takes the door, how to work, what may be asked of whom, and what to do with a job.
    package init(
        engine: Engine,
        options: Options,
        gate: ConnectorGate,
        logger: Logger,
        handle: @escaping @Sendable (Job) async throws -> Void
    ) {
        self.engine = engine
        self.options = options
        self.gate = gate
        self.logger = logger
        self.handle = handle
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let rings = engine.doorbell.rings()
        let running = Running()
        @Sendable func count(_ job: Job, _ difference: Int) {
            guard let connector = job.connector else { return running.add(difference) }
            difference > 0 ? gate.begin(connector) : gate.end(connector)
        }
        await withDiscardingTaskGroup { group in
            group.addTask { @Sendable in
                await cancelWhenGracefulShutdown { for await _ in rings { signal.yield() } }
            }
            group.addTask { @Sendable in
                await cancelWhenGracefulShutdown {
                    let pause = Duration.milliseconds(options.pollMilliseconds)
                    repeat { signal.yield() } while (try? await Task.sleep(for: pause)) != nil
                }
                signal.finish()
            }
            for await _ in signals {
                for job in await claim(free: options.concurrency - running.count) {
                    count(job, 1)
                    group.addTask { @Sendable in
                        await work(on: job)
                        count(job, -1)
                        signal.yield()
                    }
                }
            }
        }
    }

    private func claim(free: Int) async -> [Job] {
        do {
            var room: [String?: Int] = [:]
            for due in try await engine.ask(DueConnectors(lane: options.lane)) {
                let count =
                    due.connector.map { gate.room(for: $0, redrivenAt: due.redrivenAt) } ?? free
                if count > 0 { room[due.connector] = count }
            }
            // What is claimed after the end would be dropped at once. This is asked after the room,
            // because the end itself makes room.
            guard !room.isEmpty, !Task.isCancelled else { return [] }
            let claim = ClaimJobs(
                lane: options.lane,
                limit: room.values.reduce(0, +),
                room: room,
                leaseSeconds: options.leaseSeconds
            )
            return try await engine.perform(claim, as: .system("runner")).receipt
        } catch {
            logger.error("jobs could not be claimed", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func work(on job: Job) async {
        do {
            try await handle(job)
        } catch {
            // The lease runs out and the job is done again.
            logger.error(
                "a job's outcome could not be recorded",
                metadata: ["job": "\(job.id)", "error": "\(error)"]
            )
        }
    }
}

/// How many jobs that speak to no connector a runner has in its hands.
private final class Running: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func add(_ difference: Int) { value.withLock { $0 += difference } }
}
