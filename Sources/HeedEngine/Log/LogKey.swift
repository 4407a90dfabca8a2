// What the log is called and by which key outsiders check it.

public import HeedLedger
public import HeedStore

/// The name and the public key of the log.
public struct LogKey: Query {
    let origin: String

    /// Asks, with the name that a log without a checkpoint would get.
    public init(origin: String) { self.origin = origin }

    /// A log's name and key.
    public struct Identity: Hashable, Sendable {
        /// The key; its name is the origin.
        public let verifier: NoteVerifier
        /// False while the log is empty: its first checkpoint fixes the name.
        public let isFixed: Bool
    }

    /// The log's own, or what they will be.
    public func answer(in transaction: Transaction) throws -> Identity {
        if let identity = try transaction.ledgerIdentity() {
            return Identity(verifier: try NoteVerifier(text: identity.verifier), isFixed: true)
        }
        let signer = try transaction.vault.logSigner(origin: origin)
        return Identity(verifier: signer.verifier, isFixed: false)
    }
}
