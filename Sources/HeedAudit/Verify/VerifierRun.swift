// One run of the verifier: its passes, and what they hand to each other.

import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore

extension Verifier {
    /// What a run carries from page to page.
    struct Run {
        let start: VerificationStart.Plan
        let engine: Engine
        var verifier: NoteVerifier?
        var findings = Findings()
        var report: Report
        private var done = 0
        private var blocksAdded: Set<Int> = []
        /// Decisions before sends that are gone and old enough to have been purged.
        var sendsMissing = 0

        init(_ start: VerificationStart.Plan, engine: Engine) {
            self.start = start
            self.engine = engine
            report = Report(
                startedAt: start.now,
                finishedAt: start.now,
                logSize: start.extent.size,
                checkpointSize: start.extent.head?.size ?? 0
            )
        }

        func progress(_ pass: Progress.Pass) -> Progress {
            let extent = start.extent
            return Progress(
                pass: pass,
                done: done,
                total: max(done, extent.size + extent.contacts + extent.blocks),
                findings: findings.count
            )
        }
    }
}

extension Verifier.Run {
    /// Leaves, events, tiles, checkpoints and the records of consent events.
    mutating func walkLog(
        _ outside: [OutsideCheckpoint.Opened],
        _ observe: (Verifier.Progress) async throws -> Void
    ) async throws {
        let extent = start.extent
        var check = LogCheck(extent, verifier: verifier, outside: outside)
        for first in stride(from: 0, to: extent.size, by: Verifier.leavesPerPage) {
            let range = first..<min(extent.size, first + Verifier.leavesPerPage)
            let content = try await engine.ask(LogPage(range: range, after: check.position))
            let tiles = check.check(content, of: range, &findings)
            if !tiles.isEmpty {
                let stored = try await engine.ask(StoredTiles(tiles: tiles.map(\.tile)))
                for tile in tiles { compare(tile, with: stored[tile.tile]) }
            }
            try await compare(check.takeSends())
            done += range.count
            try await observe(progress(.log))
        }
        check.finish(&findings)
        for level in 0..<8 {
            let count = extent.size >> (8 * level + 8)
            guard let tile = try await engine.ask(SurplusTile(level: level, from: count)) else {
                continue
            }
            findings.add(
                .tileMissing,
                at: "tile \(level)/\(tile)",
                "there is a full tile where the log has not so many leaves"
            )
        }
        blocksAdded = check.blocksAdded
        let later = try await engine.ask(LaterPurges(position: extent.position))
        var missing = check.missing
        missing.sends = sendsMissing
        check.purged.check(missing, later: later, &findings)
        check.holds.check(try await engine.ask(StandingHolds(after: extent.position)), &findings)
        try await walkSends(observe)
    }

    private mutating func compare(
        _ tile: TileWriter.Content,
        with stored: (root: [UInt8], data: [UInt8])?
    ) {
        let place = "tile \(tile.tile.level)/\(tile.tile.index)"
        guard let stored else {
            findings.add(.tileMissing, at: place, "the full tile is gone")
            return
        }
        var columns: [String] = []
        if stored.data != tile.data { columns.append("data") }
        if stored.root != tile.root?.bytes { columns.append("root") }
        guard !columns.isEmpty else { return }
        findings.add(
            .tileChanged,
            at: place,
            "it is not what the leaves make: \(columns.joined(separator: ", "))"
        )
    }

    /// Permissions, opt-outs with their answers, and the blocks on people.
    mutating func walkPeople(
        _ observe: (Verifier.Progress) async throws -> Void
    ) async throws {
        var people = PeopleCheck(start.extent)
        let targets = TargetCheck(extent: start.extent)
        let blocks = BlockCheck()
        var after: [UInt8] = []
        var isLast = start.extent.lastContact.isEmpty
        while !isLast {
            let next = try await engine.ask(
                NextRange(
                    after: after,
                    through: start.extent.lastContact,
                    limit: Verifier.peoplePerPage
                )
            )
            let content = try await engine.ask(PeopleInRange(range: next.0))
            let page = content.page
            people.check(page, &findings)
            targets.check(content, &findings)
            for question in blocks.check(page, &findings)
            where try await !engine.ask(LiftedByAlias(question: question)) {
                findings.add(
                    .blockMissing,
                    at: question.place,
                    "event \(question.position) put it, but it is gone for other spellings"
                )
            }
            (after, isLast) = (next.0.through, next.isLast)
            report.people += next.count
            done += next.count
            try await observe(progress(.people))
        }
        report.toRebuild = people.toRebuild
    }

    /// Every block, whether anybody known is behind it or not.
    mutating func walkBlocks(
        _ observe: (Verifier.Progress) async throws -> Void
    ) async throws {
        var last: StoredBlock?
        while true {
            let page = try await engine.ask(
                BlockPage(
                    after: last,
                    limit: Verifier.blocksPerPage,
                    known: blocksAdded,
                    position: start.extent.position
                )
            )
            // An old block may have outlived its event.
            for stored in page.unlogged where stored.block.since >= start.extent.auditBefore {
                findings.add(.blockUnlogged, at: stored.place, "no event says that it was put")
            }
            report.blocks += page.blocks.count
            done += page.blocks.count
            last = page.blocks.last
            try await observe(progress(.blocks))
            if page.blocks.count < Verifier.blocksPerPage { return }
        }
    }
}

extension TileWriter.Content {
    /// The hash of the subtree that the tile is; nil never happens to a tile of a writer.
    fileprivate var root: Hash? {
        var tree = Tree()
        for start in stride(from: 0, to: data.count, by: Hash.byteCount) {
            guard let hash = try? Hash(bytes: data[start..<start + Hash.byteCount]) else {
                return nil
            }
            tree.append(hash)
        }
        return tree.root
    }
}

/// A full tile behind the last that a level can have, however far the log has grown since.
private struct SurplusTile: Query {
    let level: Int
    let from: Int

    func answer(in transaction: Transaction) throws -> Int? {
        let size = try transaction.lastLeaf().map { $0.index + 1 } ?? 0
        return try transaction.firstTile(level: level, from: max(from, size >> (8 * level + 8)))
    }
}

/// What was purged after a position.
private struct LaterPurges: Query {
    let position: Int64

    func answer(in transaction: Transaction) throws -> PurgeCount {
        var count = PurgeCount()
        for event in try transaction.events(of: "retention.purged", after: position) {
            if let line = AuditEvent(canonical: event.body) { count.add(line) }
        }
        return count
    }
}
