// One file that proves without a network that an entry was logged (C2SP tlog-proof@v1).

/// A self-contained proof: checkpoint, index and inclusion path, saved as `.tlog-proof`.
///
/// The lines are `c2sp.org/tlog-proof@v1`, optionally `extra <base64>`, `index <decimal>`, the
/// hashes from the leaf up in base64, a blank line, and the signed checkpoint verbatim.
public struct TLogProof: Sendable {
    /// The first line.
    public static let header = "c2sp.org/tlog-proof@v1"
    /// No tree of fewer than 2^63 leaves has a longer path.
    public static let maximumPathCount = 63
    /// The longest file accepted.
    public static let maximumByteCount = 2 << 20

    /// Data beside the proof that nothing authenticates.
    public let extra: [UInt8]?
    /// The position of the entry, from zero.
    public let index: Int
    /// The sibling hashes from the leaf up.
    public let path: [Hash]
    /// The checkpoint with its signatures.
    public let checkpoint: SignedNote

    /// Puts a proof together; `verify` is what checks that the parts belong to each other.
    public init(index: Int, path: [Hash], checkpoint: SignedNote, extra: [UInt8]? = nil) {
        self.extra = extra
        self.index = index
        self.path = path
        self.checkpoint = checkpoint
    }

    /// Reads a file.
    ///
    /// - Throws: `malformed`, or `tooLarge` above the limits.
    public init(bytes: some Collection<UInt8>) throws(LedgerError) {
        guard bytes.count <= Self.maximumByteCount else {
            throw LedgerError(.tooLarge, "a proof has at most \(Self.maximumByteCount) bytes")
        }
        var lines = Lines(bytes)
        guard try lines.next().elementsEqual(Self.header.utf8) else {
            throw LedgerError(.malformed, "a proof starts with \(Self.header)")
        }
        var line = try lines.next()
        var extra: [UInt8]?
        if let text = line.dropping(prefix: "extra ") {
            extra = try Base64.decode(text)
            line = try lines.next()
        }
        guard let number = line.dropping(prefix: "index ") else {
            throw LedgerError(.malformed, "a proof names its index")
        }
        let index = try number.decimal()
        let path = try lines.hashesToBlankLine(limit: Self.maximumPathCount)
        let checkpoint = try SignedNote(bytes: lines.rest)
        _ = try Checkpoint(text: checkpoint.text)
        self.init(index: index, path: path, checkpoint: checkpoint, extra: extra)
    }

    /// The file.
    public var bytes: [UInt8] {
        var text = "\(Self.header)\n"
        if let extra { text += "extra \(Base64.encode(extra))\n" }
        text += "index \(index)\n"
        for hash in path { text += "\(hash.base64)\n" }
        return Array("\(text)\n".utf8) + checkpoint.bytes
    }

    /// Checks the whole chain: signatures, origin, witnesses, path.
    ///
    /// - Parameters:
    ///   - leaf: The leaf hash of the entry, computed from the entry and never taken from the file.
    ///   - origin: The log that is believed.
    ///   - log: Its key.
    ///   - policy: How many of which witnesses must have cosigned.
    /// - Returns: The checkpoint that is now known to be good.
    /// - Throws: What the first check to fail throws; the code says which.
    public func verify(
        leaf: Hash,
        origin: String,
        log: NoteVerifier,
        policy: WitnessPolicy = .none
    ) throws(LedgerError) -> Checkpoint {
        let head = try Checkpoint(opening: checkpoint, origin: origin, log: log, policy: policy)
        try InclusionProof(index: index, size: head.size, path: path)
            .verify(leaf: leaf, root: head.root)
        return head
    }
}
