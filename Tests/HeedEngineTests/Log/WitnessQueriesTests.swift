// What a witness is shown, from whichever size it knows, and what is kept of its word.

import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Witness queries")
struct WitnessQueriesTests {
    private let witness: NoteSigner

    init() throws {
        witness = try NoteSigner(
            name: "w.example",
            algorithm: .cosignature,
            seed: [UInt8](repeating: 2, count: 32)
        )
    }

    private func request(
        _ installation: Installation,
        knowing size: Int? = nil
    ) async throws -> CheckpointToCosign.Request {
        try await installation.engine.ask(CheckpointToCosign(for: witness.verifier, knowing: size))
    }

    @Test(arguments: Backend.allCases)
    func everyKnownSizeGetsItsProof(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            guard case .none = try await request(installation) else {
                Issue.record("there is nothing to cosign yet")
                return
            }
            try await installation.addEvents(300)
            _ = try await installation.sequencer().catchUp()
            let leaves = try await installation.bodies().map { Hash.leaf($0) }
            for known in [0, 1, 2, 255, 256, 257, 299, 300] {
                guard
                    case .ask(let request, size: 300) = try await request(
                        installation,
                        knowing: known
                    )
                else {
                    Issue.record("nothing is asked from \(known)")
                    continue
                }
                #expect(request.oldSize == known)
                // As the witness reads it from the wire.
                let read = try WitnessRequest(bytes: request.bytes)
                let head = try Checkpoint(text: read.checkpoint.text)
                try read.proof().verifyGrowth(
                    oldRoot: Tree.root(of: leaves.prefix(known)),
                    newRoot: head.root
                )
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aWitnessThatKnowsMore(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            guard case .behind(size: 0) = try await request(installation, knowing: 1) else {
                Issue.record("an empty log is behind")
                return
            }
            try await installation.addEvents(2)
            _ = try await installation.sequencer().catchUp()
            guard case .behind(size: 2) = try await request(installation, knowing: 3) else {
                Issue.record("the log is behind")
                return
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWasCosignedIsNotAskedAgain(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.addEvents(2)
            _ = try await installation.sequencer().catchUp()
            let heads = try await installation.checkpoints()
            let head = try #require(heads.last)
            let word = try witness.cosign(head, at: 7)
            for _ in 0..<2 {
                try await installation.engine.keep(word, by: witness.verifier, ofSize: 2)
            }
            let kept = try await installation.number("SELECT count(*) FROM checkpoint_cosignatures")
            #expect(kept == 1)
            guard case .none = try await request(installation) else {
                Issue.record("the witness is asked again")
                return
            }
            try await installation.addEvents(2)
            _ = try await installation.sequencer().catchUp()
            guard case .ask(let next, size: 4) = try await request(installation) else {
                Issue.record("the witness is not asked about the new head")
                return
            }
            #expect(next.oldSize == 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func checkpointsComeInPages(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            for _ in 0..<3 {
                try await installation.addEvents(2)
                _ = try await installation.sequencer().catchUp()
            }
            let engine = installation.engine
            #expect(try await engine.ask(CheckpointsAbove(0, limit: 2)).map(\.size) == [2, 4])
            #expect(try await engine.ask(CheckpointsAbove(4, limit: 2)).map(\.size) == [6])
            #expect(try await engine.ask(CheckpointsAbove(6, limit: 2)).isEmpty)
        }
    }
}
