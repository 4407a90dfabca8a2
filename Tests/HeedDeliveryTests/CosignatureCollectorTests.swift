// Witnesses cosign what is new, each at its own pace, and what they say is checked.

import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedLedger
import HeedStore
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@Suite("Cosignature collector", .timeLimit(.minutes(10)))
struct CosignatureCollectorTests {
    private func collector(
        _ installation: Installation,
        _ network: WitnessNetwork,
        _ rounds: Rounds = .quick(),
        lines: LogLines = LogLines()
    ) throws -> CosignatureCollector {
        CosignatureCollector(
            engine: installation.engine,
            transport: network,
            witnesses: try network.policy().witnesses,
            rounds: rounds,
            logger: lines.logger
        )
    }

    private func witness(
        _ installation: Installation,
        _ number: UInt8 = 1,
        _ manner: StrictWitness.Manner = .honest
    ) async throws -> StrictWitness {
        try StrictWitness(number, log: try await installation.logSigner().verifier, manner)
    }

    private func cosignatures(_ installation: Installation) async throws -> Int64 {
        try await installation.number("SELECT count(*) FROM checkpoint_cosignatures")
    }

    /// The published head carries good lines of these witnesses.
    private func expectHead(
        _ installation: Installation,
        size: Int,
        cosignedBy witnesses: [StrictWitness]
    ) async throws {
        let head = try await installation.engine.ask(
            PublishedCheckpoint(quorum: witnesses.count, patience: 60)
        )
        #expect(head?.size == size)
        let keys = witnesses.map(\.signer.verifier)
        #expect(try head?.note.verified(by: keys).count == witnesses.count)
    }

    @Test func everyWitnessFollowsTheLog() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let one = try await witness(installation, 1)
            let two = try await witness(installation, 2)
            let network = WitnessNetwork(witnesses: [one, two])
            let collector = try collector(installation, network)
            try await running({ try await collector.run() }) {
                for count in 1...4 {
                    try await installation.addEvents(count * 30)
                    try await installation.sequencer().catchUp()
                    try await wait { try await cosignatures(installation) >= count * 2 }
                }
                return true
            }
            #expect(one.cosigned == [30, 90, 180, 300])
            #expect(two.cosigned == one.cosigned)
            try await expectHead(installation, size: 300, cosignedBy: [one, two])
        }
    }

    @Test func onlyTheNewestIsSentWhenSeveralWait() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addCheckpoints(7)
            let one = try await witness(installation)
            let bell = Doorbell()
            let collector = try collector(
                installation,
                WitnessNetwork(witnesses: [one]),
                .quick(bell, polls: false)
            )
            try await running({ try await collector.run() }) {
                try await cosignatures(installation) == 1
            }
            #expect(one.cosigned == [7])
            #expect(one.requests == 1)
        }
    }

    @Test func theDeadTheSilentAndTheLyingDelayNobody() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let honest = try await witness(installation, 1)
            let bad: [StrictWitness.Manner] = [.dead, .silent, .lying, .confused]
            var others: [StrictWitness] = []
            for (index, manner) in bad.enumerated() {
                others.append(try await witness(installation, UInt8(index) + 2, manner))
            }
            let stranger = try StrictWitness(9, log: nil)
            let key = try NoteSigner(
                name: Installation.origin,
                seed: [UInt8](repeating: 8, count: 32)
            )
            let distrustful = try StrictWitness(10, log: key.verifier)
            let network = WitnessNetwork(
                witnesses: others + [stranger, distrustful, honest]
            )
            let lines = LogLines()
            let collector = try collector(installation, network, lines: lines)
            try await running({ try await collector.run() }) {
                for size in 1...5 {
                    try await installation.addCheckpoints(1)
                    try await wait { try await cosignatures(installation) >= size }
                }
                // All others were asked and noted, some of them again and again.
                let asked = network.witnesses.map(\.requests)
                let named = network.witnesses.filter { witness in
                    lines.of(.error).contains { $0.contains(witness.signer.verifier.name) }
                }
                return !asked.contains(0) && named.count == 5
            }
            #expect(honest.cosigned == [1, 2, 3, 4, 5])
            #expect(try await cosignatures(installation) == 5)
            #expect(others[1].requests == 1)
        }
    }

    @Test func aLostReplyIsAskedForAgain() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addCheckpoints(3)
            let one = try await witness(installation, 1, .losingReplies)
            let collector = try collector(installation, WitnessNetwork(witnesses: [one]))
            try await running({ try await collector.run() }) {
                // Its memory is ahead of ours now, by this very checkpoint.
                if one.cosigned.count >= 1 { one.become(.honest) }
                return try await cosignatures(installation) == 1
            }
            #expect(Set(one.cosigned) == [3])
            try await expectHead(installation, size: 3, cosignedBy: [one])
        }
    }

    @Test func theWitnessKnowsBestWhatItHasSeen() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addCheckpoints(5)
            let one = try await witness(installation)
            let body = try await installation.sql("SELECT root FROM checkpoints WHERE size = 3")
            one.believe(size: 3, root: try #require(body.first).hash(0))
            let lines = LogLines()
            let collector = try collector(
                installation,
                WitnessNetwork(witnesses: [one]),
                lines: lines
            )
            try await running({ try await collector.run() }) {
                try await cosignatures(installation) == 1
            }
            #expect(one.requests == 2)
            #expect(lines.all.isEmpty)
        }
    }

    @Test func aForkIsCritical() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addCheckpoints(5)
            let one = try await witness(installation)
            one.believe(size: 3, root: .leaf([]))
            let lines = LogLines()
            let collector = try collector(
                installation,
                WitnessNetwork(witnesses: [one]),
                lines: lines
            )
            try await running({ try await collector.run() }) { !lines.of(.critical).isEmpty }
            #expect(
                lines.of(.critical).first
                    == "critical a witness found no consistency, a fork is suspected "
                    + "witness=w1.example"
            )
            #expect(try await cosignatures(installation) == 0)
        }
    }

    @Test func aWitnessAheadOfTheDatabaseIsCritical() async throws {
        try await Backend.sqlite.withDatabase { installation in
            try await installation.addCheckpoints(2)
            let one = try await witness(installation)
            one.believe(size: 100, root: .leaf([]))
            let lines = LogLines()
            let collector = try collector(
                installation,
                WitnessNetwork(witnesses: [one]),
                lines: lines
            )
            try await running({ try await collector.run() }) { !lines.of(.critical).isEmpty }
            #expect(lines.of(.critical).first?.contains("ours=2 theirs=100") == true)
        }
    }

    /// A service that returned would end the process.
    @Test func withNobodyToAskItWaits() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let collector = try collector(installation, WitnessNetwork(witnesses: []))
            let group = ServiceGroup(services: [collector], logger: LogLines().logger)
            async let stopped: Void = group.run()
            await group.triggerGracefulShutdown()
            try await stopped
        }
    }
}
