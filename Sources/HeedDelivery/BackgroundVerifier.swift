// Verifies the database once in a while, slowly, on one process of all, and keeps what it found.

import HeedAudit
import HeedConsent
package import HeedEngine
package import Logging
import ServiceLifecycle

/// Runs the verifier soon after the start and then once an interval.
///
/// When it ran last is a lease in the database, so that any number of nodes do it once. Each
/// finding is logged, and the result is kept: `Watch` tells operators about it.
package struct BackgroundVerifier: Service {
    /// Seconds between two runs: a day.
    package static let intervalSeconds: Int64 = 86_400
    /// Seconds after which another process may begin a run that was left unfinished.
    package static let leaseSeconds: Int64 = 600
    /// Pages after which the lease is renewed; each renewal is a write.
    static let pagesPerLease = 100
    /// Findings that are logged one by one.
    static let loggedFindings = 10
    private static let leaseName = "verifier"

    /// How often and how slowly.
    package struct Options: Sendable {
        /// Seconds between two runs.
        package var intervalSeconds = BackgroundVerifier.intervalSeconds
        /// The pause between looks whether a run is due.
        package var lookMilliseconds: Int64 = 60_000
        /// The pause after each page, which leaves the machine to the server.
        package var pause: @Sendable () async throws -> Void = {
            try await Task.sleep(for: .milliseconds(50))
        }

        /// Once a day, with a pause of 50 ms after each page.
        package init() {}
    }

    private let engine: Engine
    private let holder: [UInt8]
    private let options: Options
    private let logger: Logger

    /// Takes the door and 16 random bytes that name this process.
    package init(engine: Engine, holder: [UInt8], options: Options = Options(), logger: Logger) {
        self.engine = engine
        self.holder = holder
        self.options = options
        self.logger = logger
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let pause = Duration.milliseconds(options.lookMilliseconds)
            repeat { await look() } while (try? await Task.sleep(for: pause)) != nil
        }
    }

    /// Verifies if it is due; the report when it was.
    @discardableResult
    func look() async -> Verifier.Report? {
        do {
            guard try await takeLease() else { return nil }
            let before = try await engine.ask(LastVerification())
            var pages = 0
            let report = try await Verifier(engine: engine).run { _ in
                try await options.pause()
                pages += 1
                guard pages.isMultiple(of: BackgroundVerifier.pagesPerLease) else { return }
                // Another process may have taken over from one that slept for too long.
                guard try await takeLease() else { throw CancellationError() }
            }
            try await engine.keep(report)
            try await engine.finishPeriodic(
                BackgroundVerifier.leaseName,
                seconds: options.intervalSeconds
            )
            tell(report, before: before)
            return report
        } catch is CancellationError {
            return nil
        } catch {
            logger.error("the verification failed", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func takeLease() async throws -> Bool {
        try await engine.beginPeriodic(
            BackgroundVerifier.leaseName,
            holder: holder,
            seconds: BackgroundVerifier.leaseSeconds
        )
    }

    private func tell(_ report: Verifier.Report, before: LastVerification.Result?) {
        guard !report.isClean else {
            let wasWrong = before.map { $0.findings > 0 } ?? false
            logger.log(
                level: wasWrong ? .notice : .info,
                wasWrong ? "the log verifies again" : "the log verifies",
                metadata: ["events": "\(report.logSize)"]
            )
            return
        }
        logger.error(
            "the database is not what was signed; run `heed verify`",
            metadata: ["findings": "\(report.count)", "events": "\(report.logSize)"]
        )
        for finding in report.findings.prefix(BackgroundVerifier.loggedFindings) {
            logger.error(
                "difference",
                metadata: [
                    "code": "\(finding.code.rawValue)", "place": "\(finding.place)",
                    "what": "\(finding.sentence)",
                ]
            )
        }
    }
}
