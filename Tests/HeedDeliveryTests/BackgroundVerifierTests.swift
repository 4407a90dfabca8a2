// The verifier in the background: once an interval on one process of all, and its findings kept.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import Logging
import Synchronization
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("BackgroundVerifier")
struct BackgroundVerifierTests {
    private let log = Captured()

    private func verifier(
        _ installation: Installation,
        holder: UInt8 = 1,
        pause: @escaping @Sendable () async throws -> Void = {}
    ) -> BackgroundVerifier {
        var options = BackgroundVerifier.Options()
        options.pause = pause
        options.lookMilliseconds = 1
        return BackgroundVerifier(
            engine: installation.engine,
            holder: [UInt8](repeating: holder, count: 16),
            options: options,
            logger: log.logger
        )
    }

    private func withLog(
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.decide(Sample.address())
            let sequencer = Sequencer(
                engine: installation.engine,
                origin: "heed.example/log",
                holder: [UInt8](repeating: 1, count: 16)
            )
            try await sequencer.catchUp()
            try await body(installation)
        }
    }

    @Test func runsOnceAnIntervalWhicheverProcess() async throws {
        try await withLog { installation in
            let (one, two) = (verifier(installation), verifier(installation, holder: 2))
            #expect(await one.look()?.isClean == true)
            #expect(await one.look() == nil)
            #expect(await two.look() == nil)
            installation.clock.advance(seconds: BackgroundVerifier.intervalSeconds)
            #expect(await two.look()?.isClean == true)
            #expect(await one.look() == nil)
            let kept = try await installation.number("SELECT count(*) FROM verifications")
            #expect(kept == 2)
            #expect(log.lines.map(\.level) == [.info, .info])
        }
    }

    @Test func aFindingIsToldAndSoIsItsEnd() async throws {
        try await withLog { installation in
            let service = verifier(installation)
            try await installation.sql("UPDATE permissions SET state = 'denied'")
            #expect(await service.look()?.count == 1)
            #expect(log.lines.map(\.level) == [.error, .error])
            #expect(log.lines.last?.text.contains("permission.changed") == true)
            let last = try await installation.engine.ask(LastVerification())
            #expect(last?.findings == 1)
            try await installation.sql("UPDATE permissions SET state = 'granted'")
            installation.clock.advance(seconds: BackgroundVerifier.intervalSeconds)
            #expect(await service.look()?.isClean == true)
            #expect(log.lines.last?.level == .notice)
            installation.clock.advance(seconds: BackgroundVerifier.intervalSeconds)
            #expect(await service.look()?.isClean == true)
            #expect(log.lines.last?.level == .info)
        }
    }

    /// A run that was stopped is begun again by whoever comes after its lease.
    @Test func aRunThatWasStoppedIsBegunAgain() async throws {
        try await withLog { installation in
            let stopped = verifier(installation) { throw CancellationError() }
            #expect(await stopped.look() == nil)
            let other = verifier(installation, holder: 2)
            #expect(await other.look() == nil)
            installation.clock.advance(seconds: BackgroundVerifier.leaseSeconds)
            #expect(await other.look()?.isClean == true)
        }
    }

    @Test func itRunsSoonAfterTheStartAndEndsWhenTold() async throws {
        try await withLog { installation in
            let service = verifier(installation)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                while try await installation.engine.ask(LastVerification()) == nil {
                    await Task.yield()
                }
                group.cancelAll()
            }
        }
    }
}

/// The lines a logger was given.
private final class Captured: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let text: String
    }

    private let kept = Mutex<[Line]>([])

    var lines: [Line] { kept.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(captured: self) } }

    private struct Handler: LogHandler {
        let captured: Captured
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let text = "\(event.message) \(event.metadata ?? [:])"
            captured.kept.withLock { $0.append(Line(level: event.level, text: text)) }
        }
    }
}
