// What somebody with every right in the database changes is found, and named.

import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

@Suite("Checking the log in the database")
struct LogCheckTests {
    private static let origin = "log.example/heed"

    /// A log of more than one full tile.
    private func withLog(
        _ body: (Installation, LogCheck) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.record(
                (1...300).map { .contactAdded(Sample.contact($0), [try Sample.address(Int($0))]) }
            )
            try await Self.catchUp(installation)
            try await body(installation, LogCheck(engine: installation.engine))
        }
    }

    @discardableResult
    private static func catchUp(_ installation: Installation) async throws -> Int? {
        let sequencer = Sequencer(
            engine: installation.engine,
            origin: origin,
            holder: Array(repeating: 3, count: 16)
        )
        return try await sequencer.catchUp()
    }

    private func head(_ installation: Installation) async throws -> PublishedCheckpoint.Head {
        try #require(await installation.engine.ask(PublishedCheckpoint()))
    }

    @Test func aGoodLogIsGood() async throws {
        try await withLog { installation, check in
            let report = try await check.run()
            #expect(report.findings.isEmpty)
            #expect(report.entryCount == 304)
            #expect(report.purgedCount == 0)
            #expect(report.head?.size == 304)
        }
    }

    @Test func anEmptyLogIsGood() async throws {
        try await Backend.sqlite.withEngine { installation in
            let report = try await LogCheck(engine: installation.engine).run()
            #expect(report == LogCheck.Report())
        }
    }

    @Test func aPurgedEventIsCounted() async throws {
        try await withLog { installation, check in
            try await installation.sql("DROP TRIGGER audit_events_no_delete")
            try await installation.sql("DELETE FROM audit_events WHERE position = 2")
            let report = try await check.run()
            #expect(report.findings.isEmpty)
            #expect(report.purgedCount == 1)
        }
    }

    private static let tamperings: [(trigger: SQL, change: SQL, finding: String)] = [
        (
            "DROP TRIGGER audit_events_no_update",
            "UPDATE audit_events SET body = CAST('{}' AS BLOB) WHERE position = 5",
            "the event of entry 4 was changed"
        ),
        (
            "DROP TRIGGER ledger_leaves_no_update",
            "UPDATE ledger_leaves SET hash = zeroblob(32) WHERE leaf_index = 300",
            "the entries do not have the root that was signed"
        ),
        (
            "DROP TRIGGER ledger_leaves_no_delete",
            "DELETE FROM ledger_leaves WHERE leaf_index = 7", "entry 7 is missing"
        ),
        (
            "DROP TRIGGER ledger_leaves_no_delete",
            "DELETE FROM ledger_leaves WHERE leaf_index > 299",
            "304 entries are signed, 300 are there"
        ),
        (
            "DROP TRIGGER ledger_tiles_no_update",
            "UPDATE ledger_tiles SET data = zeroblob(8192)",
            "tile/0/000 is not what its entries make"
        ),
        (
            "DROP TRIGGER checkpoints_no_update",
            "UPDATE checkpoints SET note = substr(note, 2)",
            "the newest checkpoint is not good: the signature of"
        ),
    ]

    @Test(arguments: tamperings.indices)
    func everyTamperingIsNamed(_ number: Int) async throws {
        let (trigger, change, finding) = Self.tamperings[number]
        try await withLog { installation, check in
            try await installation.sql(trigger)
            try await installation.sql(change)
            let report = try await check.run()
            #expect(report.findings.contains { $0.hasPrefix(finding) }, "\(report.findings)")
        }
    }

    @Test func anotherKeyIsNotBelieved() async throws {
        try await withLog { installation, _ in
            let other = try NoteSigner(name: Self.origin, seed: Array(1...32)).verifier
            let check = LogCheck(engine: installation.engine, key: other)
            let report = try await check.run()
            #expect(report.head == nil)
            #expect(report.findings.count == 1)
            let witness = try NoteSigner(name: "w", algorithm: .cosignature, seed: Array(1...32))
            let policy = try WitnessPolicy(witnesses: [witness.verifier], quorum: 1)
            let strict = LogCheck(engine: installation.engine, policy: policy)
            #expect(try await strict.run().findings.count == 1)
        }
    }

    @Test func aKeptCheckpointIsExtendedOrNot() async throws {
        try await withLog { installation, check in
            let kept = try await head(installation).note.bytes
            #expect(try await check.run(extending: kept).findings.isEmpty)
            try await installation.optOut(Sample.address(1))
            try await Self.catchUp(installation)
            let report = try await check.run(extending: kept)
            #expect(report.findings.isEmpty)
            #expect(report.head.map { $0.size > 304 } == true)
            for position in kept.indices {
                var spoiled = kept
                spoiled[position] ^= 1
                let found = try await check.run(extending: spoiled).findings
                #expect(found.first?.hasPrefix("the kept checkpoint is not good") == true)
            }
        }
    }

    /// Another history under the same key, as after putting an old backup back and going on.
    @Test func aSecondHistoryIsFound() async throws {
        try await withLog { installation, check in
            let head = try await head(installation)
            let signer = try await installation.database.read {
                try $0.vault.logSigner(origin: Self.origin)
            }
            for (size, finding) in [(200, "does not extend"), (305, "the kept checkpoint is over")]
            {
                let other = try Checkpoint(origin: Self.origin, size: size, root: .sha256([1]))
                var note = try SignedNote(text: other.text)
                try note.sign(with: signer)
                let found = try await check.run(extending: note.bytes).findings
                #expect(found.first?.contains(finding) == true, "\(found)")
            }
            #expect(head.size == 304)
        }
    }
}
