// What the log shows: its head with or without witnesses, its tiles, its entries, and proofs.

import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Log queries", .timeLimit(.minutes(5)))
struct LogQueriesTests {
    private func witness(_ number: UInt8) throws -> NoteSigner {
        try NoteSigner(
            name: "w\(number).example",
            algorithm: .cosignature,
            seed: [UInt8](repeating: number, count: 32)
        )
    }

    /// Adds events and a checkpoint over them.
    private func grow(_ installation: Installation, by count: Int) async throws {
        try await installation.addEvents(count)
        try await installation.sequencer().catchUp()
    }

    private func cosign(_ installation: Installation, _ size: Int, _ number: UInt8) async throws {
        let heads = try await installation.checkpoints()
        let head = try #require(heads.first { $0.size == size })
        let signer = try witness(number)
        let word = try signer.cosign(head, at: 1_700_000_000)
        try await installation.engine.keep(word, by: signer.verifier, ofSize: size)
    }

    private func events(_ installation: Installation) async throws -> [EventID] {
        try await installation.sql("SELECT id FROM audit_events ORDER BY position").map {
            try $0.id(0)
        }
    }

    // MARK: - The head

    @Test(arguments: Backend.allCases)
    func anEmptyLogShowsNoHead(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let head = try await installation.engine.ask(PublishedCheckpoint())
            #expect(head?.size == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func theHeadWaitsForItsWitnessesForAWhile(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let engine = installation.engine
            try await grow(installation, by: 2)
            // Nobody has cosigned anything: the newest is all there is.
            let early = try await engine.ask(PublishedCheckpoint(quorum: 2, patience: 60))
            #expect(early?.size == 2)
            try await cosign(installation, 2, 1)
            try await cosign(installation, 2, 2)
            installation.clock.advance(seconds: 60)
            try await grow(installation, by: 2)
            try await cosign(installation, 4, 1)
            let waiting = try await engine.ask(PublishedCheckpoint(quorum: 2, patience: 60))
            #expect(waiting?.size == 2)
            #expect(try await engine.ask(PublishedCheckpoint(quorum: 1))?.size == 4)
            #expect(try await engine.ask(PublishedCheckpoint())?.size == 4)
            installation.clock.advance(seconds: 1)
            try await grow(installation, by: 2)
            let late = try await engine.ask(PublishedCheckpoint(quorum: 2, patience: 60))
            #expect(late?.size == 6)
            #expect(late?.signedAt == installation.clock.now)
        }
    }

    @Test(arguments: Backend.allCases)
    func theHeadCarriesTheLinesOfItsWitnesses(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await grow(installation, by: 3)
            try await cosign(installation, 3, 1)
            try await cosign(installation, 3, 2)
            let answer = try await installation.engine.ask(PublishedCheckpoint(quorum: 2))
            let head = try #require(answer)
            let log = try await installation.logKey()
            #expect(head.verifier == log.text)
            let keys = try [log, witness(1).verifier, witness(2).verifier]
            #expect(try SignedNote(bytes: head.note.bytes).verified(by: keys).count == 3)
        }
    }

    // MARK: - Tiles and entries

    @Test(arguments: Backend.allCases)
    func tilesOfASmallLog(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await grow(installation, by: 300)
            try await grow(installation, by: 230)
            let leaves = try await installation.bodies().map { Hash.leaf($0) }
            for size in [1, 255, 256, 257, 300, 512, 530] {
                for tile in try Tile.all(inTreeOf: size) {
                    let data = try await installation.engine.ask(LogTile(tile))
                    let expected = try tile.data { subtrees throws(LedgerError) in
                        subtrees.map { subtree in
                            let first = subtree.index << subtree.level
                            return Tree.root(of: leaves[first..<first + 1 << subtree.level])
                        }
                    }
                    #expect(data == expected, "\(tile.path)")
                }
            }
            for (level, index, width) in [(0, 2, 19), (0, 2, 256), (0, 3, 1), (1, 0, 3), (2, 0, 1)]
            {
                let tile = try Tile(level: level, index: index, width: width)
                #expect(try await installation.engine.ask(LogTile(tile)) == nil, "\(tile.path)")
            }
        }
    }

    /// The upper levels, over more leaves than are worth committing one by one.
    @Test(arguments: Backend.allCases)
    func tilesOfALargeLog(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let size = 65_536 + 256 + 1
            var writer = TileWriter()
            let leaf = Hash.leaf([])
            for _ in 0..<size { writer.append(leaf) }
            let root = writer.tree.root
            let contents = writer.takeChanged()
            try await installation.database.write { transaction in
                for content in contents where content.tile.isFull {
                    let hashes = try stride(from: 0, to: content.data.count, by: 32).map {
                        try Hash(bytes: content.data[$0..<$0 + 32])
                    }
                    try transaction.insert(
                        content.tile,
                        root: Tree.root(of: hashes),
                        data: content.data
                    )
                }
                try transaction.insert(
                    StoredLeaf(
                        index: size - 1,
                        position: Int64(size),
                        event: transaction.newID(),
                        hash: leaf
                    )
                )
            }
            for content in contents {
                let data = try await installation.engine.ask(LogTile(content.tile))
                #expect(data == content.data, "\(content.tile.path)")
            }
            #expect(Set(contents.map(\.tile.level)) == [0, 1, 2])
            let first = try await installation.database.read { transaction in
                var reader = transaction.tileReader(ofSize: size)
                return (try reader.inclusionProof(index: 40_000), reader.readCount)
            }
            try first.0.verify(leaf: leaf, root: root)
            #expect(first.1 <= 2 * 2 + 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func entriesAreTheBytesBehindTheHashes(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await grow(installation, by: 258)
            let bodies = try await installation.bodies()
            for (index, width) in [(0, 256), (0, 1), (1, 2), (1, 1)] {
                let tile = try Tile(level: 0, index: index, width: width)
                let answer = try await installation.engine.ask(LogEntries(below: tile))
                let expected = Array(bodies[index * 256..<index * 256 + width])
                #expect(answer == .bundle(try EntryBundle.encode(expected)))
            }
            let missing = try Tile(level: 0, index: 1, width: 3)
            #expect(try await installation.engine.ask(LogEntries(below: missing)) == .missing)
            try await installation.disarm()
            try await installation.sql(
                "DELETE FROM audit_events WHERE position = "
                    + "(SELECT position FROM ledger_leaves WHERE leaf_index = 2)"
            )
            let first = try Tile(level: 0, index: 0)
            #expect(try await installation.engine.ask(LogEntries(below: first)) == .purged)
            #expect(try await installation.engine.ask(LogTile(first)) != nil)
        }
    }

    // MARK: - Proofs

    @Test(arguments: Backend.allCases)
    func everyEventIsProved(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await grow(installation, by: 300)
            let (log, bodies) = (try await installation.logKey(), try await installation.bodies())
            for (index, event) in try await events(installation).enumerated() {
                guard
                    case .proof(let proof, let leaf, let body) = try await installation.engine.ask(
                        ProveEvent(event)
                    )
                else {
                    Issue.record("event \(index) is not proved")
                    continue
                }
                #expect(body == bodies[index])
                #expect(leaf == Hash.leaf(bodies[index]))
                let read = try TLogProof(bytes: proof.bytes)
                #expect(read.index == index)
                let head = try read.verify(leaf: leaf, origin: log.name, log: log)
                #expect(head.size == 300)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func whatIsNotInTheLogYetOrNeverWas(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await grow(installation, by: 1)
            try await installation.addEvents(1)
            let all = try await events(installation)
            let event = try #require(all.last)
            guard case .pending = try await installation.engine.ask(ProveEvent(event)) else {
                Issue.record("the event is not pending")
                return
            }
            let strange = EventID(high: 1, low: 2)
            guard case .unknown = try await installation.engine.ask(ProveEvent(strange)) else {
                Issue.record("the event is known")
                return
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aProofPrefersAWitnessedHeadThatHoldsTheEvent(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await grow(installation, by: 2)
            try await cosign(installation, 2, 1)
            try await grow(installation, by: 2)
            let log = try await installation.logKey()
            for (index, event) in try await events(installation).enumerated() {
                let question = ProveEvent(event, quorum: 1)
                guard
                    case .proof(let proof, let leaf, _) = try await installation.engine.ask(
                        question
                    )
                else {
                    Issue.record("event \(index) is not proved")
                    continue
                }
                let policy =
                    index < 2
                    ? try WitnessPolicy(witnesses: [witness(1).verifier], quorum: 1) : .none
                let head = try proof.verify(
                    leaf: leaf,
                    origin: log.name,
                    log: log,
                    policy: policy
                )
                #expect(head.size == (index < 2 ? 2 : 4))
            }
        }
    }
}
