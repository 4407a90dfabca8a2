// A witness's word that at a time a checkpoint extended all it had seen (C2SP tlog-cosignature).

/// A timestamped Ed25519 signature over a checkpoint (key type 0x04).
///
/// Its bytes are a big-endian uint64 of Unix seconds and the 64 bytes of an Ed25519 signature over
/// `cosignature/v1`, `time <seconds>` and the whole note text.
public struct Cosignature: Hashable, Sendable {
    /// When the witness signed, in Unix seconds.
    public let time: Int
    /// The Ed25519 signature.
    public let signature: [UInt8]

    private static let timeByteCount = 8
    private static let signatureByteCount = 64

    /// Takes a note signature apart; whether it is good only its key can say.
    ///
    /// - Throws: `malformed` unless there are 72 bytes and the time is at most 2^63 − 1.
    public init(_ signature: NoteSignature) throws(LedgerError) {
        let bytes = signature.bytes
        let seconds = bytes.prefix(Self.timeByteCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard bytes.count == Self.timeByteCount + Self.signatureByteCount,
            let time = Int(exactly: seconds)
        else {
            throw LedgerError(.malformed, "a cosignature is a time and 64 bytes")
        }
        self.time = time
        self.signature = Array(bytes.dropFirst(Self.timeByteCount))
    }

    /// The bytes that are signed.
    func message(for text: String) -> [UInt8] {
        Self.bytes(text, time)
    }

    /// The bytes to sign at a time.
    static func message(for text: String, at time: Int) throws(LedgerError) -> [UInt8] {
        guard time >= 0 else { throw LedgerError(.outOfRange, "a time is not negative") }
        return bytes(text, time)
    }

    private static func bytes(_ text: String, _ time: Int) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }
}
