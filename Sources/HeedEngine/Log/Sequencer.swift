// Takes committed audit events into the Merkle log, in order, and signs the new head.

import HeedConsent
public import HeedLedger
import HeedStore
import Synchronization

/// Extends the log by what has been committed since the last checkpoint.
///
/// A step is one transaction: leaves, full tiles and the signed checkpoint appear together or not
/// at all, so a crash leaves no gap, no duplicate and no second history. Each step starts from what
/// the database holds and compares it with the last checkpoint before it adds anything; it never
/// signs a tree that does not extend what was signed before.
///
/// One process does this at a time, by a lease; another takes over when the lease runs out.
public final class Sequencer: Sendable {
    /// What a step did.
    public enum Step: Hashable, Sendable {
        /// Every committed event is in the log.
        case idle
        /// Another process holds the lease.
        case standby
        /// The log was extended to `size` leaves; with `more`, events are still waiting.
        case extended(size: Int, more: Bool)
    }

    /// Events a step takes.
    ///
    /// 1024 are a few milliseconds of the one writer of SQLite, which bounds what an opt-out waits.
    public static let batchMaximum = 1024
    /// Seconds after which another process may take over from one that died.
    ///
    /// One, because the log is to be no further behind than that, also after a crash. A holder
    /// that is slower loses the lease and no more: each step starts from what is stored.
    public static let leaseSeconds: Int64 = 1
    private static let leaseName = "sequencer"

    private let engine: Engine
    private let origin: String
    private let holder: [UInt8]
    private let batch: Int
    /// Heads known to have been signed, by this process or by an archive, that no step has been
    /// checked against yet.
    private let floor: Mutex<[Checkpoint]>

    /// Takes the door and the name for a log that has none yet.
    ///
    /// - Parameters:
    ///   - engine: The door.
    ///   - origin: The first line of checkpoints, by recommendation a URL without scheme; a log
    ///     keeps the name it got first.
    ///   - holder: 16 random bytes that name this process.
    ///   - signed: A checkpoint somebody outside the database has kept, already verified.
    ///   - batch: Events a step takes.
    public init(
        engine: Engine,
        origin: String,
        holder: [UInt8],
        signed: Checkpoint? = nil,
        batch: Int = Sequencer.batchMaximum
    ) {
        self.engine = engine
        self.origin = origin
        self.holder = holder
        self.batch = batch
        floor = Mutex(signed.map { [$0] } ?? [])
    }

    /// Makes one step.
    ///
    /// - Throws: `LogDamage` when the log is not what was signed, `StoreError` when the database
    ///   cannot; both changed nothing.
    public func step() async throws -> Step {
        guard try await engine.database.read({ try Sequencer.hasWork($0) }) else { return .idle }
        let floor = floor.withLock { $0 }
        let (step, head) = try await engine.database.write { transaction in
            try self.extend(in: transaction, from: floor)
        }
        // Only now is it known to be durable; a commit that failed has signed nothing anybody saw.
        if let head { self.floor.withLock { $0 = [head] + $0.dropFirst(floor.count) } }
        return step
    }

    /// Takes a checkpoint that somebody outside the database has kept, already verified.
    ///
    /// No later step signs a tree that does not extend it.
    public func mustExtend(_ kept: Checkpoint) { floor.withLock { $0.append(kept) } }

    /// Gives the lease back, so that another process need not wait for its end.
    public func release() async throws {
        try await engine.database.write { transaction in
            try transaction.dropLease(Sequencer.leaseName, holder: self.holder)
        }
    }

    /// Steps until every committed event is in the log or another process is at it.
    ///
    /// - Returns: the size it came to; nil when there was nothing to do.
    @discardableResult
    public func catchUp() async throws -> Int? {
        var size: Int?
        while case .extended(let reached, let more) = try await step() {
            size = reached
            if !more { break }
        }
        return size
    }

    private static func hasWork(_ transaction: Transaction) throws -> Bool {
        let leaf = try transaction.lastLeaf()
        return try !transaction.eventsToSequence(after: leaf, limit: 1).isEmpty
    }

