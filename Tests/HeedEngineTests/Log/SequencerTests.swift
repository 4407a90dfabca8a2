// The sequencer: contiguous, in order, whole after every fault, and never a second history.

import Foundation
import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Sequencer", .timeLimit(.minutes(5)))
struct SequencerTests {
    @Test(arguments: Backend.allCases)
    func anEmptyLogHasNoHead(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            #expect(try await installation.sequencer().step() == .idle)
            try await installation.expectLog(of: 0)
            #expect(try await installation.number("SELECT count(*) FROM leases") == 0)
        }
    }

    @Test(arguments: Backend.allCases, [1, 2, 3, 255, 256, 257, 1024])
    func resumesAfterEveryPrefix(_ backend: Backend, _ batch: Int) async throws {
        try await backend.withDatabase { installation in
            // Enough for two full tiles and a beginning, or for all small prefixes.
            let count = batch < 255 ? 21 : 2 * 256 + 9
            try await installation.addEvents(count)
            var size = 0
            while size < count {
                // A new process each time: everything it knows is in the database.
                let step = try await installation.sequencer(batch: batch).step()
                size = min(size + batch, count)
                #expect(step == .extended(size: size, more: size < count))
                try await installation.expectLog(of: size)
            }
            #expect(try await installation.sequencer(batch: batch).step() == .idle)
        }
    }

    @Test(arguments: Backend.allCases)
    func growsWithWhatIsCommitted(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let sequencer = installation.sequencer(batch: 7)
            for number in 1...6 {
                try await installation.optOut(Sample.address(number))
                let all = try await installation.bodies().count
                #expect(try await sequencer.catchUp() == all)
                #expect(try await sequencer.catchUp() == nil)
                try await installation.expectLog(of: all)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func crossesManyTilesInOneLog(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let sequencer = installation.sequencer(batch: 600)
            for count in [255, 1, 1, 700, 300] {
                try await installation.addEvents(count)
                _ = try await sequencer.catchUp()
            }
            try await installation.expectLog(of: 1257)
        }
    }

    @Test(arguments: Backend.allCases)
    func oneLeaderAtATime(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let other = Engine(database: try installation.reopened())
            let (one, two) = (installation.sequencer(1), installation.sequencer(2, engine: other))
            try await installation.addEvents(3)
            #expect(try await one.step() == .extended(size: 3, more: false))
            try await installation.addEvents(3)
            #expect(try await two.step() == .standby)
            #expect(try await two.catchUp() == nil)
            try await installation.expectLog(of: 3)
            // The leader died. Its lease ends exactly then.
            installation.clock.advance(microseconds: Sequencer.leaseSeconds * 1_000_000 - 1)
            #expect(try await two.step() == .standby)
            installation.clock.advance(microseconds: 1)
            #expect(try await two.step() == .extended(size: 6, more: false))
            // It was not dead, only slow: now it stands by, and nothing is signed twice.
            try await installation.addEvents(1)
            #expect(try await one.step() == .standby)
            try await two.release()
            #expect(try await one.step() == .extended(size: 7, more: false))
            try await installation.expectLog(of: 7)
        }
    }

    @Test(arguments: Backend.allCases)
    func onlyItsOwnLeaseIsGivenBack(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.addEvents(1)
            _ = try await installation.sequencer(1).step()
            try await installation.sequencer(2).release()
            try await installation.addEvents(1)
            #expect(try await installation.sequencer(2).step() == .standby)
        }
    }

    /// Leases keep work from being done twice, but nothing rests on them.
    @Test(arguments: Backend.allCases)
    func manySequencersWithoutALeaseMakeOneLog(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.addEvents(300)
            let others = try (0..<4).map { _ in Engine(database: try installation.reopened()) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, engine) in others.enumerated() {
                    let sequencer = installation.sequencer(UInt8(number), engine: engine, batch: 9)
                    group.addTask {
                        while try await sequencer.step() != .idle {
                            installation.clock.advance(seconds: Sequencer.leaseSeconds)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await installation.expectLog(of: 300)
        }
    }

    @Test(arguments: Backend.allCases)
    func aFaultAtAnyStatementLeavesNoTrace(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let faulty = FaultyDatabase(installation.database)
            let sequencer = installation.sequencer(engine: Engine(database: faulty), batch: 260)
            try await installation.addEvents(250)
            _ = try await sequencer.step()
            try await installation.addEvents(10)
            let before = try await installation.contents()
            // Lease, reads, ten leaves, a tile, a checkpoint: each of them fails once.
            var failures = 0
            while true {
                faulty.plan([.atStatement(failures)])
                let code = await failureCode { try await sequencer.step() }
                guard let code else { break }
                #expect(code == "unavailable")
                #expect(try await installation.contents().changed(since: before) == [])
                failures += 1
            }
            #expect(failures > 15)
            try await installation.expectLog(of: 260)
        }
    }

    @Test(arguments: Backend.allCases)
    func aCommitThatFailedOrWhoseReplyWasLost(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let faulty = FaultyDatabase(installation.database)
            let sequencer = installation.sequencer(engine: Engine(database: faulty))
            var size = 0
            for fault in [FaultyDatabase.Fault.beforeCommit, .afterCommit, .beforeCommit] {
                try await installation.addEvents(100)
                faulty.plan([fault])
                let code = await failureCode { try await sequencer.step() }
                let isLost = fault == .afterCommit
                #expect(code == (isLost ? "outcome-unknown" : "disk-full"))
                size += 100
                try await installation.expectLog(of: isLost ? size : size - 100)
                // The same process goes on as if it had started anew.
                let next = try await sequencer.step()
                #expect(next == (isLost ? .idle : .extended(size: size, more: false)))
                try await installation.expectLog(of: size)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func theNameIsKept(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let before = try await installation.engine.ask(LogKey(origin: Installation.origin))
            #expect(!before.isFixed)
            try await installation.addEvents(1)
            _ = try await installation.sequencer().step()
            try await installation.addEvents(1)
            let renamed = Sequencer(
                engine: installation.engine,
                origin: "elsewhere.example",
                holder: [UInt8](repeating: 1, count: 16)
            )
            #expect(try await renamed.step() == .extended(size: 2, more: false))
            let after = try await installation.engine.ask(LogKey(origin: "elsewhere.example"))
            #expect(after.isFixed)
            #expect(after.verifier == before.verifier)
            try await installation.expectLog(of: 2)
        }
    }
}

@Suite("Sequencer: damage", .timeLimit(.minutes(5)))
struct SequencerDamageTests {
    /// A log of `size` leaves with one more event waiting.
    private func withLog(
        _ backend: Backend,
        of size: Int,
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await backend.withDatabase { installation in
            try await installation.addEvents(size)
            _ = try await installation.sequencer().catchUp()
            try await installation.addEvents(1)
            try await body(installation)
        }
    }

    /// What somebody with full rights may do, and what the sequencer says to it.
    private struct Alteration: Sendable {
        let finding: String
        let statement: SQL
        let value: SQLValue?

        init(_ finding: String, _ statement: SQL, _ value: SQLValue? = nil) {
            self.finding = finding
            self.statement = statement
            self.value = value
        }
    }

    private static let zeros = SQLValue.blob([UInt8](repeating: 0, count: 32))
    private static let strange = SQLValue.blob(Array("log\n260\n\n— log AAAAAAA=\n".utf8))

    private static let alterations = [
        Alteration(
            "the leaves do not have the root that was signed at size 260",
            "UPDATE ledger_leaves SET hash = $1 WHERE leaf_index = 258",
            zeros
        ),
        Alteration(
            "there are 259 leaves, but the last checkpoint is over 260",
            "DELETE FROM ledger_leaves WHERE leaf_index = 259"
        ),
        Alteration(
            "tile/0/001.p/4 has 96 bytes",
            "DELETE FROM ledger_leaves WHERE leaf_index = 257"
        ),
        Alteration(
            "the leaves do not have the root that was signed at size 260",
            "UPDATE ledger_tiles SET root = $1",
            zeros
        ),
        Alteration("tile/1/000.p/1 has 0 bytes", "DELETE FROM ledger_tiles"),
        Alteration(
            "there are 260 leaves, but the last checkpoint is over 0",
            "DELETE FROM checkpoints"
        ),
        Alteration("no known key has signed the note", "UPDATE checkpoints SET note = $1", strange),
        Alteration("a note", "UPDATE checkpoints SET note = $1", zeros),
        Alteration(
            "the signing key is not the one this log began with",
            "UPDATE ledger_identity SET verifier = 'other'"
        ),
        Alteration(
            "the signing key is not the one this log began with",
            "UPDATE ledger_identity SET origin = 'other'"
        ),
    ]

    @Test(arguments: Backend.allCases, alterations.indices)
    func nothingIsSignedOverIt(_ backend: Backend, _ number: Int) async throws {
        try await withLog(backend, of: 260) { installation in
            let alteration = SequencerDamageTests.alterations[number]
            let sequencer = installation.sequencer()
            try await installation.disarm()
            try await installation.prompt.write { transaction in
                let arguments = alteration.value.map { [$0] } ?? []
                _ = try transaction.connection.run(alteration.statement, arguments)
            }
            let before = try await installation.contents()
            for sequencer in [sequencer, installation.sequencer()] {
                let found = await damage { try await sequencer.step() }
                #expect(found?.hasPrefix("not damage") == false)
                #expect(found?.contains(alteration.finding) == true, "\(found ?? "")")
            }
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    /// A whole history rewritten consistently, with the key, is found by whoever kept a checkpoint.
    @Test(arguments: Backend.allCases)
    func anOlderOrOtherDatabaseThanTheArchive(_ backend: Backend) async throws {
        try await withLog(backend, of: 20) { installation in
            let leaves = try await installation.bodies().prefix(20).map { Hash.leaf($0) }
            func kept(_ size: Int, _ root: Hash) throws -> Checkpoint {
                try Checkpoint(origin: Installation.origin, size: size, root: root)
            }
            let late = try kept(21, .leaf([]))
            let before = try await installation.contents()
            #expect(
                await damage { try await installation.sequencer(signed: late).step() }
                    == "the log has 20 leaves, but a checkpoint over 21 was signed"
            )
            for size in [1, 19, 20] {
                let other = try kept(size, .leaf([1]))
                #expect(
                    await damage { try await installation.sequencer(signed: other).step() }
                        == "the log does not extend the checkpoint signed at \(size)"
                )
                // It may be heard of later, and holds from then on, whatever else is known.
                let sequencer = installation.sequencer()
                sequencer.mustExtend(other)
                sequencer.mustExtend(try kept(20, Tree.root(of: leaves)))
                for _ in 0..<2 {
                    #expect(await damage { try await sequencer.step() } != nil)
                }
            }
            #expect(try await installation.contents().changed(since: before) == [])
            let same = installation.sequencer(signed: try kept(13, Tree.root(of: leaves[..<13])))
            #expect(try await same.step() == .extended(size: 21, more: false))
            try await installation.expectLog(of: 21)
        }
    }

    /// The process itself remembers what it signed: a database exchanged under it is noticed.
    @Test(arguments: Backend.allCases)
    func aDatabaseRolledBackUnderTheProcess(_ backend: Backend) async throws {
        try await withLog(backend, of: 5) { installation in
            let sequencer = installation.sequencer()
            #expect(try await sequencer.step() == .extended(size: 6, more: false))
            try await installation.disarm()
            try await installation.sql("DELETE FROM checkpoints WHERE size = 6")
            try await installation.sql("DELETE FROM ledger_leaves WHERE leaf_index = 5")
            #expect(
                await damage { try await sequencer.step() }
                    == "the log has 5 leaves, but a checkpoint over 6 was signed"
            )
        }
    }
}
