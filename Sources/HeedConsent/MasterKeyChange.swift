// A new master key in the place of another: which, and the installation's keys under it.

/// The change of the key outside the database that opens those inside it.
public struct MasterKeyChange: Hashable, Sendable, CustomStringConvertible {
    /// The id of the key before; empty where it was not written down.
    public let from: String
    /// The id of the key from now on.
    public let to: String
    /// The installation's keys by purpose, wrapped by the new one.
    public let wrapped: [String: [UInt8]]

    /// Takes all three.
    public init(from: String, to: String, wrapped: [String: [UInt8]]) {
        self.from = from
        self.to = to
        self.wrapped = wrapped
    }

    /// The ids only.
    public var description: String { "<master key \(from) to \(to)>" }
}
