// What the log signs: its name, its size and its root (C2SP tlog-checkpoint v1.0.0).

/// A tree head: the text of a checkpoint, signed or not.
///
/// The text is a line each for the origin, the size in decimal and the root in base64, then any
/// extension lines. A log never signs two checkpoints that are inconsistent with each other.
public struct Checkpoint: Hashable, Sendable {
    /// The name of the log, by recommendation its URL without scheme and trailing slash.
    public let origin: String
    /// The number of leaves.
    public let size: Int
    /// The root of the tree.
    public let root: Hash
    /// Further lines, opaque and not recommended, as no monitor can audit them.
    public let extensions: [String]

    /// Makes a checkpoint.
    ///
    /// - Throws: `malformed` where a line would be empty or hold a control character.
    public init(
        origin: String,
        size: Int,
        root: Hash,
        extensions: [String] = []
    ) throws(LedgerError) {
        guard size >= 0 else { throw LedgerError(.outOfRange, "a size is not negative") }
        for line in [origin] + extensions {
            guard !line.isEmpty, !line.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
                throw LedgerError(.malformed, "the lines of a checkpoint are not empty")
            }
        }
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// Reads the text of a checkpoint (the note text, without signatures).
    public init(text: String) throws(LedgerError) {
        var lines = Lines(text.utf8)
        let origin = try lines.next().text()
        let size = try lines.next().decimal()
        let root = try Hash(base64: lines.next())
        var extensions: [String] = []
        while !lines.isAtEnd {
            extensions.append(try lines.next().text())
        }
        try self.init(origin: origin, size: size, root: root, extensions: extensions)
    }

    /// Opens a signed checkpoint.
    ///
    /// The note must carry a good signature by the log's key, and good ones by as many witnesses as
    /// the policy asks for.
    ///
    /// - Throws: `wrongOrigin` for another log's checkpoint, `quorumMissing`, and what `SignedNote`
    ///   throws.
    public init(
        opening note: SignedNote,
        origin: String,
        log: NoteVerifier,
        policy: WitnessPolicy = .none
    ) throws(LedgerError) {
        _ = try note.verified(by: [log])
        try self.init(text: note.text)
        guard self.origin.hasSameBytes(as: origin) else {
            throw LedgerError(.wrongOrigin, "the checkpoint is of another log")
        }
        try policy.check(note.verified(by: [log] + policy.witnesses))
    }

    /// The text to sign, ending in a newline.
    public var text: String {
        var text = "\(origin)\n\(size)\n\(root.base64)\n"
        for line in extensions { text += "\(line)\n" }
        return text
    }
}
