// Compares every connector's list with ours once in a while, on one process of all, and warns.

import HeedConsent
package import HeedEngine
package import Logging
import ServiceLifecycle

/// Runs the reconciler for each connector once an interval; it never fixes anything.
///
/// When a connector was compared last is a lease of its own in the database, so that any number of
/// nodes do it once and a new connector need not wait for the others.
package struct DriftChecker: Service {
    /// Seconds between two comparisons: a day.
    package static let intervalSeconds: Int64 = 86_400
    /// Seconds after which another process may begin one that was left unfinished.
    package static let leaseSeconds: Int64 = 1800
    /// Pages after which the lease is renewed; each renewal is a write.
    static let pagesPerLease = 50

    /// How often.
    package struct Options: Sendable {
        /// Seconds between two comparisons with one connector.
        package var intervalSeconds = DriftChecker.intervalSeconds
        /// The pause before each look whether one is due.
        package var lookMilliseconds: Int64 = 600_000

        /// Once a day.
        package init() {}
    }

    private let engine: Engine
    private let reconciler: Reconciler
    private let holder: [UInt8]
    private let options: Options
    private let logger: Logger

    /// Takes the door, who compares, and 16 random bytes that name this process.
    package init(
        engine: Engine,
        reconciler: Reconciler,
        holder: [UInt8],
        options: Options = Options(),
        logger: Logger
    ) {
        self.engine = engine
        self.reconciler = reconciler
        self.holder = holder
        self.options = options
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    ///
    /// The first look comes after a pause too: a server that starts has opt-outs to tell first.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let pause = Duration.milliseconds(options.lookMilliseconds)
            while (try? await Task.sleep(for: pause)) != nil { await look() }
        }
    }

    /// Compares with each connector that is due; those that were.
    @discardableResult
    func look() async -> [Reconciliation] {
        var found: [Reconciliation] = []
        do {
            for settings in try await engine.ask(ListConnectors())
            where settings.disabledAt == nil {
                guard let reconciliation = await compare(settings) else { continue }
                found.append(reconciliation)
                tell(reconciliation)
            }
        } catch {
            logger.error("the connectors cannot be read", metadata: ["error": "\(error)"])
        }
        return found
    }

    /// Nil when it is not due, was taken over, or could not be done.
    private func compare(_ settings: ConnectorSettings) async -> Reconciliation? {
        let lease = "reconcile:\(settings.name)"
        do {
            guard try await take(lease) else { return nil }
            var pages = 0
            let report = try await reconciler.run(
                settings,
                .reporting,
                as: .system("drift-checker")
            ) {
                pages += 1
                guard pages.isMultiple(of: DriftChecker.pagesPerLease) else { return }
                // Another process may have taken over from one that slept for too long.
                guard try await take(lease) else { throw CancellationError() }
            }
            try await engine.finishPeriodic(lease, seconds: options.intervalSeconds)
            return report.reconciliation
        } catch is CancellationError {
            return nil
        } catch {
            logger.error(
                "a comparison failed",
                metadata: ["connector": "\(settings.name)", "error": "\(error)"]
            )
            return nil
        }
    }

    private func take(_ lease: String) async throws -> Bool {
        try await engine.beginPeriodic(lease, holder: holder, seconds: DriftChecker.leaseSeconds)
    }

    private func tell(_ reconciliation: Reconciliation) {
        var metadata: Logger.Metadata = ["connector": "\(reconciliation.connector)"]
        if case .brokenOff(let answer) = reconciliation.outcome {
            metadata["answer"] = "\(answer)"
            logger.warning("a connector's list could not be read to its end", metadata: metadata)
            return
        }
        for count in [Reconciliation.Count.here, .there, .missingThere, .missingHere] {
            metadata["\(count.rawValue)"] = "\(reconciliation[count])"
        }
        guard reconciliation.differences > 0 else {
            logger.info("a connector agrees", metadata: metadata)
            return
        }
        logger.warning("a connector differs; see `heed reconcile`", metadata: metadata)
    }
}
