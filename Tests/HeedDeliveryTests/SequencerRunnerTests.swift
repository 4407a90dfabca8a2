// The log follows the commits, through faults, and stops with a clear word where it is damaged.

import HeedConsent
import HeedDelivery
import HeedEngine
import HeedLedger
import HeedStore
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@Suite("Sequencer runner", .timeLimit(.minutes(10)))
struct SequencerRunnerTests {
    private func runner(
        _ installation: Installation,
        _ rounds: Rounds = .quick(),
        news: Doorbell = Doorbell(),
        lines: LogLines = LogLines()
    ) -> SequencerRunner {
        SequencerRunner(
            sequencer: installation.sequencer(),
            rounds: rounds,
            news: news,
            logger: lines.logger
        )
    }

    @Test func takesInWhatComesAndRings() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let news = Doorbell()
            let rings = news.rings()
            let runner = runner(installation, news: news)
            try await installation.addEvents(3)
            try await running({ try await runner.run() }) {
                for await _ in rings { break }
                #expect(try await installation.logSize() == 3)
                try await installation.addEvents(2)
                for await _ in rings { break }
                #expect(try await installation.logSize() == 5)
                return true
            }
        }
    }

    @Test func comesAtOnceWhenRung() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let (bell, lines) = (Doorbell(), LogLines())
            let runner = runner(installation, .quick(bell, polls: false), lines: lines)
            var added: Int64 = 0
            try await running({ try await runner.run() }) {
                if try await installation.logSize() == added {
                    try await installation.addEvents(1)
                    added += 1
                }
                bell.ring()
                return added == 4
            }
            #expect(lines.all.isEmpty)
        }
    }

    @Test func givesTheLeaseBackWhenItIsTold() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addEvents(1)
            let news = Doorbell()
            let rings = news.rings()
            let group = ServiceGroup(
                services: [runner(installation, news: news)],
                logger: LogLines().logger
            )
            async let stopped: Void = group.run()
            for await _ in rings { break }
            #expect(try await installation.number("SELECT count(*) FROM leases") == 1)
            await group.triggerGracefulShutdown()
            try await stopped
            #expect(try await installation.number("SELECT count(*) FROM leases") == 0)
        }
    }

    @Test func aDatabaseThatFailsIsMetAgain() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addEvents(10)
            let faulty = FaultyDatabase(
                installation.database,
                [.beforeCommit, .atStatement(3), .afterCommit, .beforeCommit]
            )
            let lines = LogLines()
            let runner = SequencerRunner(
                sequencer: installation.sequencer(Engine(database: faulty)),
                rounds: .quick(),
                news: Doorbell(),
                logger: lines.logger
            )
            try await running({ try await runner.run() }) {
                try await wait { try await installation.logSize() == 10 }
                // The fault after a commit is over when the next event is in.
                try await installation.addEvents(1)
                try await wait { try await installation.logSize() == 11 }
                return true
            }
            #expect(lines.of(.error).count == 4)
            #expect(lines.of(.critical).isEmpty)
            #expect(try await installation.number("SELECT count(*) FROM checkpoints") == 2)
        }
    }

    @Test func damageIsCriticalAndLookedAtAgain() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addCheckpoints(2)
            try await installation.addEvents(1)
            let sequencer = installation.sequencer()
            let other = try Checkpoint(origin: Installation.origin, size: 2, root: .leaf([]))
            sequencer.mustExtend(other)
            let lines = LogLines()
            let runner = SequencerRunner(
                sequencer: sequencer,
                rounds: .quick(),
                news: Doorbell(),
                logger: lines.logger
            )
            try await running({ try await runner.run() }) { lines.of(.critical).count >= 3 }
            #expect(
                lines.of(.critical).first
                    == "critical the log is damaged, nothing is signed until a person has looked "
                    + "reason=the log does not extend the checkpoint signed at 2"
            )
            #expect(try await installation.logSize() == 2)
        }
    }
}
