// What a log sends to a witness: POST <prefix>/add-checkpoint (C2SP tlog-witness v1.0.0).

/// The body of an add-checkpoint request.
///
/// The lines are `old <decimal>`, at most 63 hashes of a consistency proof in base64, a blank line,
/// and the signed checkpoint. The proof is empty where the old size is zero.
public struct WitnessRequest: Sendable {
    /// The most proof lines a client may send.
    public static let maximumPathCount = 63

    /// The size of the last checkpoint this witness has cosigned, zero if none is known.
    public let oldSize: Int
    /// The consistency proof from there.
    public let path: [Hash]
    /// The checkpoint with the log's signature.
    public let checkpoint: SignedNote

    /// Makes a request.
    ///
    /// - Throws: `outOfRange` where the old size is above the checkpoint's (a witness answers 400),
    ///   `malformed` where the note is no checkpoint or a proof starts at size zero.
    public init(oldSize: Int, path: [Hash], checkpoint: SignedNote) throws(LedgerError) {
        let head = try Checkpoint(text: checkpoint.text)
        guard oldSize >= 0, oldSize <= head.size else {
            throw LedgerError(.outOfRange, "the old size is above that of the checkpoint")
        }
        guard oldSize > 0 || path.isEmpty, path.count <= Self.maximumPathCount else {
            throw LedgerError(.malformed, "the proof is longer than it may be")
        }
        self.oldSize = oldSize
        self.path = path
        self.checkpoint = checkpoint
    }

    /// Reads a body.
    public init(bytes: some Collection<UInt8>) throws(LedgerError) {
        var lines = Lines(bytes)
        guard let number = try lines.next().dropping(prefix: "old ") else {
            throw LedgerError(.malformed, "a request names the old size")
        }
        let oldSize = try number.decimal()
        let path = try lines.hashesToBlankLine(limit: Self.maximumPathCount)
        let checkpoint = try SignedNote(bytes: lines.rest)
        try self.init(oldSize: oldSize, path: path, checkpoint: checkpoint)
    }

    /// The body.
    public var bytes: [UInt8] {
        var text = "old \(oldSize)\n"
        for hash in path { text += "\(hash.base64)\n" }
        return Array("\(text)\n".utf8) + checkpoint.bytes
    }

    /// The consistency proof of the request, to be checked with `verifyGrowth`.
    public func proof() throws(LedgerError) -> ConsistencyProof {
        let head = try Checkpoint(text: checkpoint.text)
        return ConsistencyProof(oldSize: oldSize, newSize: head.size, path: path)
    }
}
