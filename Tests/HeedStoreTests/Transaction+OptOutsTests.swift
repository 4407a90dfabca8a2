// Opt-outs and their targets read back through all their states.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+OptOuts")
struct TransactionOptOutsTests {
    private let contact = Sample.contact()

    private func optOut(_ number: UInt64, _ extent: OptOut.Extent, region: String?) -> OptOut {
        OptOut(
            id: OptOutID(high: 0x7000, low: number),
            contact: contact.id,
            extent: extent,
            source: .oneClick,
            requestedAt: Timestamp(microseconds: 1_769_000_000_000_001),
            regime: .forRegion(region, channel: .email)
        )
    }

    @Test(arguments: Backend.allCases)
    func optOutsReadBackInEachState(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            var scoped = optOut(1, .scope(Sample.newsletter), region: "US")
            let global = optOut(2, .global, region: nil)
            try await installation.record([
                .contactAdded(contact, []), .optOutRequested(scoped, Evidence()),
                .optOutRequested(global, Sample.evidence()),
            ])
            #expect(try await installation.database.read { try $0.optOut(global.id) } == global)
            for status in OptOut.Status.allCases {
                scoped.status = status
                if status == .completed {
                    scoped.processedAt = scoped.requestedAt.adding(seconds: 3)
                    try await installation.record([.optOutCompleted(scoped)])
                } else {
                    try await installation.record([.optOutStarted(scoped)])
                }
                let stored = try await installation.database.read { [scoped] in
                    try $0.optOut(scoped.id)
                }
                #expect(stored == scoped)
            }
            let milliseconds = try await installation.number(
                "SELECT processing_ms FROM opt_outs WHERE id = $1",
                .id(scoped.id)
            )
            #expect(milliseconds == 3000)
            let unknown = OptOutID(high: 9, low: 9)
            #expect(try await installation.database.read { try $0.optOut(unknown) } == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func targetsReadBackByConnector(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let optOut = optOut(1, .global, region: "DE")
            var targets = ["beta", "alpha"].enumerated().map { number, name in
                OptOutTarget(
                    id: TargetID(high: 5, low: UInt64(number)),
                    optOut: optOut.id,
                    connector: name
                )
            }
            try await installation.record([
                .contactAdded(contact, []), .optOutRequested(optOut, Evidence()),
                .optOutEnqueued(optOut, targets),
            ])
            targets[0].attempts = 3
            targets[0].nextAttemptAt = Timestamp(seconds: -4)
            targets[0].answer = "503 ünavailable"
            targets[1].state = .confirmed
            targets[1].attempts = 1
            targets[1].answer = ""
            targets[1].confirmedAt = Timestamp(seconds: 8)
            try await installation.record([
                .targetFailed(targets[0], optOut),
                .targetConfirmed(targets[1], optOut, latencyMilliseconds: 1),
            ])
            let expected = targets
            try await installation.database.read { transaction throws in
                #expect(try transaction.targets(of: optOut.id) == [expected[1], expected[0]])
                #expect(try transaction.target(expected[0].id) == expected[0])
                #expect(try transaction.target(TargetID(high: 1, low: 1)) == nil)
                #expect(try transaction.targets(of: OptOutID(high: 1, low: 1)).isEmpty)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aConnectorIsToldOnceAnOptOut(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let optOut = optOut(1, .global, region: "DE")
            try await installation.record([
                .contactAdded(contact, []), .optOutRequested(optOut, Evidence()),
            ])
            let targets = (1...2).map {
                OptOutTarget(id: TargetID(high: 5, low: $0), optOut: optOut.id, connector: "same")
            }
            let effect = try await installation.effect {
                try await installation.record([.optOutEnqueued(optOut, targets)])
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }
}
