// What can be wrong with a proof, a tile, a note or a key, as one error programs can switch on.

/// A refusal of the ledger: a code for programs and a sentence for people.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault; new kinds may be added, so a `switch` needs a `default`.
    public struct Code: Hashable, Sendable {
        fileprivate let name: String

        /// The bytes do not follow the format.
        public static let malformed = Code(name: "malformed")
        /// A size, an index or a level lies outside the tree.
        public static let outOfRange = Code(name: "outOfRange")
        /// The input is longer than the limit this implementation accepts.
        public static let tooLarge = Code(name: "tooLarge")
        /// A proof does not lead from the one hash to the other.
        public static let proofMismatch = Code(name: "proofMismatch")
        /// A signature by a known key does not verify.
        public static let badSignature = Code(name: "badSignature")
        /// No known key has signed the note.
        public static let noKnownSignature = Code(name: "noKnownSignature")
        /// Fewer witnesses than the policy asks for have cosigned.
        public static let quorumMissing = Code(name: "quorumMissing")
        /// The checkpoint is of another log.
        public static let wrongOrigin = Code(name: "wrongOrigin")
        /// The key is of a kind this operation cannot use.
        public static let unsupportedKey = Code(name: "unsupportedKey")
        /// A tile or a hash could not be read.
        public static let unavailable = Code(name: "unavailable")
    }

    /// The kind of fault.
    public let code: Code
    /// What was wrong, in one sentence without personal data.
    public let message: String

    /// Makes an error; readers of tiles use it to report `unavailable`.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the sentence.
    public var description: String { "\(code.name): \(message)" }
}
