// Puts another master key in the place of the present one.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Wraps the installation's keys with another master key, all in one transaction.
///
/// Databases that are open go on: they hold the keys themselves. What is opened later needs the
/// new key.
public struct ReplaceMasterKey: Command {
    let next: MasterKey

    /// Takes the new key.
    public init(by next: MasterKey) { self.next = next }

    /// The ids before and after; refuses the key that wraps them already.
    public func decide(in transaction: Transaction) throws -> Decision<MasterKeyChange> {
        guard try transaction.masterKeyID() != next.id else {
            throw Refusal(.conflict, field: "masterKey", "this is the master key already")
        }
        let change = try transaction.rewrapped(with: next)
        return Decision(change, events: [.masterKeyReplaced(change)])
    }
}

/// Which master key wraps the installation's keys.
public struct MasterKeyID: Query {
    /// Asks for it.
    public init() {}

    /// Its id; nil where it is not written down.
    public func answer(in transaction: Transaction) throws -> String? {
        try transaction.masterKeyID()
    }
}
