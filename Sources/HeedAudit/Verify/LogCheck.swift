// Hashes every event again, rebuilds the tree, and holds it against tiles and signed checkpoints.

import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore

/// One page of the log, read in one snapshot.
struct LogPage: Query {
    let range: Range<Int>
    /// The position of the last leaf before the range.
    let after: Int64

    /// What there is.
    struct Content: Sendable {
        var entries: [LeafEntry] = []
        var checkpoints: [StoredCheckpoint] = []
        var strays: [(position: Int64, id: EventID)] = []
    }

    func answer(in transaction: Transaction) throws -> Content {
        var content = Content()
        content.entries = try transaction.leafEntries(range)
        content.checkpoints = try transaction.checkpoints(
            above: range.lowerBound,
            limit: Int64(range.count)
        )
        .filter { $0.size <= range.upperBound }
        if let last = content.entries.map(\.leaf.position).max() {
            content.strays = try transaction.eventsOutsideTheLog(
                after: after,
                through: last,
                limit: 100
            )
        }
        return content
    }
}

/// The tiles that a page of leaves completes, read in one snapshot.
struct StoredTiles: Query {
    let tiles: [Tile]

    func answer(in transaction: Transaction) throws -> [Tile: (root: [UInt8], data: [UInt8])] {
        var stored: [Tile: (root: [UInt8], data: [UInt8])] = [:]
        for tile in tiles {
            stored[tile] = try transaction.storedTile(level: tile.level, index: tile.index)
        }
        return stored
    }
}

/// Walks the log from its first leaf.
struct LogCheck: Sendable {
    private let extent: LogExtent
    private let verifier: NoteVerifier?
    private var writer = TileWriter()
    /// The next leaf to look at; ahead of the tree where leaves are missing.
    private(set) var next = 0
    private(set) var position: Int64 = .min
    /// False from the first gap on: no later root can be computed.
    private var isWhole = true
    /// True once a root was wrong: all later ones are, which need not be said again and again.
    private var isForked = false
    /// Checkpoints kept outside whose size the tree has not reached yet, smallest first.
    private var outside: [OutsideCheckpoint.Opened]
    private var records: RecordCheck
    /// The blocks that events have put, each by its hash, which is all that is needed to know one.
    private(set) var blocksAdded: Set<Int> = []
    private(set) var purged = PurgeCount()
    private(set) var holds = HoldCheck()
    private var sends: [LoggedSends] = []

    /// Rows that are gone and old enough, so far.
    var missing: PurgeCount.Missing { PurgeCount.Missing(records: records.missing) }

    /// The decisions before sends that the leaves since the last call speak of.
    mutating func takeSends() -> [LoggedSends] {
        defer { sends = [] }
        return sends
    }

    init(_ extent: LogExtent, verifier: NoteVerifier?, outside: [OutsideCheckpoint.Opened]) {
        self.extent = extent
        self.verifier = verifier
        self.outside = outside.sorted { $0.checkpoint.size < $1.checkpoint.size }
        records = RecordCheck(before: extent.consentBefore)
    }

    /// Checks a page; answers with the full tiles it completes.
    mutating func check(
        _ content: LogPage.Content,
        of range: Range<Int>,
        _ findings: inout Findings
    ) -> [TileWriter.Content] {
        for stray in content.strays {
            findings.add(
                .eventInserted,
                at: "event \(stray.position)",
                "event \(stray.id.text) stands among those of the log and is in no leaf"
            )
        }
        var checkpoints = content.checkpoints[...]
        for entry in content.entries {
            check(entry, &findings)
            while let checkpoint = checkpoints.first, checkpoint.size <= next {
                check(checkpoint, &findings)
                checkpoints.removeFirst()
            }
            checkOutside(&findings)
        }
        if next < range.upperBound { skip(to: range.upperBound, &findings) }
        for checkpoint in checkpoints { check(checkpoint, &findings) }
        return isWhole ? writer.takeChanged().filter(\.tile.isFull) : []
    }

    private mutating func skip(to index: Int, _ findings: inout Findings) {
        let last = index - 1
        findings.add(
            .leafMissing,
            at: next == last ? "leaf \(next)" : "leaves \(next) to \(last)",
            "the log has no leaf here; no root from here on can be computed"
        )
        next = index
        isWhole = false
    }

    private mutating func check(_ entry: LeafEntry, _ findings: inout Findings) {
        let leaf = entry.leaf
        if leaf.index > next { skip(to: leaf.index, &findings) }
        next = leaf.index + 1
        // Leaves are made in the order of positions, by the one sequencer.
        if leaf.position <= position {
            findings.add(
                .leafOrder,
                at: "leaf \(leaf.index)",
                "its event has position \(leaf.position), the leaf before it \(position)"
            )
        }
        position = max(position, leaf.position)
        if let event = entry.event {
            check(event, of: entry, &findings)
        } else {
            checkAbsent(entry, &findings)
        }
        // Where an event's bytes do not fit, the leaf's hash goes on into the tree: that is already
        // a finding, and this way the checkpoints say whether the leaf was left alone.
        writer.append(leaf.hash)
    }

