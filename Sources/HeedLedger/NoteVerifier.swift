// The public half of a note key: the vkey that outsiders are given (C2SP signed-note v1.0.0).

import Crypto

/// A public key with the name under which it signs.
///
/// Its text form is `<name>+<8 hex digits of id>+<base64 of type ‖ public key>`.
public struct NoteVerifier: Hashable, Sendable {
    /// The key name, by recommendation a URL without scheme.
    public let name: String
    /// What the key signs and how.
    public let algorithm: NoteAlgorithm
    /// The 32 bytes of the Ed25519 public key (RFC 8032).
    public let publicKey: [UInt8]
    /// The key id, a short name for the key and no proof of it.
    public let id: UInt32

    /// Makes a verifier from a public key.
    ///
    /// - Throws: `malformed` for a name or key of the wrong form.
    public init(
        name: String,
        algorithm: NoteAlgorithm = .ed25519,
        publicKey: [UInt8]
    ) throws(LedgerError) {
        guard NoteKey.isValidName(name), publicKey.count == NoteKey.byteCount else {
            throw LedgerError(.malformed, "a note key has a name without spaces and 32 bytes")
        }
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
        id = NoteKey.id(name: name, algorithm: algorithm, publicKey: publicKey)
    }

    /// Reads the text form.
    ///
    /// - Throws: `malformed`, also where the id does not belong to the key; `unsupportedKey` for
    ///   other signature types than Ed25519 and Ed25519 cosignatures.
    public init(text: String) throws(LedgerError) {
        let parts = try NoteKey.parse(text.utf8)
        try self.init(name: parts.name, algorithm: parts.algorithm, publicKey: parts.key)
        guard id == parts.id else { throw NoteKey.wrongID }
    }

    /// The text form (vkey).
    public var text: String {
        NoteKey.text(name: name, id: id, algorithm: algorithm, key: publicKey)
    }

    /// Whether a signature line claims to be by this key.
    func matches(_ signature: NoteSignature) -> Bool {
        id == signature.keyID && name.hasSameBytes(as: signature.name)
    }

    /// Whether the signature over the note text is good.
    public func isValid(_ signature: NoteSignature, for text: String) -> Bool {
        guard matches(signature) else { return false }
        switch algorithm {
        case .ed25519:
            return isValid(signature.bytes, over: Array(text.utf8))
        case .cosignature:
            guard let cosignature = try? Cosignature(signature) else { return false }
            return isValid(cosignature.signature, over: cosignature.message(for: text))
        }
    }

    private func isValid(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
        return key?.isValidSignature(signature, for: message) ?? false
    }
}
