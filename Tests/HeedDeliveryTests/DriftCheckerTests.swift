// The comparison in the background: once an interval on one process of all, and it never fixes.

import HeedConnectors
import HeedConsent
import HeedEngine
import HeedStore
import Logging
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("DriftChecker")
struct DriftCheckerTests {
    private let provider = ListedProvider()
    private let log = LogLines()

    private func checker(
        _ installation: Installation,
        holder: UInt8 = 1
    ) -> DriftChecker {
        let clock = installation.clock
        var options = DriftChecker.Options()
        options.lookMilliseconds = 1
        return DriftChecker(
            engine: installation.engine,
            reconciler: Reconciler(
                engine: installation.engine,
                gate: ConnectorGate(slots: 4, surroundings: installation.surroundings),
                transport: provider,
                surroundings: installation.surroundings,
                pause: { clock.advance(seconds: $0) }
            ),
            holder: [UInt8](repeating: holder, count: 16),
            options: options,
            logger: log.logger
        )
    }

    private func withConnectors(
        _ names: [String],
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            for name in names { try await add(name, to: installation) }
            try await body(installation)
        }
    }

    private func add(_ name: String, to installation: Installation) async throws {
        let settings = try ConnectorSettings(
            name: name,
            kind: "sendgrid",
            url: "",
            secret: "key",
            options: ["scope.newsletter": "101"]
        )
        try await installation.record([.connectorAdded(settings)])
    }

    @Test func eachConnectorIsComparedOnceAnIntervalWhicheverProcess() async throws {
        try await withConnectors(["crm", "shop"]) { installation in
            let (one, two) = (checker(installation), checker(installation, holder: 2))
            #expect(await one.look().map(\.connector) == ["crm", "shop"])
            #expect(await one.look().isEmpty)
            #expect(await two.look().isEmpty)
            // A connector that is set up later need not wait for the others.
            try await add("later", to: installation)
            #expect(await two.look().map(\.connector) == ["later"])
            installation.clock.advance(seconds: DriftChecker.intervalSeconds)
            #expect(await two.look().count == 3)
            #expect(await one.look().isEmpty)
        }
    }

    @Test func aDifferenceIsAWarningAndStays() async throws {
        try await withConnectors(["crm"]) { installation in
            provider.everywhere = ["person1@mail.example"]
            let found = await checker(installation).look()
            #expect(found.map(\.differences) == [1])
            #expect(log.all.contains { $0.contains("a connector differs") })
            #expect(!log.all.contains { $0.contains("mail.example") })
            #expect(try await installation.number("SELECT count(*) FROM opt_outs") == 0)
            let last = try await installation.engine.ask(LastReconciliations())
            #expect(last.map(\.reconciliation) == found)
            #expect(last.map(\.reconciliation.isFixing) == [false])
        }
    }

    @Test func aListThatBreaksOffIsAWarning() async throws {
        try await withConnectors(["crm", "shop"]) { installation in
            provider.plan([0: .answer(403)])
            let found = await checker(installation).look()
            #expect(found.map(\.outcome) == [.brokenOff("HTTP 403"), .compared])
            #expect(log.all.contains { $0.contains("could not be read to its end") })
        }
    }

    /// One connector that cannot be made says so, and holds up no other.
    @Test func unusableSettingsHoldUpNoOther() async throws {
        try await withConnectors(["crm"]) { installation in
            let wrong = try ConnectorSettings(name: "a", kind: "sendgrid", url: "", secret: "")
            try await installation.record([.connectorAdded(wrong)])
            #expect(await checker(installation).look().map(\.connector) == ["crm"])
            #expect(log.all.contains { $0.contains("a comparison failed") })
        }
    }

    @Test func itRunsAndEndsWhenTold() async throws {
        try await withConnectors(["crm"]) { installation in
            let service = checker(installation)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                while try await installation.engine.ask(LastReconciliations()).isEmpty {
                    await Task.yield()
                }
                group.cancelAll()
            }
        }
    }
}
