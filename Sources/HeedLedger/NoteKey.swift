// Names, kinds and ids of the keys that sign notes (C2SP signed-note v1.0.0).

/// The kind of a note key: the signature type byte of signed-note.
public enum NoteAlgorithm: UInt8, Hashable, Sendable {
    /// Ed25519 over the note text (RFC 8032).
    case ed25519 = 0x01
    /// Ed25519 with a timestamp, as witnesses sign (tlog-cosignature, "cosignature/v1").
    case cosignature = 0x04
}

/// What note keys have in common, public and private.
package enum NoteKey {
    /// The length of an Ed25519 public key, and of the seed of a private one.
    static let byteCount = 32

    /// Key names are not empty and hold neither Unicode white space nor `+`.
    package static func isValidName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20
            }
    }

    /// The key id: SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4], big-endian.
    package static func id(name: String, algorithm: NoteAlgorithm, publicKey: [UInt8]) -> UInt32 {
        Hash.sha256(Array(name.utf8) + [0x0a, algorithm.rawValue] + publicKey).prefix
    }

    /// The text `<name>+<id in hex>+<base64 of type ‖ key>`.
    static func text(name: String, id: UInt32, algorithm: NoteAlgorithm, key: [UInt8]) -> String {
        "\(name)+\(Hex.encode(id.bigEndianBytes))+\(Base64.encode([algorithm.rawValue] + key))"
    }

    /// The parts of such a text; base64 may itself hold a `+`, names may not.
    static func parse(
        _ text: some Collection<UInt8>
    ) throws(LedgerError) -> (name: String, id: UInt32, algorithm: NoteAlgorithm, key: [UInt8]) {
        let parts = ArraySlice(text).split(
            separator: UInt8(ascii: "+"),
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard parts.count == 3, parts[1].count == 8 else {
            throw LedgerError(.malformed, "a note key is a name, an id and a key")
        }
        let name = try parts[0].text()
        let id = try Hex.decode(parts[1]).reduce(0) { $0 << 8 | UInt32($1) }
        let key = try Base64.decode(parts[2])
        guard isValidName(name), let type = key.first else {
            throw LedgerError(.malformed, "a note key has no valid name or no key")
        }
        guard let algorithm = NoteAlgorithm(rawValue: type) else {
            throw LedgerError(.unsupportedKey, "keys of signature type \(type) are not supported")
        }
        guard key.count == 1 + byteCount else {
            throw LedgerError(.malformed, "an Ed25519 key has 32 bytes")
        }
        return (name, id, algorithm, Array(key.dropFirst()))
    }

    static let wrongID = LedgerError(.malformed, "the id of the note key is not that of its key")
}

extension FixedWidthInteger {
    /// The bytes, most significant first.
    var bigEndianBytes: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: self >> $0)
        }
    }
}
