// Follows a log that somebody serves: its head, and that it extends what was seen before.

/// A log as its files come from elsewhere, believed no further than its key.
public struct ServedLog: Sendable {
    private let log: NoteVerifier
    private let policy: WitnessPolicy
    private let fetch: @Sendable (String) async throws -> [UInt8]

    /// Names the log by its key.
    ///
    /// - Parameters:
    ///   - log: The log's key; its name is the log's.
    ///   - policy: How many of which witnesses must have cosigned.
    ///   - fetch: Returns the bytes at a path under the log's prefix, such as `checkpoint`.
    public init(
        log: NoteVerifier,
        policy: WitnessPolicy = .none,
        fetch: @escaping @Sendable (String) async throws -> [UInt8]
    ) {
        self.log = log
        self.policy = policy
        self.fetch = fetch
    }

    /// The newest head.
    ///
    /// - Throws: `LedgerError` where it is not good, and what `fetch` throws.
    public func head() async throws -> Checkpoint {
        let note = try await SignedNote(bytes: fetch("checkpoint"))
        return try Checkpoint(opening: note, origin: log.name, log: log, policy: policy)
    }

    /// The newest head, once it is proved that it extends a checkpoint that was kept.
    ///
    /// It fetches the tiles of one consistency proof and makes the proof itself.
    ///
    /// - Throws: `LedgerError` where the log is not an extension, and what `fetch` throws.
    public func head(extending kept: Checkpoint) async throws -> Checkpoint {
        let head = try await head()
        guard kept.size <= head.size else {
            throw LedgerError(
                .proofMismatch,
                "the log has \(head.size) entries, the kept checkpoint is over \(kept.size)"
            )
        }
        let subtrees = try ConsistencyProof.subtrees(oldSize: kept.size, newSize: head.size)
        var tiles: [Tile: [UInt8]] = [:]
        for tile in try Tile.holding(subtrees, inTreeOf: head.size) {
            tiles[tile] = try await fetch(tile.path)
        }
        let fetched = tiles
        var reader = TileReader(size: head.size) { fetched[$0] ?? [] }
        try reader.consistencyProof(from: kept.size)
            .verifyGrowth(oldRoot: kept.root, newRoot: head.root)
        return head
    }
}
