// Events to sequence, and what the log over them has to look like by the ledger's own arithmetic.

import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport
import Testing

extension Installation {
    static let origin = "heed.example/log"

    /// Commits as many events as asked for, each with a body of its own.
    func addEvents(_ count: Int) async throws {
        let first = try await number("SELECT count(*) FROM audit_events")
        let events = try (0..<count).map { Event.scopeAdded(try Sample.scope("s\(first).\($0)")) }
        try await record(events)
    }

    /// A sequencer as process number `holder`, on this database or through another door.
    func sequencer(
        _ holder: UInt8 = 1,
        engine: Engine? = nil,
        signed: Checkpoint? = nil,
        batch: Int = Sequencer.batchMaximum
    ) -> Sequencer {
        Sequencer(
            engine: engine ?? self.engine,
            origin: Installation.origin,
            holder: [UInt8](repeating: holder, count: 16),
            signed: signed,
            batch: batch
        )
    }

    /// The log's key.
    func logKey() async throws -> NoteVerifier {
        try await engine.ask(LogKey(origin: Installation.origin)).verifier
    }

    /// The canonical bytes of all events in the order of their commits.
    func bodies() async throws -> [[UInt8]] {
        try await database.read { transaction in
            try transaction.connection
                .run("SELECT body FROM audit_events ORDER BY position", []).map { try $0.blob(0) }
        }
    }

    /// All checkpoints, opened with the log's key.
    func checkpoints() async throws -> [Checkpoint] {
        let key = try await logKey()
        return try await engine.ask(CheckpointsAbove(0, limit: 100_000)).map { head in
            try Checkpoint(
                opening: SignedNote(bytes: head.note),
                origin: Installation.origin,
                log: key
            )
        }
    }

    /// Takes the database's own guards away, as somebody with full rights can.
    func disarm() async throws {
        switch backend {
        case .sqlite:
            for trigger in try await sql("SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                let name = try trigger.text(0)
                try await database.write { transaction in
                    try transaction.connection.runScript("DROP TRIGGER \"\(name)\"")
                }
            }
        case .postgres:
            let owner = try backend.prompt(of: self)
            try await owner.write { transaction in
                for (table, _) in Contents.statements where table != "schema_migrations" {
                    try transaction.connection.runScript(
                        "ALTER TABLE heed.\(table) DISABLE TRIGGER USER"
                    )
                }
            }
        }
    }

    /// Expects a log over the first `size` events, without a gap, a duplicate or a second history.
    func expectLog(of size: Int, _ location: SourceLocation = #_sourceLocation) async throws {
        let bodies = Array(try await bodies().prefix(size))
        #expect(bodies.count == size, sourceLocation: location)
        let (leaves, tiles) = try await database.read { transaction in
            (
                try transaction.connection.run(
                    "SELECT leaf_index, hash, position, event_id FROM ledger_leaves "
                        + "ORDER BY leaf_index",
                    []
                ),
                try transaction.connection.run(
                    "SELECT level, tile_index, data FROM ledger_tiles ORDER BY level, tile_index",
                    []
                )
            )
        }
        let events = try await database.read { transaction in
            try transaction.connection.run(
                "SELECT position, id FROM audit_events ORDER BY position",
                []
            )
        }
        #expect(try leaves.map { Int(try $0.integer(0)) } == Array(0..<size))
        #expect(try leaves.map { try $0.hash(1) } == bodies.map { Hash.leaf($0) })
        #expect(
            try leaves.map { try $0.integer(2) } == events.prefix(size).map { try $0.integer(0) }
        )
        #expect(try leaves.map { try $0.blob(3) } == events.prefix(size).map { try $0.blob(1) })
        var writer = TileWriter()
        for body in bodies { writer.append(.leaf(body)) }
        let full = writer.takeChanged().filter(\.tile.isFull)
        #expect(
            try tiles.map { [Int(try $0.integer(0)), Int(try $0.integer(1))] }
                == full.map { [$0.tile.level, $0.tile.index] },
            sourceLocation: location
        )
        #expect(try tiles.map { try $0.blob(2) } == full.map(\.data), sourceLocation: location)
        let heads = try await checkpoints()
        #expect(heads.last?.size == (size > 0 ? size : nil), sourceLocation: location)
        for head in heads {
            let root = Tree.root(of: bodies.prefix(head.size).map { Hash.leaf($0) })
            #expect(head.root == root, sourceLocation: location)
        }
    }
}

/// What a step threw, as one word.
func damage(_ body: () async throws -> some Any) async -> String? {
    do {
        _ = try await body()
        return nil
    } catch let damage as LogDamage {
        return damage.message
    } catch {
        return "not damage: \(error)"
    }
}
