// What a witness has to be shown, and what it said, kept beside the checkpoint.

public import HeedLedger
public import HeedStore

/// The newest checkpoint with the proof that it extends what a witness has cosigned last.
public struct CheckpointToCosign: Query {
    let witness: NoteVerifier
    let knownSize: Int?

    /// Names the witness, and the size it knows where it has said so itself.
    public init(for witness: NoteVerifier, knowing knownSize: Int? = nil) {
        self.witness = witness
        self.knownSize = knownSize
    }

    /// What there is to ask.
    public enum Request: Sendable {
        /// The witness has seen everything.
        case none
        /// Ask this.
        case ask(WitnessRequest, size: Int)
        /// The witness knows more than the log has.
        case behind(size: Int)
    }

    /// The request for the witness.
    public func answer(in transaction: Transaction) throws -> Request {
        guard let newest = try transaction.latestCheckpoint() else {
            return knownSize.map { $0 > 0 ? .behind(size: 0) : .none } ?? .none
        }
        let cosigned = try transaction.sizeCosigned(by: witness.text)
        guard cosigned < newest.size else { return .none }
        let old = knownSize ?? cosigned
        guard old <= newest.size else { return .behind(size: newest.size) }
        var reader = transaction.tileReader(ofSize: newest.size)
        let proof = try reader.consistencyProof(from: old)
        let request = try WitnessRequest(
            oldSize: old,
            path: proof.path,
            checkpoint: SignedNote(bytes: newest.note)
        )
        return .ask(request, size: newest.size)
    }
}

/// Signed checkpoints larger than a size, smallest first.
public struct CheckpointsAbove: Query {
    let size: Int
    let limit: Int64

    /// Says from where on, and how many at most.
    public init(_ size: Int, limit: Int64) {
        self.size = size
        self.limit = limit
    }

    /// A signed head.
    public struct Head: Hashable, Sendable {
        /// The leaves under it.
        public let size: Int
        /// The note with the log's signature alone.
        public let note: [UInt8]
    }

    /// The checkpoints.
    public func answer(in transaction: Transaction) throws -> [Head] {
        try transaction.checkpoints(above: size, limit: limit).map {
            Head(size: $0.size, note: $0.note)
        }
    }
}

extension Engine {
    /// Keeps a verified cosignature; it changes what is shown of the log and nothing in it.
    public func keep(
        _ cosignature: NoteSignature,
        by witness: NoteVerifier,
        ofSize size: Int
    ) async throws {
        try await database.write { transaction in
            try transaction.insertCosignature(
                ofSize: size,
                witness: witness.text,
                line: cosignature.line
            )
        }
    }
}
