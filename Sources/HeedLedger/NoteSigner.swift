// The private half of a note key, which never leaves the process that signs (C2SP signed-note).

import Crypto

/// A private key with the name under which it signs.
///
/// Its text form is `PRIVATE+KEY+<name>+<id>+<base64 of type ‖ 32-byte seed>`; whoever has it can
/// sign as the log. Printing a signer shows only the public half.
public struct NoteSigner: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The public half.
    public let verifier: NoteVerifier
    private let key: Curve25519.Signing.PrivateKey

    /// Makes a signer from 32 random bytes, which the caller draws.
    public init(
        name: String,
        algorithm: NoteAlgorithm = .ed25519,
        seed: [UInt8]
    ) throws(LedgerError) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw LedgerError(.malformed, "the seed of an Ed25519 key has 32 bytes")
        }
        self.key = key
        verifier = try NoteVerifier(
            name: name,
            algorithm: algorithm,
            publicKey: Array(key.publicKey.rawRepresentation)
        )
    }

    /// Reads the text form.
    public init(secretText: String) throws(LedgerError) {
        guard let rest = ArraySlice(secretText.utf8).dropping(prefix: "PRIVATE+KEY+") else {
            throw LedgerError(.malformed, "a signing key starts with PRIVATE+KEY+")
        }
        let parts = try NoteKey.parse(rest)
        try self.init(name: parts.name, algorithm: parts.algorithm, seed: parts.key)
        guard verifier.id == parts.id else { throw NoteKey.wrongID }
    }

    /// The text form, a secret.
    public var secretText: String {
        let seed = Array(key.rawRepresentation)
        let text = NoteKey.text(
            name: verifier.name,
            id: verifier.id,
            algorithm: verifier.algorithm,
            key: seed
        )
        return "PRIVATE+KEY+\(text)"
    }

    /// The public half only, so that no log ever holds the seed.
    public var description: String { verifier.text }

    /// The public half only.
    public var debugDescription: String { description }

    /// Signs a note text (type 0x01).
    public func sign(_ text: String) throws(LedgerError) -> NoteSignature {
        guard verifier.algorithm == .ed25519 else {
            throw LedgerError(.unsupportedKey, "a cosigner signs with a time")
        }
        return signature(try raw(over: Array(text.utf8)))
    }

    /// Cosigns a checkpoint as a witness does at a time in Unix seconds (type 0x04).
    public func cosign(_ checkpoint: Checkpoint, at time: Int) throws(LedgerError) -> NoteSignature
    {
        guard verifier.algorithm == .cosignature else {
            throw LedgerError(.unsupportedKey, "only a cosigner signs with a time")
        }
        let message = try Cosignature.message(for: checkpoint.text, at: time)
        return signature(UInt64(time).bigEndianBytes + (try raw(over: message)))
    }

    private func signature(_ bytes: [UInt8]) -> NoteSignature {
        NoteSignature(unchecked: verifier.name, verifier.id, bytes)
    }

    private func raw(over message: [UInt8]) throws(LedgerError) -> [UInt8] {
        guard let signature = try? key.signature(for: message) else {
            throw LedgerError(.badSignature, "the key did not sign")
        }
        return Array(signature)
    }
}
