// What one transaction has for the journal, collected while it is written.

import HeedConsent

/// Collects the entries of one run of a transaction's body.
///
/// A body that is run again begins with a new one.
package final class JournalDraft {
    /// The entries so far, in the order of their events.
    package private(set) var entries: [JournalEntry] = []
    private var keys: [SuppressedKey] = []
    private var token: [UInt8] = []

    /// Holds nothing.
    package init() {}

    /// A row of a block was written; it belongs to the event that is noted next.
    func keep(_ key: SuppressedKey) { keys.append(key) }

    /// A request's token or a key was sealed; it belongs to the event that is noted next.
    func keep(token: [UInt8]) { self.token = token }

    /// An event's change was made.
    func note(_ event: AuditEvent) {
        if JournalEntry.isKept(event) {
            entries.append(JournalEntry(event, keys: keys, token: token))
        }
        keys = []
        token = []
    }
}
