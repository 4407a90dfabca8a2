// What the log shows to the outside: its head, its tiles, its entries, and proofs.

public import HeedConsent
public import HeedLedger
public import HeedStore

/// The head that is published: the newest checkpoint with the lines of its witnesses.
///
/// With a quorum, it is the newest one that so many witnesses have signed, as long as that one is
/// not older than `patience` seconds; a silent witness delays what is shown, but cannot stop it.
public struct PublishedCheckpoint: Query {
    let quorum: Int
    let patience: Int64

    /// Asks for the head.
    public init(quorum: Int = 0, patience: Int64 = 60) {
        self.quorum = quorum
        self.patience = patience
    }

    /// A head.
    public struct Head: Sendable {
        /// The leaves under it.
        public let size: Int
        /// When it was signed.
        public let signedAt: Timestamp
        /// The signed note with all signature lines.
        public let note: SignedNote
        /// The log's public key in its text form.
        public let verifier: String
    }

    /// The head; nil for a log that nothing has been written to.
    public func answer(in transaction: Transaction) throws -> Head? {
        guard let newest = try transaction.latestCheckpoint(),
            try transaction.ledgerIdentity() != nil
        else { return nil }
        var head = newest
        if quorum > 0, let cosigned = try transaction.latestCheckpoint(cosignedBy: quorum),
            cosigned.signedAt.adding(seconds: patience) >= newest.signedAt
        {
            head = cosigned
        }
        guard let identity = try transaction.ledgerIdentity(ofSize: head.size) else { return nil }
        return Head(
            size: head.size,
            signedAt: head.signedAt,
            note: try transaction.note(of: head),
            verifier: identity.verifier
        )
    }
}

extension Transaction {
    /// A checkpoint with the lines of its witnesses.
    package func note(of checkpoint: StoredCheckpoint) throws -> SignedNote {
        var note = try SignedNote(bytes: checkpoint.note)
        for line in try cosignatures(ofSize: checkpoint.size) {
            for signature in try NoteSignature.lines(Array("\(line)\n".utf8)) {
                try note.add(signature)
            }
        }
        return note
    }
}

/// The bytes of a tile.
public struct LogTile: Query {
    let tile: Tile

    /// Names the tile.
    public init(_ tile: Tile) { self.tile = tile }

    /// The bytes; nil where the log has no such tile, or not yet.
    public func answer(in transaction: Transaction) throws -> [UInt8]? {
        let data = try transaction.data(of: tile)
        return data.count == tile.byteCount ? data : nil
    }
}

/// The entries below a tile of level 0.
public struct LogEntries: Query {
    let tile: Tile

    /// Names the tile; its level is 0.
    public init(below tile: Tile) { self.tile = tile }

    /// What there is.
    public enum Answer: Hashable, Sendable {
        /// The bundle (C2SP tlog-tiles).
        case bundle([UInt8])
        /// At least one of the entries was purged at the end of its retention.
        case purged
        /// The log has not grown so far.
        case missing
    }

    /// The entries.
    public func answer(in transaction: Transaction) throws -> Answer {
        let entries = try transaction.entries(below: tile)
        guard entries.count == tile.width else { return .missing }
        let present = entries.compactMap(\.self)
        guard present.count == entries.count else { return .purged }
        return .bundle(try EntryBundle.encode(present))
    }
}

/// Proof that an audit event is in the log.
public struct ProveEvent: Query {
    let event: EventID
    let quorum: Int

    /// Names the event; with a quorum, the proof is against a head so many witnesses have signed.
    public init(_ event: EventID, quorum: Int = 0) {
        self.event = event
        self.quorum = quorum
    }

    /// What there is.
    public enum Answer: Sendable {
        /// A proof, the event's hash, and its canonical bytes where they have not been purged.
        case proof(TLogProof, leaf: Hash, body: [UInt8]?)
        /// The event is committed and will be in the log within a second.
        case pending
        /// There is no such event.
        case unknown
    }

    /// The proof against the published head, or against the newest when that is too old.
    public func answer(in transaction: Transaction) throws -> Answer {
        let body = try transaction.body(of: event)
        guard let leaf = try transaction.leaf(of: event),
            let newest = try transaction.latestCheckpoint()
        else { return body == nil ? .unknown : .pending }
        var head = newest
        if quorum > 0, let cosigned = try transaction.latestCheckpoint(cosignedBy: quorum),
            cosigned.size > leaf.index
        {
            head = cosigned
        }
        var reader = transaction.tileReader(ofSize: head.size)
        let proof = try reader.inclusionProof(index: leaf.index)
        let file = TLogProof(
            index: leaf.index,
            path: proof.path,
            checkpoint: try transaction.note(of: head)
        )
        return .proof(file, leaf: leaf.hash, body: body)
    }
}
