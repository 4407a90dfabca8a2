// Why the sequencer refuses to sign: the log is not what it has signed before.

/// The log in the database contradicts what was signed.
///
/// Nothing was changed. Signing on would make a second history, so a person has to look.
public struct LogDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence for an operator, without personal data.
    public let message: String

    /// Makes an error.
    public init(_ message: String) { self.message = message }

    /// The sentence.
    public var description: String { "log damaged: \(message)" }
}
