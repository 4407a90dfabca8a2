// Rounds begin at once, at a ring, after a pause, and end when they are told to.

import HeedEngine
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("Rounds", .timeLimit(.minutes(10)))
struct RoundsTests {
    private final class Count: Sendable {
        private let value = Mutex(0)
        var now: Int { value.withLock { $0 } }
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    @Test func theFirstAtOnceTheNextAtARing() async throws {
        let (count, bell) = (Count(), Doorbell())
        let rounds = Rounds.quick(bell, polls: false)
        try await running {
            await rounds.run {
                _ = count.next()
                return .done
            }
        } until: {
            // Only a ring can have made more than one.
            if count.now > 0 { bell.ring() }
            return count.now >= 5
        }
    }

    @Test func pollingNeedsNoRing() async throws {
        let count = Count()
        try await running {
            await Rounds.quick().run {
                _ = count.next()
                return .done
            }
        } until: {
            count.now >= 5
        }
    }

    /// Rings fold into one, and a round in the middle of its pause is not woken by them.
    @Test(arguments: [RoundOutcome.failed, .alarming, .resting])
    func theNextComesAfterThePause(_ outcome: RoundOutcome) async throws {
        let (count, bell) = (Count(), Doorbell())
        let pauses = Rounds(
            doorbell: bell,
            pollMilliseconds: 3_600_000,
            pausesMilliseconds: 3_600_000...3_600_000
        )
        let (began, hasBegun) = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await pauses.run {
                    hasBegun.yield()
                    _ = count.next()
                    return outcome
                }
            }
            for await _ in began { break }
            for _ in 0..<1000 {
                bell.ring()
                await Task.yield()
            }
            group.cancelAll()
        }
        #expect(count.now == 1)
    }

    @Test func oneAtATimeAndEndedGracefully() async throws {
        struct Looking: Service {
            let rounds: Rounds
            let count: Count
            let began: AsyncStream<Void>.Continuation
            func run() async throws {
                await rounds.run {
                    if count.next() == 3 { began.finish() }
                    return .failed
                }
            }
        }
        let (began, hasBegun) = AsyncStream<Void>.makeStream()
        let service = Looking(rounds: .quick(), count: Count(), began: hasBegun)
        let group = ServiceGroup(services: [service], logger: LogLines().logger)
        async let stopped: Void = group.run()
        for await _ in began {}
        await group.triggerGracefulShutdown()
        try await stopped
        #expect(service.count.now >= 3)
    }
}
