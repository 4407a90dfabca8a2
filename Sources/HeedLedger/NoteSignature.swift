// One signature line of a note (C2SP signed-note v1.0.0).

/// A signature under a note, verified by nobody yet.
///
/// The line is an em dash (U+2014), a space, the key name, a space and base64(key id ‖ signature).
public struct NoteSignature: Hashable, Sendable {
    /// The key name.
    public let name: String
    /// The key id, big-endian in the line.
    public let keyID: UInt32
    /// What the key's algorithm wrote.
    public let bytes: [UInt8]

    /// Makes a signature of parts known to be well formed.
    init(unchecked name: String, _ keyID: UInt32, _ bytes: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.bytes = bytes
    }

    /// Reads a line without its newline.
    init(line: ArraySlice<UInt8>) throws(LedgerError) {
        guard let rest = line.dropping(prefix: "— "),
            let space = rest.firstIndex(of: UInt8(ascii: " "))
        else {
            throw LedgerError(.malformed, "a signature line is a dash, a name and a signature")
        }
        let name = try rest[..<space].text()
        let decoded = try Base64.decode(rest[(space + 1)...])
        // Four bytes of key id and at least one of signature.
        guard NoteKey.isValidName(name), decoded.count > 4 else {
            throw LedgerError(.malformed, "a signature has no valid name or no bytes")
        }
        self.name = name
        keyID = decoded.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(decoded.dropFirst(4))
    }

    /// The line without its newline.
    public var line: String {
        "— \(name) \(Base64.encode(keyID.bigEndianBytes + bytes))"
    }

    /// Reads consecutive signature lines, as a witness answers with (tlog-witness).
    ///
    /// - Throws: `malformed`, or `tooLarge` above the limit of a note.
    public static func lines(_ bytes: some Collection<UInt8>) throws(LedgerError) -> [NoteSignature]
    {
        var lines = Lines(bytes)
        var signatures: [NoteSignature] = []
        while !lines.isAtEnd {
            let signature = try NoteSignature(line: lines.next())
            guard signatures.count < SignedNote.maximumSignatureCount else {
                throw LedgerError(.tooLarge, "a note has too many signatures")
            }
            if !signatures.contains(where: { $0.isIdentical(to: signature) }) {
                signatures.append(signature)
            }
        }
        return signatures
    }

    /// Whether the lines are the same, byte by byte.
    func isIdentical(to other: NoteSignature) -> Bool {
        keyID == other.keyID && bytes == other.bytes && name.hasSameBytes(as: other.name)
    }
}