    private func extend(
        in transaction: Transaction,
        from floor: [Checkpoint]
    ) throws -> (Step, Checkpoint?) {
        let name = Sequencer.leaseName
        let seconds = Sequencer.leaseSeconds
        guard try transaction.takeLease(name, holder: holder, seconds: seconds) else {
            return (.standby, nil)
        }
        let leaf = try transaction.lastLeaf()
        let events = try transaction.eventsToSequence(after: leaf, limit: Int64(batch) + 1)
        guard !events.isEmpty else { return (.idle, nil) }
        let signer = try signer(in: transaction)
        let tiles = TileSource(transaction)
        var writer: TileWriter
        do {
            writer = try Sequencer.resume(after: leaf, reading: tiles)
            try Sequencer.check(floor, reading: tiles, size: writer.tree.size)
        } catch let error as LedgerError {
            throw tiles.meaning(of: error)
        }
        for event in events.prefix(batch) {
            let hash = Hash.leaf(event.body)
            try transaction.insert(
                StoredLeaf(
                    index: writer.tree.size,
                    position: event.position,
                    event: event.id,
                    hash: hash
                )
            )
            writer.append(hash)
        }
        for content in writer.takeChanged() where content.tile.isFull {
            let hashes = try content.hashes
            try transaction.insert(content.tile, root: Tree.root(of: hashes), data: content.data)
        }
        let head = try Checkpoint(
            origin: signer.verifier.name,
            size: writer.tree.size,
            root: writer.tree.root
        )
        var note = try SignedNote(text: head.text)
        try note.add(signer.sign(head.text))
        try transaction.insert(
            StoredCheckpoint(
                size: head.size,
                root: head.root,
                signedAt: transaction.now,
                note: note.bytes
            )
        )
        return (.extended(size: head.size, more: events.count > batch), head)
    }

    /// The log's own key under the log's own name; both are fixed by the first step.
    private func signer(in transaction: Transaction) throws -> NoteSigner {
        guard let identity = try transaction.ledgerIdentity() else {
            let signer = try transaction.vault.logSigner(origin: origin)
            try transaction.establish(
                LedgerIdentity(origin: origin, verifier: signer.verifier.text)
            )
            return signer
        }
        let signer = try transaction.vault.logSigner(origin: identity.origin)
        guard signer.verifier.text == identity.verifier else {
            throw LogDamage("the signing key is not the one this log began with")
        }
        return signer
    }

    /// The tree as stored, once it is known to be the one that was signed last.
    private static func resume(
        after leaf: StoredLeaf?,
        reading tiles: TileSource
    ) throws -> TileWriter {
        let size = leaf.map { $0.index + 1 } ?? 0
        let last = try tiles.transaction.latestCheckpoint()
        guard size == last?.size ?? 0 else {
            throw LogDamage(
                "there are \(size) leaves, but the last checkpoint is over \(last?.size ?? 0)"
            )
        }
        guard let last else { return TileWriter() }
        let writer = try TileWriter(resuming: size) { tile throws(LedgerError) in
            try tiles.read(tile)
        }
        let note = try SignedNote(bytes: last.note)
        // Before a backup was put back the log had another name.
        guard let identity = try tiles.transaction.ledgerIdentity(ofSize: last.size) else {
            throw LogDamage("there is a checkpoint, but no name it was signed under")
        }
        let verifier = try NoteVerifier(text: identity.verifier)
        let signed = try Checkpoint(opening: note, origin: verifier.name, log: verifier)
        guard signed.size == size, signed.root == writer.tree.root else {
            throw LogDamage("the leaves do not have the root that was signed at size \(size)")
        }
        return writer
    }

    /// A database put back from a backup may be older than what was signed: signing on from there
    /// would be a second history.
    private static func check(
        _ floor: [Checkpoint],
        reading tiles: TileSource,
        size: Int
    ) throws {
        for signed in floor where signed.size > 0 {
            guard signed.size <= size else {
                throw LogDamage(
                    "the log has \(size) leaves, but a checkpoint over \(signed.size) was signed"
                )
            }
            var reader = TileReader(size: size) { tile throws(LedgerError) in
                try tiles.read(tile)
            }
            guard try reader.root(ofSize: signed.size) == signed.root else {
                throw LogDamage("the log does not extend the checkpoint signed at \(signed.size)")
            }
        }
    }
}

/// Reads tiles, and remembers when it was the database that could not give one.
private final class TileSource {
    let transaction: Transaction
    private var failure: StoreError?

    init(_ transaction: Transaction) { self.transaction = transaction }

    func read(_ tile: Tile) throws(LedgerError) -> [UInt8] {
        do throws(StoreError) {
            return try transaction.data(of: tile)
        } catch {
            failure = error
            throw LedgerError(.unavailable, "tile \(tile.path): \(error.message)")
        }
    }

    /// A tree that cannot be read is damage, unless the database failed.
    func meaning(of error: LedgerError) -> any Error {
        if let failure { return failure }
        return LogDamage(error.message)
    }
}

extension TileWriter.Content {
    /// The hashes, one after the other.
    fileprivate var hashes: [Hash] {
        get throws(LedgerError) {
            var hashes: [Hash] = []
            hashes.reserveCapacity(tile.width)
            for start in stride(from: 0, to: data.count, by: Hash.byteCount) {
                hashes.append(try Hash(bytes: data[start..<start + Hash.byteCount]))
            }
            return hashes
        }
    }
}
