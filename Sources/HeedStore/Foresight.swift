// Answers that came before they were asked for.

import Crypto
import HeedConsent

/// Answers to reads that several writes have named, by the statement each belongs to.
typealias EarlyAnswers = [Statement: [Row]]

/// What one write knows early.
///
/// Each answer is handed out for the very statement it belongs to, and all are forgotten at the
/// first write, so that a transaction reads its own changes.
package final class Foresight {
    private var early: EarlyAnswers
    /// The people this write has locked.
    private let locked: Set<ContactID>
    /// Only a new address changes these, and it brings its own.
    private var lookupKeys: [ContactID: [LookupKeys]]
    /// The key of the person this write added last, who has something sealed with it next.
    private var fresh: (contact: ContactID, key: SymmetricKey)?
    /// The position the receipt will have, once it is certain.
    let receipt: Int64?

    /// Knows nothing.
    package init() {
        early = [:]
        locked = []
        lookupKeys = [:]
        receipt = nil
    }

    init(_ early: EarlyAnswers, _ lookupKeys: [ContactID: [LookupKeys]], receipt: Int64?) {
        self.early = early
        self.lookupKeys = lookupKeys
        self.receipt = receipt
        locked = Set(lookupKeys.keys)
    }

    func answer(to statement: @autoclosure () -> Statement) -> [Row]? {
        early.isEmpty ? nil : early[statement()]
    }

    func hasLocked(_ contact: ContactID) -> Bool { locked.contains(contact) }

    func keep(_ keys: [LookupKeys], of contact: ContactID) { lookupKeys[contact] = keys }

    func lookupKeys(of contact: ContactID) -> [LookupKeys]? { lookupKeys[contact] }

    func keep(_ key: SymmetricKey, of contact: ContactID) { fresh = (contact, key) }

    func key(of contact: ContactID) -> SymmetricKey? {
        fresh.flatMap { $0.contact == contact ? $0.key : nil }
    }

    /// A row was inserted.
    func forget() { early = [:] }

    /// Something else was changed.
    func forgetAll() {
        forget()
        lookupKeys = [:]
    }
}
