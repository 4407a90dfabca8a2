// SHA-256 as the log uses it: leaf and node hashes of RFC 9162 §2.1.1 (the same as RFC 6962 §2.1).

import Crypto

/// A SHA-256 value of 32 bytes, held inline.
///
/// The words are big-endian, so comparing them in turn is comparing the bytes. Building a tree
/// makes two of these for each leaf; holding them inline is what keeps that free of allocation.
public struct Hash: Hashable, Sendable {
    /// The length in bytes.
    public static let byteCount = 32

    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// Reads the 32 bytes of a hash.
    ///
    /// - Throws: `malformed` unless there are exactly 32 bytes.
    public init(bytes: some Collection<UInt8>) throws(LedgerError) {
        guard bytes.count == Self.byteCount else {
            throw LedgerError(.malformed, "a hash has 32 bytes, not \(bytes.count)")
        }
        self.init(in: Array(bytes), at: 0)
    }

    /// Reads the 32 bytes from `offset` on; the caller has checked that they are there.
    init(in bytes: [UInt8], at offset: Int) {
        self = unsafe bytes.withUnsafeBytes { unsafe Hash(loading: $0, at: offset) }
    }

    /// Reads a hash from its base64 form (RFC 4648 §4), as checkpoints and proofs write it.
    public init(base64: some Collection<UInt8>) throws(LedgerError) {
        try self.init(bytes: Base64.decode(base64))
    }

    /// Takes over the bytes of a finished digest.
    private init(_ digest: SHA256.Digest) {
        self = unsafe digest.withUnsafeBytes { unsafe Hash(loading: $0, at: 0) }
    }

    private init(loading bytes: UnsafeRawBufferPointer, at offset: Int) {
        precondition(offset >= 0 && offset + Self.byteCount <= bytes.count)
        func word(_ number: Int) -> UInt64 {
            let start = offset + 8 * number
            let raw = unsafe bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
            return UInt64(bigEndian: raw)
        }
        word0 = word(0)
        word1 = word(1)
        word2 = word(2)
        word3 = word(3)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        append(to: &bytes)
        return bytes
    }

    /// The base64 form with padding (RFC 4648 §4).
    public var base64: String { Base64.encode(bytes) }

    /// The lower-case hexadecimal form.
    public var hex: String { Hex.encode(bytes) }

    /// Writes the 32 bytes behind others, as tiles hold them.
    public func append(to bytes: inout [UInt8]) {
        let words = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
        unsafe withUnsafeBytes(of: words) { unsafe bytes.append(contentsOf: $0) }
    }

    private func store(in buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        unsafe buffer.storeBytes(of: word0.bigEndian, toByteOffset: offset, as: UInt64.self)
        unsafe buffer.storeBytes(of: word1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        unsafe buffer.storeBytes(of: word2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        unsafe buffer.storeBytes(of: word3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }
}

// MARK: - Hashing

extension Hash {
    /// The hash of the empty tree: SHA-256 of no bytes (RFC 9162 §2.1.1).
    public static let emptyTree = Hash.sha256([])

    /// The hash of a leaf: SHA-256(0x00 ‖ data) (RFC 9162 §2.1.1).
    public static func leaf(_ data: [UInt8]) -> Hash {
        var hasher = SHA256()
        unsafe withUnsafeBytes(of: 0x00 as UInt8) { unsafe hasher.update(bufferPointer: $0) }
        unsafe data.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        return Hash(hasher.finalize())
    }

    /// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1).
    ///
    /// The 65 bytes are laid out on the stack: one update costs less than three.
    public static func node(_ left: Hash, _ right: Hash) -> Hash {
        var hasher = SHA256()
        unsafe withUnsafeTemporaryAllocation(byteCount: 1 + 2 * byteCount, alignment: 1) { buffer in
            unsafe buffer.storeBytes(of: 0x01, as: UInt8.self)
            unsafe left.store(in: buffer, at: 1)
            unsafe right.store(in: buffer, at: 1 + byteCount)
            unsafe hasher.update(bufferPointer: UnsafeRawBufferPointer(buffer))
        }
        return Hash(hasher.finalize())
    }

    /// Plain SHA-256 without a prefix, for key ids and for the names witnesses give to logs.
    public static func sha256(_ data: [UInt8]) -> Hash {
        var hasher = SHA256()
        unsafe data.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        return Hash(hasher.finalize())
    }

    /// The first four bytes as a number, which is how notes shorten a hash to a key id.
    var prefix: UInt32 { UInt32(truncatingIfNeeded: word0 >> 32) }
}

// MARK: - Order and text

extension Hash: Comparable, CustomStringConvertible {
    /// Compares byte by byte from the front.
    public static func < (left: Hash, right: Hash) -> Bool {
        (left.word0, left.word1, left.word2, left.word3)
            < (right.word0, right.word1, right.word2, right.word3)
    }

    /// The base64 form.
    public var description: String { base64 }
}
