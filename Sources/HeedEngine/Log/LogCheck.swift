// Checks the log in the database from the events up to the newest signature.

import HeedConsent
public import HeedLedger
import HeedStore

/// Rebuilds the log from what is stored and compares it with what was signed.
///
/// It reads tile by tile, each in a snapshot of its own, so that a long log keeps nobody waiting;
/// what it looks at is fixed by the checkpoint it starts from.
public struct LogCheck: Sendable {
    private let engine: Engine
    private let key: NoteVerifier?
    private let policy: WitnessPolicy

    /// Takes the door and what is believed.
    ///
    /// - Parameters:
    ///   - engine: The door.
    ///   - key: The log's key from elsewhere; without it the one in the database is taken, which
    ///     whoever can write there can exchange.
    ///   - policy: How many of which witnesses must have cosigned.
    public init(engine: Engine, key: NoteVerifier? = nil, policy: WitnessPolicy = .none) {
        self.engine = engine
        self.key = key
        self.policy = policy
    }

    /// What was found.
    public struct Report: Hashable, Sendable {
        /// The newest head; nil where there is none or it is not good.
        public var head: Checkpoint?
        /// Events compared with their leaves.
        public var entryCount = 0
        /// Leaves whose event was purged.
        public var purgedCount = 0
        /// What is wrong, each in a sentence without personal data; empty for a good log.
        public var findings: [String] = []

        /// Starts with nothing found.
        public init() {}
    }

    /// Checks events, leaves, tiles, root and signature.
    public func run() async throws -> Report {
        var report = Report()
        guard let head = try await head(into: &report) else { return report }
        var writer = TileWriter()
        let leafCount = try await engine.database.read { try $0.lastLeaf().map { $0.index + 1 } }
        if leafCount ?? 0 < head.size {
            report.findings.append("\(head.size) entries are signed, \(leafCount ?? 0) are there")
        }
        for first in stride(from: 0, to: head.size, by: Tile.fullWidth) {
            let count = min(Tile.fullWidth, head.size - first)
            let entries = try await engine.database.read { transaction in
                try transaction.entries(from: first, limit: count)
            }
            guard add(entries, from: first, to: &writer, into: &report) else { return report }
            for content in writer.takeChanged() where content.tile.isFull {
                if try await engine.ask(LogTile(content.tile)) != content.data {
                    report.findings.append("\(content.tile.path) is not what its entries make")
                }
            }
        }
        if writer.tree.size != head.size || writer.tree.root != head.root {
            report.findings.append("the entries do not have the root that was signed")
        }
        return report
    }

    /// Compares events with leaves; false where a leaf is missing, as nothing after it has its place.
    private func add(
        _ entries: [StoredEntry],
        from first: Int,
        to writer: inout TileWriter,
        into report: inout Report
    ) -> Bool {
        for (index, entry) in zip(first..., entries) {
            guard entry.leaf.index == index else {
                report.findings.append("entry \(index) is missing")
                return false
            }
            if let body = entry.body {
                report.entryCount += 1
                if Hash.leaf(body) != entry.leaf.hash {
                    report.findings.append("the event of entry \(index) was changed")
                }
            } else {
                report.purgedCount += 1
            }
            writer.append(entry.leaf.hash)
        }
        return true
    }

    /// Checks that the log extends a signed checkpoint that somebody has kept.
    public func run(extending note: [UInt8]) async throws -> Report {
        var report = Report()
        let kept: Checkpoint
        do {
            kept = try await open(SignedNote(bytes: note), witnesses: .none)
        } catch let error as LedgerError {
            report.findings.append("the kept checkpoint is not good: \(error.message)")
            return report
        }
        guard let head = try await head(into: &report) else {
            if report.findings.isEmpty { report.findings.append("the log is empty") }
            return report
        }
        guard kept.size <= head.size else {
            report.findings.append(
                "the log has \(head.size) entries, the kept checkpoint is over \(kept.size)"
            )
            return report
        }
        do {
            let proof = try await engine.database.read { transaction in
                var reader = transaction.tileReader(ofSize: head.size)
                return try reader.consistencyProof(from: kept.size)
            }
            try proof.verifyGrowth(oldRoot: kept.root, newRoot: head.root)
        } catch let error as LedgerError {
            report.findings.append(
                "the log does not extend the kept checkpoint over \(kept.size): \(error.message)"
            )
        }
        return report
    }

    /// The newest head, once its signatures are known to be good.
    private func head(into report: inout Report) async throws -> Checkpoint? {
        guard let published = try await engine.ask(PublishedCheckpoint()) else { return nil }
        do {
            let head = try await open(published.note, witnesses: policy)
            report.head = head
            return head
        } catch let error as LedgerError {
            report.findings.append("the newest checkpoint is not good: \(error.message)")
            return nil
        }
    }

    private func open(_ note: SignedNote, witnesses: WitnessPolicy) async throws -> Checkpoint {
        var log = key
        if log == nil, let identity = try await engine.database.read({ try $0.ledgerIdentity() }) {
            log = try NoteVerifier(text: identity.verifier)
        }
        guard let log else { throw LedgerError(.noKnownSignature, "this log has no key yet") }
        return try Checkpoint(opening: note, origin: log.name, log: log, policy: witnesses)
    }
}
