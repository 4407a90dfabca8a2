// Text signed by one or more keys (C2SP signed-note v1.0.0).

/// A text with signatures; the text means nothing before `verified(by:)` has returned.
///
/// The form is the text, ending in a newline, a blank line, and one or more signature lines. The
/// signatures are over the text with its final newline and without the blank line.
public struct SignedNote: Sendable {
    /// The most signatures accepted; the format asks for at least 16.
    public static let maximumSignatureCount = 100
    /// The longest note accepted.
    public static let maximumByteCount = 1 << 20

    /// The text that is signed.
    public let text: String
    /// The signatures in order, each different one once.
    public private(set) var signatures: [NoteSignature]

    /// Starts a note that nobody has signed yet.
    ///
    /// - Throws: `malformed` unless the text ends in a newline and has no other control character.
    public init(text: String) throws(LedgerError) {
        guard text.utf8.last == UInt8(ascii: "\n"), Self.isClean(text.utf8) else {
            throw LedgerError(.malformed, "a note text ends in a newline and has no other control")
        }
        self.text = text
        signatures = []
    }

    /// Reads a note; the last blank line is what separates text from signatures.
    ///
    /// - Throws: `malformed`, or `tooLarge` above the limits.
    public init(bytes: some Collection<UInt8>) throws(LedgerError) {
        guard bytes.count <= Self.maximumByteCount else {
            throw LedgerError(.tooLarge, "a note has at most \(Self.maximumByteCount) bytes")
        }
        let bytes = Array(bytes)
        guard let blank = Self.lastBlankLine(of: bytes), blank + 1 < bytes.count else {
            throw LedgerError(.malformed, "a note has no blank line before its signatures")
        }
        try self.init(text: bytes[..<blank].text())
        signatures = try NoteSignature.lines(bytes[(blank + 1)...])
    }

    /// The whole note as it is stored and served.
    public var bytes: [UInt8] {
        var note = "\(text)\n"
        for signature in signatures { note += "\(signature.line)\n" }
        return Array(note.utf8)
    }

    /// Adds a signature; one that is there already is not added twice.
    public mutating func add(_ signature: NoteSignature) throws(LedgerError) {
        guard !signatures.contains(where: { $0.isIdentical(to: signature) }) else { return }
        guard signatures.count < Self.maximumSignatureCount else {
            throw LedgerError(.tooLarge, "a note has too many signatures")
        }
        signatures.append(signature)
    }

    /// Signs the text and adds the signature.
    public mutating func sign(with signer: NoteSigner) throws(LedgerError) {
        try add(signer.sign(text))
    }

    /// The signatures of known keys, all of them checked, the first of each key.
    ///
    /// Signatures of unknown keys are ignored, also where only name or only id is known. One bad
    /// signature of a known key condemns the note (signed-note: SHOULD).
    ///
    /// - Throws: `badSignature`, or `noKnownSignature` where no known key has signed.
    public func verified(by keys: [NoteVerifier]) throws(LedgerError) -> [NoteSignature] {
        var verified: [NoteSignature] = []
        var seen: Set<NoteVerifier> = []
        for signature in signatures {
            let known = Set(keys.filter { $0.matches(signature) })
            guard let key = known.first else { continue }
            guard known.count == 1, key.isValid(signature, for: text) else {
                throw LedgerError(.badSignature, "the signature of \(key.text) is not good")
            }
            if seen.insert(key).inserted { verified.append(signature) }
        }
        guard !verified.isEmpty else {
            throw LedgerError(.noKnownSignature, "no known key has signed the note")
        }
        return verified
    }

    /// The position of the second newline of the last pair.
    private static func lastBlankLine(of bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().last {
            bytes[$0] == UInt8(ascii: "\n") && bytes[$0 - 1] == UInt8(ascii: "\n")
        }
    }

    /// Whether the only control characters below U+0020 are newlines.
    private static func isClean(_ text: String.UTF8View) -> Bool {
        text.allSatisfy { $0 >= 0x20 || $0 == UInt8(ascii: "\n") }
    }
}
