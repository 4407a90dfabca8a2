// A log to hand on: events, checkpoints over them, and the key that signs them.

import HeedConsent
import HeedDelivery
import HeedEngine
import HeedLedger
import HeedStore
import TestSupport

extension Installation {
    static let origin = "heed.example/log"

    /// A sequencer of this installation, or of another door to it.
    func sequencer(_ engine: Engine? = nil) -> Sequencer {
        Sequencer(
            engine: engine ?? self.engine,
            origin: Installation.origin,
            holder: [UInt8](repeating: 1, count: 16)
        )
    }

    /// Commits events that are not in the log yet.
    func addEvents(_ count: Int) async throws {
        let first = try await number("SELECT count(*) FROM audit_events")
        try await record(
            (0..<count).map { .scopeAdded(try Sample.scope("s\(first).\($0)")) }
        )
    }

    /// Adds events one by one, with a checkpoint over each.
    func addCheckpoints(_ count: Int) async throws {
        let sequencer = sequencer()
        for _ in 0..<count {
            try await addEvents(1)
            try await sequencer.catchUp()
        }
    }

    /// The private key of the log.
    func logSigner() async throws -> NoteSigner {
        try await database.read { try $0.vault.logSigner(origin: Installation.origin) }
    }

    /// A checkpoint signed with the log's own key.
    func signed(_ size: Int, _ root: Hash) async throws -> SignedNote {
        let head = try Checkpoint(origin: Installation.origin, size: size, root: root)
        var note = try SignedNote(text: head.text)
        try note.sign(with: try await logSigner())
        return note
    }

    /// How many leaves the log has.
    func logSize() async throws -> Int64 {
        try await number("SELECT count(*) FROM ledger_leaves")
    }
}

extension Rounds {
    /// Hardly any pauses, and no polling unless asked for.
    static func quick(_ doorbell: Doorbell = Doorbell(), polls: Bool = true) -> Rounds {
        Rounds(
            doorbell: doorbell,
            pollMilliseconds: polls ? 2 : 3_600_000,
            pausesMilliseconds: 1...4
        )
    }
}
