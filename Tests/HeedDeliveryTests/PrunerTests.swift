// The monthly purge is done once, by one process, and again when it was left unfinished.

import HeedConsent
import HeedEngine
import HeedStore
import Logging
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("Pruner")
struct PrunerTests {
    private func pruner(_ engine: Engine, _ number: UInt8) throws -> Pruner {
        Pruner(
            engine: engine,
            retention: try Retention(),
            holder: [UInt8](repeating: number, count: 16),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test func oncePerMonthOnAllNodes() async throws {
        try await Backend.sqlite.withEngine { installation throws in
            let one = try pruner(installation.engine, 1)
            let two = try pruner(installation.engine, 2)
            #expect(await one.look())
            #expect(await !two.look())
            #expect(await !one.look())
            installation.clock.advance(seconds: Pruner.intervalSeconds - 1)
            #expect(await !two.look())
            installation.clock.advance(seconds: 1)
            #expect(await two.look())
            #expect(await !one.look())
        }
    }

    @Test func whatADeadProcessLeftIsTakenUp() async throws {
        try await Backend.sqlite.withEngine { installation throws in
            let dead = [UInt8](repeating: 9, count: 16)
            let began = try await installation.engine.beginPeriodic(
                "purge",
                holder: dead,
                seconds: Pruner.leaseSeconds
            )
            #expect(began)
            let other = try pruner(installation.engine, 1)
            #expect(await !other.look())
            installation.clock.advance(seconds: Pruner.leaseSeconds)
            #expect(await other.look())
        }
    }

    /// A database that cannot is met again at the next look.
    @Test func aFailureIsTriedAgain() async throws {
        try await Backend.sqlite.withEngine { installation throws in
            let pruner = try pruner(installation.engine, 1)
            try await installation.sql("ALTER TABLE leases RENAME TO gone")
            #expect(await !pruner.look())
            try await installation.sql("ALTER TABLE gone RENAME TO leases")
            #expect(await pruner.look())
        }
    }
}