    private func place(_ leaf: StoredLeaf) -> String {
        "event \(leaf.position) (leaf \(leaf.index))"
    }

    private mutating func check(
        _ event: EventColumns,
        of entry: LeafEntry,
        _ findings: inout Findings
    ) {
        let leaf = entry.leaf
        guard Hash.leaf(event.body) == leaf.hash else {
            findings.add(
                .eventChanged,
                at: place(leaf),
                "the bytes of event \(leaf.event.text) are not those its leaf was made of"
            )
            return
        }
        guard let line = AuditEvent(canonical: event.body) else {
            findings.add(
                .eventMismatch,
                at: place(leaf),
                "the bytes of event \(leaf.event.text) are no canonical event"
            )
            return
        }
        var columns: [String] = []
        if line.id != leaf.event { columns.append("id") }
        if line.at != event.at { columns.append("at") }
        if line.kind != event.kind { columns.append("kind") }
        if line.contact != event.contact { columns.append("contact_id") }
        if line.subject != event.subject { columns.append("subject") }
        if !columns.isEmpty {
            findings.add(
                .eventMismatch,
                at: place(leaf),
                "its bytes and its columns differ: \(columns.joined(separator: ", "))"
            )
        }
        switch line.kind {
        case "consent.granted", "consent.denied", "consent.withdrawn", "consent.requested":
            records.check(entry.record, against: line, at: leaf.position, &findings)
        case "suppression.added":
            if let block = Suppression(line) { blocksAdded.insert(block.hashValue) }
        case "sends.recorded":
            if let logged = LoggedSends(line, at: leaf.position) { sends.append(logged) }
        case "retention.purged": purged.add(line)
        case "hold.placed", "hold.lifted": holds.add(line, at: leaf.position)
        default: break
        }
    }

    private mutating func checkAbsent(_ entry: LeafEntry, _ findings: inout Findings) {
        let leaf = entry.leaf
        if let elsewhere = entry.elsewhere {
            findings.add(
                .eventMoved,
                at: place(leaf),
                "event \(leaf.event.text) stands at position \(elsewhere)"
            )
        } else if leaf.event.createdAt < extent.auditBefore {
            purged.missingEvents += 1
        } else {
            findings.add(
                .eventMissing,
                at: place(leaf),
                "event \(leaf.event.text) is gone, and it is too young for a purge"
            )
        }
    }
}

// MARK: - Checkpoints

extension LogCheck {
    /// Every checkpoint has the root of one growing tree, so each extends the one before it.
    ///
    /// A checkpoint in the middle that is gone without a trace cannot be missed: the ones after it
    /// stand for the same leaves.
    private mutating func check(_ checkpoint: StoredCheckpoint, _ findings: inout Findings) {
        let place = "checkpoint \(checkpoint.size)"
        if isWhole, !isForked, writer.tree.size == checkpoint.size,
            writer.tree.root != checkpoint.root
        {
            isForked = true
            findings.add(
                .checkpointRoot,
                at: place,
                "the first \(checkpoint.size) leaves do not have the root that was signed"
            )
        }
        guard let verifier = signer(ofSize: checkpoint.size) else { return }
        do throws(LedgerError) {
            let note = try SignedNote(bytes: checkpoint.note)
            let signed = try Checkpoint(opening: note, origin: verifier.name, log: verifier)
            guard signed.size == checkpoint.size, signed.root == checkpoint.root else {
                findings.add(
                    .checkpointSignature,
                    at: place,
                    "its columns are not those of the signed note"
                )
                return
            }
        } catch {
            findings.add(.checkpointSignature, at: place, "\(error.message)")
        }
    }

    /// Until a backup was put back the log had another name.
    private func signer(ofSize size: Int) -> NoteVerifier? {
        guard let former = extent.identities.signer(ofSize: size), former.lastSize != nil else {
            return verifier
        }
        return try? NoteVerifier(text: former.verifier)
    }

    private mutating func checkOutside(_ findings: inout Findings) {
        while let first = outside.first, first.checkpoint.size <= next {
            outside.removeFirst()
            guard isWhole, writer.tree.root == first.checkpoint.root else {
                findings.add(
                    .outsideForked,
                    at: "\(first.name), size \(first.checkpoint.size)",
                    "the log does not extend this checkpoint: it has another history"
                )
                continue
            }
        }
    }

    /// What can be said only at the end.
    mutating func finish(_ findings: inout Findings) {
        for opened in outside {
            findings.add(
                .outsideBeyond,
                at: "\(opened.name), size \(opened.checkpoint.size)",
                "the log has only \(extent.size) leaves: it was cut or replaced"
            )
        }
        let signed = extent.head?.size ?? 0
        if signed > extent.size {
            findings.add(
                .logCut,
                at: "leaf \(extent.size)",
                "the log ends here, but a checkpoint was signed over \(signed) leaves"
            )
        } else if signed < extent.size {
            findings.add(
                .logUnsigned,
                at: "leaf \(signed)",
                "\(extent.size - signed) leaves from here on lie under no checkpoint"
            )
        }
    }
}
