// Another lookup key over the present one: which, and what of the keyed hashes has moved.

/// A lookup key that is put over those before it.
public struct LookupKeyChange: Hashable, Sendable, CustomStringConvertible {
    /// The new key's number; the first key of an installation is 0.
    public let generation: Int
    /// The key, sealed.
    public let sealed: [UInt8]

    /// Takes both.
    public init(generation: Int, sealed: [UInt8]) {
        self.generation = generation
        self.sealed = sealed
    }

    /// The kind of the event that says so.
    package static let eventKind = "vault.lookup-key-added"

    /// The number only.
    public var description: String { "<lookup key \(generation)>" }
}

/// Keyed hashes that go under the new key together.
public struct LookupKeyMove: Hashable, Sendable {
    /// One of them.
    public struct Hash: Hashable, Sendable {
        /// As it is.
        public let old: [UInt8]
        /// As it will be.
        public let new: [UInt8]

        /// Takes both.
        public init(old: [UInt8], new: [UInt8]) {
            self.old = old
            self.new = new
        }
    }

    /// The new key's number.
    public let generation: Int
    /// What moves, in the order of the old hashes.
    public let hashes: [Hash]
    /// Everything below it is under the new key afterwards; nil when that is all there is.
    public let bound: [UInt8]?

    /// Takes all three.
    public init(generation: Int, hashes: [Hash], bound: [UInt8]?) {
        self.generation = generation
        self.hashes = hashes
        self.bound = bound
    }

    /// The kind of the event that says so; the last one says that it was.
    package var eventKind: String {
        bound == nil ? "vault.lookup-key-in-use" : "vault.lookup-hashes-moved"
    }
}
